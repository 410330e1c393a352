/** What stands behind a reprotection: a server that can follow does, one that went its own way is kept and copied anew. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poll } from '../../../lab/lib/poll.ts';
import { reverseReplication, scriptsRun } from '../../../lab/world/scripts-witness.ts';
import { EAST, type Rig, run, startRig, WEST } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await rig.app(EAST, 'CREATE TABLE tasks (id int PRIMARY KEY)', 'INSERT INTO tasks VALUES (1)');
});
afterAll(() => rig?.close());

const standby = (verb: string, region = EAST, primary = WEST) =>
  run(rig.scripts, 'standby.sh', [verb, `--region=${region}`, `--primary=${primary}`, '--tables=tasks'], {
    REGENT_RUN: 'eden-2',
  });
const data = (region: string) => rig.postgres.node(region).dataDirectory;
async function scale(region: string, replicas: number): Promise<void> {
  rig.clusters[region]!.apply({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'postgres' },
    spec: { replicas },
  } as never);
  await poll('the StatefulSet does not follow', () => rig.postgres.node(region).running() === replicas > 0, {
    withinMs: 20_000,
  });
}
const streams = (from = WEST, to = EAST) =>
  poll('the standby does not stream', async () => (await reverseReplication(rig, { from, to })).streaming, {
    withinMs: 20_000,
  }).catch((error: Error) => {
    throw new Error(`${error.message} ${readFileSync(`${data(to)}.log`, 'utf8').slice(-1500)}`);
  });
const idsIn = async (region: string) => (await rig.app(region, 'SELECT id FROM tasks ORDER BY id')).map(({ id }) => id);

test('nothing is touched while it runs, or while nobody serves', async () => {
  expect(await standby('look')).toMatchObject({ status: 2, stderr: expect.stringContaining('Nothing was changed') });
  for (const verb of ['keep', 'rejoin', 'rewind', 'copy'])
    expect(await standby(verb, WEST, EAST)).toMatchObject({ status: 1, stderr: expect.stringContaining('runs') });
  expect((await standby('mend')).status).toBe(2);
});

test('a server that was stopped cleanly follows as it is', async () => {
  await scale(EAST, 0);
  await rig.root(WEST, 'SELECT pg_promote(true, 30)', 'CHECKPOINT');
  await rig.app(WEST, 'INSERT INTO tasks VALUES (2)');
  expect((await standby('look')).report).toMatchObject({
    state: 'stopped',
    marked: false,
    follows: true,
    divergedBytes: 0,
  });
  expect(await standby('rejoin')).toMatchObject({ status: 0 });
  expect((await standby('look')).report).toMatchObject({ state: 'stopped', marked: true });
  await scale(EAST, 1);
  await streams();
  await expect.poll(() => idsIn(EAST), { timeout: 10_000 }).toEqual([1, 2]);
});

test('one that went its own way is refused, kept, and copied anew; its configuration stays its own', async () => {
  // East is promoted by somebody who did not ask: from here on both write.
  await rig.root(EAST, 'SELECT pg_promote(true, 30)');
  await rig.app(EAST, 'INSERT INTO tasks VALUES (666)');
  await rig.app(WEST, 'INSERT INTO tasks VALUES (3)');
  const alive = (await standby('look')).report;
  expect(alive).toMatchObject({ state: 'running', follows: false, why: 'it runs as a primary of its own' });
  await scale(EAST, 0);
  const seen = (await standby('look')).report;
  expect(seen).toMatchObject({ state: 'stopped', follows: false, bytes: expect.any(Number) });
  expect(await standby('rejoin')).toMatchObject({ status: 1, stderr: expect.stringContaining('cannot follow') });

  const kept = await standby('keep');
  expect([kept.status, kept.stderr]).toEqual([0, '']);
  const place = String(kept.report?.['kept']);
  expect(place).toBe(`${data(EAST)}.kept/eden-2`);
  const segments = readdirSync(join(place, 'pg_wal')).filter((name) => !name.endsWith('.history'));
  expect(segments.length).toBe(kept.report?.['files']);
  expect(kept.progress.at(-1)?.done).toBe(kept.report?.['bytes']);
  // Without pg_waldump rows are listed all the same.
  expect(kept.report).toMatchObject({
    transactions: null,
    tables: [{ table: 'tasks', key: ['id'], rows: 1, file: join(place, 'rows', 'tasks.csv') }],
    why: 'transactions are not counted: there is no pg_waldump here',
  });
  expect(readFileSync(join(place, 'rows', 'tasks.csv'), 'utf8')).toBe('id\n666\n');
  // Run again it comes to the same.
  expect((await standby('keep')).report).toEqual(kept.report);

  if (seen?.['rewind'] === false)
    expect(await standby('rewind')).toMatchObject({ status: 1, stderr: expect.stringContaining('no pg_rewind here') });
  const { port } = new URL(rig.postgres.node(EAST).url('postgres', 'postgres'));
  const copied = await standby('copy');
  expect([copied.status, copied.stderr]).toEqual([0, '']);
  expect(existsSync(join(String(copied.report?.['kept']), 'PG_VERSION'))).toBe(true);
  await scale(EAST, 1);
  await streams();
  expect(await rig.root(EAST, 'SHOW port')).toEqual([{ port }]);
  await expect.poll(() => idsIn(EAST), { timeout: 10_000 }).toEqual([1, 2, 3]);
});

test('looking is no run of a script', () => {
  expect(Object.keys(scriptsRun(rig))).toEqual(['by hand: standby.sh']);
});
