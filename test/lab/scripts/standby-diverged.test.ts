/** A region that died with writes nobody else got: listed and kept, and made a standby again by pg_rewind and by a copy. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poll } from '../../../lab/lib/poll.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import { reverseReplication } from '../../../lab/world/scripts-witness.ts';
import { onPostgres } from '../postgres/versions.ts';
import { DATABASE, EAST, type Rig, run, startRig, WEST } from './rig.ts';

onPostgres(15, 'standby.sh and what only one server has', (version) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(null, version);
    await rig.app(
      EAST,
      'CREATE TABLE tasks (id int PRIMARY KEY, what text)',
      'CREATE TABLE shelves (room text, "no, really" int, PRIMARY KEY (room, "no, really"))',
      'CREATE TABLE heap (id int)',
      "INSERT INTO tasks VALUES (1, 'both')",
    );
  });
  afterAll(() => rig?.close());

  const standby = (verb: string, region: string, primary: string, tables = '') =>
    run(rig.scripts, 'standby.sh', [verb, `--region=${region}`, `--primary=${primary}`, `--tables=${tables}`], {
      REGENT_RUN: `eden-of-${region}`,
    });
  const idsIn = async (region: string) =>
    (await rig.app(region, 'SELECT id FROM tasks ORDER BY id')).map(({ id }) => Number(id));
  const streams = (from: string, to: string) =>
    poll('the standby does not stream', async () => (await reverseReplication(rig, { from, to })).streaming, {
      withinMs: 20_000,
    });

  /** `lost` never reach the standby, which is promoted; the old primary is fenced and stopped. */
  async function diverge(old: string, next: string, lost: string[], after: string): Promise<void> {
    const has = await idsIn(old);
    await expect.poll(() => idsIn(next).catch(() => []), { timeout: 10_000 }).toEqual(has);
    await rig.root(next, "ALTER SYSTEM SET primary_conninfo = ''", 'SELECT pg_reload_conf()');
    await expect.poll(() => rig.root(next, 'SELECT 1 FROM pg_stat_wal_receiver'), { timeout: 10_000 }).toEqual([]);
    for (const statement of lost) await rig.app(old, statement);
    await rig.root(next, 'SELECT pg_promote(true, 30)', 'ALTER SYSTEM RESET primary_conninfo');
    await rig.app(next, after);
    // As Regent leaves one that came back: closed to connections, and stopped.
    const administration = rig.postgres.node(old).url('postgres', 'postgres');
    await execute(administration, [`ALTER DATABASE ${DATABASE} ALLOW_CONNECTIONS false`]);
    await scale(old, 0);
  }
  async function scale(region: string, replicas: number): Promise<void> {
    const spec = { replicas };
    rig.clusters[region]!.apply({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'postgres' }, spec });
    await poll('the StatefulSet does not follow', () => rig.postgres.node(region).running() === replicas > 0, {
      withinMs: 20_000,
    });
  }

  test('what cannot be compared is said, and what can is listed all the same', async () => {
    await diverge(
      EAST,
      WEST,
      [
        'INSERT INTO tasks VALUES (2, \'only "east"\')',
        "INSERT INTO tasks VALUES (10, 'only east')",
        'INSERT INTO shelves VALUES (\'a "b", c\', 7)',
        'INSERT INTO heap VALUES (1)',
      ],
      "INSERT INTO tasks VALUES (3, 'only west')",
    );
    const { status, stderr, report } = await standby('keep', EAST, WEST, 'tasks,heap,nothing,shelves');
    expect([status, stderr]).toEqual([0, '']);
    const kept = `${rig.postgres.node(EAST).dataDirectory}.kept/eden-of-${EAST}`;
    expect(report).toMatchObject({
      kept,
      files: 1,
      bytes: 16 * 1024 * 1024,
      forkLsn: expect.stringMatching(/^0\/[0-9A-F]+$/),
      tables: [
        { table: 'tasks', key: ['id'], rows: 2, file: join(kept, 'rows', 'tasks.csv') },
        { table: 'shelves', key: ['room', 'no, really'], rows: 1 },
      ],
      why: 'rows are not listed: heap: The table heap has no primary key: its rows cannot be told apart.; nothing: relation "nothing" does not exist',
    });
    const rows = (name: string) => readFileSync(join(kept, 'rows', name), 'utf8');
    expect(rows('tasks.csv')).toBe('id\n2\n10\n');
    expect(rows('tasks.jsonl')).toBe('{"id":2,"what":"only \\"east\\""}\n{"id":10,"what":"only east"}\n');
    expect(rows('shelves.csv')).toBe('room,"no, really"\n"a ""b"", c",7\n');
    expect(statSync(join(kept, 'rows', 'tasks.csv')).mode & 0o077).toBe(0);
    // Four inserts, and the fence's own commit.
    const { count, firstAt, lastAt } = report!['transactions'] as Record<string, number>;
    expect(count).toBe(5);
    expect(firstAt).toBeLessThanOrEqual(lastAt!);
    expect(Math.abs(Date.now() - firstAt!)).toBeLessThan(600_000);
  });

  test('rewound it streams, without what only it had, and its database is open', async () => {
    const { status, stderr, report, progress } = await standby('rewind', EAST, WEST);
    expect([status, stderr]).toEqual([0, '']);
    expect(report).toMatchObject({ way: 'rewind' });
    expect(progress.length).toBeGreaterThan(0);
    await scale(EAST, 1);
    await streams(WEST, EAST);
    await expect.poll(() => idsIn(EAST), { timeout: 10_000 }).toEqual([1, 3]);
  });

  test('the other way round it is copied anew; its old data lie beside it, and its configuration stays its own', async () => {
    await diverge(WEST, EAST, ["INSERT INTO tasks VALUES (20, 'only west')"], "INSERT INTO tasks VALUES (21, 'east')");
    const kept = await standby('keep', WEST, EAST, 'tasks');
    expect(kept.report).toMatchObject({ tables: [{ table: 'tasks', rows: 1 }], transactions: { count: 2 }, why: null });
    const { port } = new URL(rig.postgres.node(WEST).url('postgres', 'postgres'));
    const { status, stderr, report } = await standby('copy', WEST, EAST);
    expect([status, stderr]).toEqual([0, '']);
    expect(report).toMatchObject({ way: 'copy' });
    expect(existsSync(join(String(report?.['kept']), 'PG_VERSION'))).toBe(true);
    await scale(WEST, 1);
    await streams(EAST, WEST);
    expect(await rig.root(WEST, 'SHOW port')).toEqual([{ port }]);
    await expect.poll(() => idsIn(WEST), { timeout: 10_000 }).toEqual([1, 3, 21]);
  });
});
