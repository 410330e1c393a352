/**
 * Backups as a product that replicates all the time has them: a host outside of the regions reads the tables from a
 * standby, all of them at first, then what has been added since, and looks through the log. After each round it writes its
 * manifest (docs/backup-manifest.schema.json) anew and hands it out over HTTP.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApiServer } from '../lib/api-server.ts';
import { execute } from '../postgres/roles.ts';
import type { PostgresNode } from '../postgres/types.ts';

export type BackupHost = {
  readonly port: number;
  /** Of the manifest. */
  readonly url: string;
  /** Where the files it lists lie. */
  readonly directory: string;
  close(): Promise<void>;
};

type Options = {
  directory: string;
  database: string;
  /** Asked in this order; the first that answers is read. */
  servers: readonly Pick<PostgresNode, 'url'>[];
  /** Between two rounds, ms. */
  everyMs: number;
};

type Saved = { path: string; sha256: string; bytes: number };
type Rows = Record<string, unknown>[];

const MANIFEST = 'manifest.json';
/** Each holds all that was added since the full one, so a few are enough: who has just read a manifest finds its files. */
const KEPT = 3;
const SEGMENT = /^[0-9A-F]{24}$/;

/** Resolves when the first full backup is there. */
export async function startBackups({ directory, database, servers, everyMs }: Options): Promise<BackupHost> {
  mkdirSync(directory, { recursive: true });
  let full: Saved;
  let fullAt: Date;
  let last = 0;
  let rounds = 0;
  let incremental: Saved;
  let stopped = false;
  let wake = () => {};

  const ask = async (statement: string): Promise<Rows> => {
    let why: unknown;
    for (const server of servers)
      try {
        return await execute(server.url('postgres', database), [statement]);
      } catch (error) {
        why = error;
      }
    throw why;
  };
  const save = (path: string, rows: Rows): Saved => {
    const content = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    writeFileSync(join(directory, path), content);
    const bytes = Buffer.byteLength(content);
    return { path, sha256: createHash('sha256').update(content).digest('hex'), bytes };
  };

  async function everything(): Promise<void> {
    const [tasks, secrets] = [await ask('SELECT * FROM tasks'), await ask('SELECT * FROM secrets')];
    full = save('full.jsonl', [...tasks, ...secrets]);
    fullAt = new Date();
    last = Math.max(0, ...tasks.map(({ id }) => Number(id)));
  }
  async function whatIsNew(): Promise<void> {
    rounds += 1;
    incremental = save(`incremental-${rounds}.jsonl`, await ask(`SELECT * FROM tasks WHERE id > ${last}`));
    rmSync(join(directory, `incremental-${rounds - KEPT}.jsonl`), { force: true });
  }
  async function manifest(): Promise<void> {
    const segments = (await ask('SELECT name FROM pg_ls_waldir() ORDER BY name'))
      .map(({ name }) => String(name))
      .filter((name) => SEGMENT.test(name));
    const at = new Date().toISOString();
    const text = JSON.stringify({
      version: 1,
      writtenAt: at,
      full: { at: fullAt.toISOString(), ok: true },
      incremental: { at, ok: true },
      wal: { continuous: continuous(segments), from: segments[0] ?? null, to: segments.at(-1) ?? null, toAt: at },
      checksumsValid: [full, incremental].every((one) => one.sha256 === checksumOf(join(directory, one.path))),
      files: [full, incremental],
    });
    const next = join(directory, `${MANIFEST}.next`);
    writeFileSync(next, text);
    renameSync(next, join(directory, MANIFEST));
  }

  await everything();
  await whatIsNew();
  await manifest();
  const working = (async () => {
    while (!stopped) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (stopped) return;
      // Where nobody answers the manifest grows old: that is what it is dated for.
      await whatIsNew()
        .then(manifest)
        .catch(() => undefined);
    }
  })();

  const server = await startApiServer({
    operationOf: (method, path) => (method === 'GET' && path === `/${MANIFEST}` ? 'manifest' : 'none'),
    perform: ({ operation }) =>
      operation === 'manifest'
        ? { status: 200, body: JSON.parse(readFileSync(join(directory, MANIFEST), 'utf8')) as object }
        : { status: 404, body: { error: 'not found' } },
    busy: () => ({ status: 429, body: { error: 'too many requests' } }),
    unavailable: { status: 500, body: { error: 'internal' } },
    maxBytes: 1000,
  });
  return {
    port: server.port,
    url: `http://127.0.0.1:${server.port}/${MANIFEST}`,
    directory,
    async close() {
      stopped = true;
      wake();
      await Promise.all([working, server.close()]);
    },
  };
}

const checksumOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Whether the segments of the newest timeline follow each other without a gap. A timeline, then 2^32 / 16 MB to a log. */
export function continuous(segments: readonly string[]): boolean {
  const timeline = segments.at(-1)?.slice(0, 8);
  const numbers = segments
    .filter((name) => name.startsWith(timeline ?? ''))
    .map((name) => Number.parseInt(name.slice(8, 16), 16) * 256 + Number.parseInt(name.slice(16), 16));
  return numbers.length > 0 && numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1);
}
