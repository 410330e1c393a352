/** An old primary that wrote on after the fork: what it alone has is found and kept, and it comes back under the new one. */
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAside } from '../../../lab/postgres/aside.ts';
import { divergedRows } from '../../../lab/postgres/diverged.ts';
import { commitsIn, type KeptWal, keepWal } from '../../../lab/postgres/keep.ts';
import { startPostgresPair } from '../../../lab/postgres/pair.ts';
import { baseBackup, rewind } from '../../../lab/postgres/rewind.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import type { PostgresNode, PostgresPair } from '../../../lab/postgres/types.ts';
import { onPostgres } from './versions.ts';

onPostgres(15, 'an old primary that diverged', (version) => {
  let dir: string;
  let pair: PostgresPair;
  let kept: KeptWal;
  const asApp = ({ url }: PostgresNode, ...statements: string[]) => execute(url('eden_app', 'vault'), statements);
  const asRoot = ({ url }: PostgresNode, ...statements: string[]) => execute(url('postgres', 'postgres'), statements);
  const ids = (node: PostgresNode) =>
    asApp(node, 'SELECT id FROM tasks ORDER BY id').then((rows) => rows.map(({ id }) => id));

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'lab-pg-'));
    // The servers' user has to come through.
    chmodSync(dir, 0o755);
    pair = await startPostgresPair({
      dir: join(dir, 'pair'),
      superuserPassword: 'it\'s "secret"',
      databases: ['vault'],
      version,
    });
  });
  afterAll(async () => {
    await pair?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** `lost` never reach the standby, which is promoted and takes `after`; the old primary crashes. */
  async function diverge(old: PostgresNode, next: PostgresNode, lost: number[], after: number): Promise<void> {
    const has = await ids(old);
    await expect.poll(() => ids(next).catch(() => []), { timeout: 10_000 }).toEqual(has);
    await asRoot(next, "ALTER SYSTEM SET primary_conninfo = ''", 'SELECT pg_reload_conf()');
    await expect.poll(() => asRoot(next, 'SELECT status FROM pg_stat_wal_receiver'), { timeout: 10_000 }).toEqual([]);
    for (const id of lost) await asApp(old, `INSERT INTO tasks VALUES (${id})`);
    await old.crash();
    await execute(next.url('regent', 'postgres'), ['SELECT pg_promote(true, 30)']);
    await asRoot(next, 'ALTER SYSTEM RESET primary_conninfo');
    await asApp(next, `INSERT INTO tasks VALUES (${after})`);
  }

  const streams = async (standby: PostgresNode, primary: PostgresNode) => {
    const expected = await ids(primary);
    await expect.poll(() => ids(standby).catch(() => []), { timeout: 20_000 }).toEqual(expected);
    expect(
      await asRoot(primary, "SELECT application_name AS name FROM pg_stat_replication WHERE state = 'streaming'"),
    ).toEqual([{ name: standby.region }]);
  };

  test('while it is asked aside it takes no writes, and says what it alone has', async () => {
    const { primary: old, standby: next } = pair;
    await asApp(
      old,
      'CREATE TABLE tasks (id int PRIMARY KEY)',
      'CREATE TABLE "Pairs, odd" (a text, b int, c int, PRIMARY KEY (b, a))',
      'CREATE TABLE heap (id int)',
      'INSERT INTO tasks VALUES (1)',
      `INSERT INTO "Pairs, odd" VALUES ('x', 1, 1)`,
    );
    await diverge(old, next, [2, 10, 3], 4);
    const found = await readAside(old, async (url) => {
      await expect(execute(url('eden_app', 'vault'), ['INSERT INTO tasks VALUES (99)'])).rejects.toMatchObject({
        code: '25006',
      });
      await expect(divergedRows(url('eden_app', 'vault'), next.url('eden_app', 'vault'), ['heap'])).rejects.toThrow(
        'The table heap has no primary key',
      );
      return await divergedRows(url('eden_app', 'vault'), next.url('eden_app', 'vault'), ['"Pairs, odd"', 'tasks']);
    });
    expect(found).toEqual([
      { table: '"Pairs, odd"', key: ['b', 'a'], rows: [] },
      { table: 'tasks', key: ['id'], rows: [['2'], ['3'], ['10']] },
    ]);
    expect(old.controlState().state).toBe('shut down');
  });

  test('its WAL since the fork is kept, and tells the transactions', async () => {
    const { primary: old, standby: next } = pair;
    kept = await keepWal(old, next, join(dir, 'kept'));
    expect(kept).toMatchObject({ timeline: 1, fork: expect.stringMatching(/^0\/[0-9A-F]+$/) });
    expect(kept.segments.length).toBeGreaterThan(0);
    const commits = await commitsIn(kept, old.programs);
    expect(commits).toHaveLength(3);
    expect(commits.map(({ at }) => at)).toEqual(commits.map(({ at }) => at).toSorted());
    expect(Math.abs(Date.now() - commits[0]!.at)).toBeLessThan(600_000);
  });

  test('rewound it streams, without what it alone had, with its own configuration and its checkpoint asked for', async () => {
    const { primary: old, standby: next } = pair;
    appendFileSync(join(old.dataDirectory, 'lab.conf'), "work_mem = '7MB'\n");
    await asRoot(next, "ALTER SYSTEM SET work_mem = '9MB'");
    await rewind(old, next);
    expect(old.running()).toBe(false);
    await old.start();
    await streams(old, next);
    expect(await ids(old)).toEqual([1, 4]);
    expect(await asRoot(old, 'SHOW work_mem')).toEqual([{ work_mem: '7MB' }]);
    expect(readFileSync(join(old.dataDirectory, 'postgresql.auto.conf'), 'utf8')).not.toContain('9MB');
    await expect(asApp(old, 'INSERT INTO tasks VALUES (5)')).rejects.toMatchObject({ code: '25006' });
    // What was kept does not depend on the server.
    expect(await commitsIn(kept, old.programs)).toHaveLength(3);
  });

  test('a server that runs is neither rewound nor copied over', async () => {
    const { primary: old, standby: next } = pair;
    for (const way of [rewind, baseBackup])
      await expect(way(old, next)).rejects.toThrow('is running. Nothing was changed. Stop it first.');
    await expect(readAside(old, async () => {})).rejects.toThrow('is running');
    await streams(old, next);
  });

  test('there and back: the next one that diverges, crashed and not asked aside, is rewound too', async () => {
    const { primary: first, standby: second } = pair;
    await diverge(second, first, [20], 21);
    expect(await commitsIn(await keepWal(second, first, join(dir, 'kept-2')), second.programs)).toHaveLength(1);
    await rewind(second, first);
    await second.start();
    await streams(second, first);
    expect(await ids(second)).toEqual([1, 4, 21]);
  });

  test('a base backup brings it back as well, and leaves the old directory beside it', async () => {
    const { primary: old, standby: next } = pair;
    await diverge(old, next, [30], 31);
    const { oldDirectory } = await baseBackup(old, next);
    expect(existsSync(join(oldDirectory, 'PG_VERSION'))).toBe(true);
    await old.start();
    await streams(old, next);
    expect(await ids(old)).toEqual([1, 4, 21, 31]);
    expect(await asRoot(old, 'SHOW work_mem')).toEqual([{ work_mem: '7MB' }]);
    expect(await asRoot(old, 'SELECT slot_name FROM pg_replication_slots')).toEqual([]);
  });

  test('what cannot be rewound is marked as a standby all the same; a copy that fails puts its data back', async () => {
    const { primary: old, standby: next } = pair;
    await old.stop('fast');
    const stranger = await startPostgresPair({
      dir: join(dir, 'other'),
      superuserPassword: 'x',
      databases: [],
      version,
    });
    try {
      rmSync(join(old.dataDirectory, 'standby.signal'));
      await expect(rewind(old, stranger.primary)).rejects.toThrow(/different systems/);
      expect(existsSync(join(old.dataDirectory, 'standby.signal'))).toBe(true);
    } finally {
      await stranger.close();
    }
    const locked = { url: (role: string, name: string) => next.url(role === 'replicator' ? 'nobody' : role, name) };
    await expect(baseBackup(old, locked)).rejects.toThrow(/pg_basebackup ended with 1: .*nobody/s);
    expect(existsSync(join(old.dataDirectory, 'standby.signal'))).toBe(true);
    expect((await baseBackup(old, next)).oldDirectory).toMatch(/\.old-2$/);
    await old.start();
    await streams(old, next);
  });
});
