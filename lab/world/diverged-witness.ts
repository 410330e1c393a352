/**
 * What only a dead server has, read by the lab itself before anybody touches it: of a copy of its files, so that the
 * server lies there as it died.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { forkOf } from '../postgres/ancestry.ts';
import { readAside } from '../postgres/aside.ts';
import { lsnValue } from '../postgres/control-file.ts';
import { execute } from '../postgres/roles.ts';
import { copyData, lineageOf } from '../postgres/standby.ts';
import { makeServerDirectory } from '../postgres/system-user.ts';
import type { World } from './world.ts';

export type OnlyThere = {
  /** Ids the dead server has and the one that serves lacks, ascending. */
  ids: number[];
  /** Log past where the histories part, bytes; its last record's own length is not counted. */
  bytes: number | null;
};

/** `dead` must be down, `serving` up. */
export async function onlyIn(world: World, dead: string, serving: string): Promise<OnlyThere> {
  const node = world.postgres.node(dead);
  if (node.running()) throw new Error(`Postgres in ${dead} runs: nobody can say what it died with.`);
  const aside = mkdtempSync(join(world.dir, 'witness-'));
  const dataDirectory = join(aside, 'data');
  try {
    makeServerDirectory(aside, node.user);
    copyData(node.dataDirectory, dataDirectory, node.user);
    const { region, programs, user } = node;
    const url = (role: string, database: string) => node.url(role, database);
    const there = await readAside({ region, dataDirectory, programs, user, url }, (at) =>
      idsAt(at('postgres', world.kind.database)),
    );
    const here = new Set(await idsAt(world.postgres.node(serving).url('postgres', world.kind.database)));
    const fork = forkOf((await lineageOf(world.postgres.node(serving))).history, 1);
    const log = readFileSync(`${dataDirectory}.aside.log`, 'utf8');
    const end = [...log.matchAll(/redo done at ([0-9A-F]+\/[0-9A-F]+)/g)].at(-1)?.[1];
    const bytes = fork === null || end === undefined ? null : Math.max(0, Number(lsnValue(end) - lsnValue(fork)));
    return { ids: there.filter((id) => !here.has(id)), bytes };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

const idsAt = async (url: string): Promise<number[]> =>
  (await execute(url, ['SELECT id FROM tasks ORDER BY id'])).map(({ id }) => Number(id));
