/** One world, moved there and back: each test begins where the one before it ended. */
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poll } from '../../../lab/lib/poll.ts';
import { startAgent } from '../../../lab/world/agent.ts';
import { reverseReplication, scriptsRun } from '../../../lab/world/scripts-witness.ts';
import { EAST, type Rig, run, start, startRig, WEST } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await rig.app(EAST, 'CREATE TABLE tasks (id int)', 'INSERT INTO tasks VALUES (1)');
});
afterAll(() => rig?.close());

const SCRIPT = 'configure_reverse_replication.sh';
/** Alias or name, both are taken. */
const follow = (from: string, to: string, ...more: string[]) =>
  run(rig.scripts, SCRIPT, [`--source=${from}`, `--target=${to}`, ...more]);
const check = (from: string, to: string) => follow(from, to, '--check');
const file = (region: string, name: string) => join(rig.postgres.node(region).dataDirectory, name);
const scaled = (region: string) =>
  rig.clusters[region]!.ledger.filter(({ path }) => path.includes('/statefulsets/postgres/scale')).length;
const idsIn = async (region: string) => (await rig.app(region, 'SELECT id FROM tasks ORDER BY id')).map(({ id }) => id);

async function scale(region: string, replicas: number): Promise<void> {
  const cluster = rig.clusters[region]!;
  cluster.apply({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'postgres' },
    spec: { replicas },
  } as never);
  await poll('the StatefulSet does not follow', () => rig.postgres.node(region).running() === replicas > 0, {
    withinMs: 20_000,
  });
}
/** Promotes once everything the stopped server wrote has been replayed, as a clean switch does. */
async function promote(region: string): Promise<void> {
  await rig.root(region, 'SELECT pg_promote(true, 30)', 'CHECKPOINT');
}
const caughtUp = (from: string, to: string) =>
  poll('the standby does not catch up', async () => (await reverseReplication(rig, { from, to })).streaming, {
    withinMs: 20_000,
  });

test('a primary that runs is left alone', async () => {
  expect(await check('secondary', 'primary')).toMatchObject({
    status: 1,
    report: { summary: 'Postgres in us-east-1 runs and is no standby', streams: false },
  });
  expect(await follow('primary', 'secondary', '--check')).toMatchObject({ status: 0 });
  const refused = await follow('secondary', 'primary');
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringMatching(
      /^Postgres in us-west-2 does not answer as a primary: .*Nothing was changed in us-east-1\.\n$/,
    ),
  ]);
  expect(existsSync(file(EAST, 'standby.signal'))).toBe(false);
  expect(scaled(EAST)).toBe(0);
});

test('after a switch the old primary becomes a streaming standby, and is never writable on the way', async () => {
  await rig.root(EAST, "SELECT pg_create_physical_replication_slot('left_over', true)");
  await rig.root(EAST, 'ALTER SYSTEM SET default_transaction_read_only = on', "ALTER SYSTEM SET work_mem = '8MB'");
  await scale(EAST, 0);
  await promote(WEST);
  await rig.app(WEST, 'INSERT INTO tasks VALUES (2)');
  expect(await check(WEST, EAST)).toMatchObject({
    status: 1,
    report: { summary: 'Postgres in us-east-1 is stopped and not marked as a standby' },
  });

  const { ended } = start(rig.scripts, SCRIPT, ['--source=secondary', '--target=primary']);
  let over = false;
  const done = ended.finally(() => {
    over = true;
  });
  const answers = new Map<string, number>();
  while (!over) {
    const answer = await rig.root(EAST, 'BEGIN READ WRITE', 'INSERT INTO tasks VALUES (666)', 'COMMIT').then(
      () => 'ACCEPTED',
      (error: { code?: string }) => String(error.code),
    );
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
  const { status, report, stderr, progress } = await done;
  expect([status, stderr]).toEqual([0, '']);
  expect(report?.['summary']).toBe('us-east-1 streams from us-west-2; there is no Redis');
  expect(progress.at(-1)).toEqual({ done: report?.['bytes'], total: report?.['bytes'], unit: 'bytes' });
  expect(answers.has('ACCEPTED')).toBe(false);
  expect(answers.get('ECONNREFUSED')).toBeGreaterThan(0);
  // It answers now, and only reads: "cannot set transaction read-write mode during recovery".
  expect((await rig.root(EAST, 'BEGIN READ WRITE', 'CREATE TABLE x ()').catch((error) => error)).code).toBe('0A000');

  expect(await reverseReplication(rig)).toEqual({ standby: true, streaming: true });
  expect(await check(WEST, EAST)).toMatchObject({ status: 0, report: { streams: true } });
  await rig.app(WEST, 'INSERT INTO tasks VALUES (3)');
  await expect.poll(() => idsIn(EAST), { timeout: 10_000 }).toEqual([1, 2, 3]);
});

test('nothing of its time as a primary is left, and every file is the server’s own', async () => {
  expect(await rig.root(EAST, 'SHOW default_transaction_read_only')).toEqual([
    { default_transaction_read_only: 'off' },
  ]);
  expect(await rig.root(EAST, 'SHOW work_mem')).toEqual([{ work_mem: '8MB' }]);
  expect(readdirSync(file(EAST, 'pg_replslot'))).toEqual([]);
  expect(await rig.root(WEST, 'SELECT slot_name, active FROM pg_replication_slots')).toEqual([
    { slot_name: 'of_us_east_1', active: true },
  ]);
  const owner = statSync(rig.postgres.node(EAST).dataDirectory).uid;
  for (const name of ['standby.signal', 'standby.conf', 'postgresql.auto.conf'])
    expect([name, statSync(file(EAST, name)).uid, statSync(file(EAST, name)).mode & 0o077]).toEqual([name, owner, 0]);
});

test('run again it changes nothing', async () => {
  const pid = rig.postgres.node(EAST).pid;
  const calls = scaled(EAST);
  expect(await follow(WEST, EAST)).toMatchObject({ status: 0, stderr: '' });
  expect([rig.postgres.node(EAST).pid, scaled(EAST)]).toEqual([pid, calls]);
});

test('marked and not yet started, it goes on where it was left', async () => {
  await scale(EAST, 0);
  expect(await check(WEST, EAST)).toMatchObject({
    stderr: '',
    status: 1,
    report: { summary: 'Postgres in us-east-1 is marked as a standby; its StatefulSet is at 0' },
  });
  expect(await follow(WEST, EAST)).toMatchObject({ status: 0 });
  expect(await reverseReplication(rig)).toEqual({ standby: true, streaming: true });
});

test('a standby whose primary is gone: nobody can say', async () => {
  await scale(WEST, 0);
  expect(await check(WEST, EAST)).toMatchObject({
    status: 2,
    report: { summary: 'Postgres in us-west-2 does not answer, or is no primary' },
  });
  await scale(WEST, 1);
  await caughtUp(WEST, EAST);
});

test('a stopped server that its StatefulSet may start at any moment is not touched', async () => {
  await rig.postgres.node(WEST).stop('immediate');
  await promote(EAST);
  const refused = await follow('primary', 'secondary');
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('wants 1 pods: it could start as a primary at any moment. Nothing was changed.');
  expect(existsSync(file(WEST, 'standby.signal'))).toBe(false);
});

test('a server that was not stopped cleanly is refused', async () => {
  await scale(WEST, 0);
  const calls = scaled(WEST);
  const before = readFileSync(file(WEST, 'postgresql.auto.conf'), 'utf8');
  const refused = await follow(EAST, WEST);
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringMatching(
      /^Postgres in us-west-2 cannot follow us-east-1: it was not stopped cleanly: its control file says "in production"\./,
    ),
  ]);
  expect(existsSync(file(WEST, 'standby.signal'))).toBe(false);
  expect(readFileSync(file(WEST, 'postgresql.auto.conf'), 'utf8')).toBe(before);
  expect([scaled(WEST), rig.postgres.node(WEST).running()]).toEqual([calls, false]);
});

test('a server that wrote on by itself is refused, however cleanly it was stopped', async () => {
  const west = rig.postgres.node(WEST);
  await west.start();
  await rig.root(WEST, 'CREATE TABLE only_here ()', 'CHECKPOINT');
  await west.stop('fast');
  const refused = await follow(EAST, WEST);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(
    /it wrote on after the primary's history forked off: its last checkpoint is at .*, the fork at /,
  );
  expect(existsSync(file(WEST, 'standby.signal'))).toBe(false);
});

test('--copy-anew gives it the primary’s data and keeps its own beside it', async () => {
  const { status, stderr } = await follow(EAST, WEST, '--copy-anew');
  expect([status, stderr]).toEqual([0, '']);
  await rig.app(EAST, 'INSERT INTO tasks VALUES (4)');
  await expect.poll(() => idsIn(WEST), { timeout: 10_000 }).toEqual([1, 2, 3, 4]);
  await expect(rig.root(WEST, 'SELECT FROM only_here')).rejects.toThrow('does not exist');
  const beside = readdirSync(dirname(file(WEST, ''))).filter((name) => name.startsWith('us-west-2.diverged-'));
  expect(beside).toHaveLength(1);
  expect(await reverseReplication(rig, { from: EAST, to: WEST })).toEqual({ standby: true, streaming: true });
});

test('where an endpoint starts the server, that is asked instead of the StatefulSet', async () => {
  const agent = await startAgent(rig.postgres.node(EAST));
  try {
    rig.rewrite({ [EAST]: `${agent.url}/start` });
    await caughtUp(EAST, WEST);
    const calls = scaled(EAST);
    expect((await fetch(`${agent.url}/stop`, { method: 'POST' })).status).toBe(200);
    await promote(WEST);
    expect(await check(WEST, EAST)).toMatchObject({ status: 1 });
    expect(await follow(WEST, EAST)).toMatchObject({ status: 0, stderr: '' });
    expect(await check(WEST, EAST)).toMatchObject({ status: 0 });
    expect(scaled(EAST)).toBe(calls);
    expect(await reverseReplication(rig)).toEqual({ standby: true, streaming: true });
  } finally {
    await agent.close();
  }
});

test('a standby that cannot come says what its log says', async () => {
  await scale(EAST, 0);
  appendFileSync(file(EAST, 'lab.conf'), 'no_such_setting = 1\n');
  rig.rewrite({});
  const { status, stderr } = await follow(WEST, EAST, '--within=2');
  expect([status, stderr]).toEqual([1, expect.stringMatching(/does not stream from us-west-2: .*no_such_setting/s)]);
});

test('only what was to change something counts as a run', () => {
  expect(Object.keys(scriptsRun(rig))).toEqual([`by hand: ${SCRIPT}`]);
});
