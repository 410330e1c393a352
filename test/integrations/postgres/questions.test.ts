/** Questions about data and about open transactions, on real servers whose settings differ as two regions' may. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgresPair } from '../../../lab/postgres/pair.ts';
import { execute } from '../../../lab/postgres/roles.ts';
import type { PostgresPair } from '../../../lab/postgres/types.ts';
import { postgresDatabase } from '../../../src/integrations/postgres/database.ts';
import { type Database, lsnDiff, QUERY_REFUSED } from '../../../src/ports/database.ts';
import { within } from '../../contracts/database.suite.ts';

const EAST = 'us-east-1';
const WEST = 'us-west-2';

let pair: PostgresPair;
let database: Database;

const adapter = (timeoutMs = 5_000, role = 'regent', databases?: string[]): Database =>
  postgresDatabase({
    regions: Object.fromEntries(
      pair.regions.map((region) => [
        region,
        { url: pair.node(region).url(role, 'eden_vault'), ...(databases && { databases }) },
      ]),
    ),
    timeoutMs,
  });

async function session(role: string, name = 'eden'): Promise<Client> {
  const client = new Client({ connectionString: pair.primary.url(role, 'eden_vault'), application_name: name });
  client.on('error', () => {});
  await client.connect();
  return client;
}
const asApp = (...statements: string[]) => execute(pair.primary.url('eden_app', 'eden_vault'), statements);
const asRoot = (statement: string) => execute(pair.primary.url('postgres', 'eden_vault'), [statement]);
const one = async (query: string, region = EAST) => (await database.read(region, [query], within())).answers[0]!;
const replayed = async (lsn: string) => {
  // The log writer of this pair sleeps for 10 s at a time; a checkpoint writes out what is there.
  await asRoot('CHECKPOINT');
  await expect
    .poll(async () => lsnDiff((await database.observe(WEST, within())).lsn, lsn), { timeout: 10_000 })
    .toBeGreaterThanOrEqual(0);
};

beforeAll(async () => {
  pair = await startPostgresPair({
    dir: mkdtempSync(join(tmpdir(), 'regent-pg-')),
    superuserPassword: 'p',
    databases: ['eden_vault', 'eden_jobs'],
    settings: { wal_writer_delay: '10s', max_prepared_transactions: '5' },
  });
  database = adapter();
  await asApp(
    'CREATE TABLE vault (id bigint PRIMARY KEY, secret text, at timestamptz, took interval, share float8, raw bytea)',
    "INSERT INTO vault VALUES (1, 'a', '2026-03-01T12:00:00Z', '90 min', 0.1::float8 + 0.2, 'x'), (2, NULL, NULL, NULL, 1e300, NULL)",
    'GRANT SELECT (id, at, took, share, raw) ON vault TO regent',
  );
});
afterAll(() => pair?.close());

describe('the answers of two servers', () => {
  test('are the same text where data are, whatever the servers’ own settings', async () => {
    const query = 'SELECT at, took, share, raw FROM vault ORDER BY id';
    const settings = ["TimeZone = 'Asia/Tokyo'", "DateStyle = 'SQL, DMY'", "IntervalStyle = 'postgres_verbose'"];
    await execute(pair.standby.url('postgres', 'postgres'), [
      ...settings.map((setting) => `ALTER SYSTEM SET ${setting}`),
      'ALTER SYSTEM SET extra_float_digits = -3',
      "ALTER SYSTEM SET bytea_output = 'escape'",
      'SELECT pg_reload_conf()',
    ]);
    const ownText = () => execute(pair.standby.url('postgres', 'eden_vault'), ["SELECT '2026-03-01'::date::text AS d"]);
    await expect.poll(ownText).toEqual([{ d: '01/03/2026' }]);
    const { lsn, answers } = await database.read(EAST, [query], within());
    await replayed(lsn);
    expect(answers).toEqual([
      '[{"at":"2026-03-01 12:00:00+00","took":"PT1H30M","share":"0.30000000000000004","raw":"\\\\x78"},{"at":null,"took":null,"share":"1e+300","raw":null}]',
    ]);
    expect((await database.read(WEST, [query], within())).answers).toEqual(answers);
  });

  test('do not depend on the order rows were found in, and keep columns of one name apart', async () => {
    expect(await one('VALUES (2), (1), (10)')).toBe('[{"column1":"1"},{"column1":"10"},{"column1":"2"}]');
    expect(await one('SELECT count(*), count(at), 7 AS "2", 8 AS "1" FROM vault -- both')).toBe(
      '[{"count":"2","count 2":"1","2":"7","1":"8"}]',
    );
    expect(await one('SELECT id FROM vault WHERE id > 5')).toBe('[]');
  });

  test('are kept whole up to 4 kB and as a digest beyond, over many portions of rows', async () => {
    const whole = await one("SELECT repeat('x', 4082) AS a");
    expect(whole).toHaveLength(4092);
    expect(await one("SELECT repeat('x', 4087) AS a")).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await one("SELECT repeat('é', 2050) AS a")).toMatch(/^sha256:/);
    const rows = await one('SELECT n FROM generate_series(1, 2500) n');
    expect(rows).toMatch(/^sha256:/);
    expect(await one('SELECT n FROM generate_series(2500, 1, -1) n')).toBe(rows);
    expect(await one('SELECT n FROM generate_series(1, 2501) n')).not.toBe(rows);
  });

  test('too much to compare is refused, not swallowed', async () => {
    await expect(one("SELECT repeat('x', 100000) FROM generate_series(1, 1000)")).rejects.toMatchObject({
      code: QUERY_REFUSED,
      message: expect.stringContaining('gives more than 16 MB'),
    });
  });

  test('come from one snapshot, in the first of the application’s databases', async () => {
    const holder = await session('eden_app');
    await holder.query('SELECT pg_advisory_lock(7)');
    const count = 'SELECT count(id) FROM vault';
    const asked = database.read(EAST, [count, 'SELECT pg_advisory_xact_lock(7)', count], within());
    await expect
      .poll(async () => (await asApp('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted'))[0])
      .toEqual({ n: 1 });
    await asApp('INSERT INTO vault (id) VALUES (3)');
    await holder.end();
    const { answers } = await asked;
    expect([answers[0], answers[2]]).toEqual(['[{"count":"2"}]', '[{"count":"2"}]']);
    expect(await one(count)).toBe('[{"count":"3"}]');
    const jobs = adapter(5_000, 'regent', ['eden_jobs', 'eden_vault']);
    expect((await jobs.read(EAST, ['SELECT current_database() AS at'], within())).answers).toEqual([
      '[{"at":"eden_jobs"}]',
    ]);
  });

  test('reach a position that covers what was seen, even where it is not written out yet', async () => {
    const [row] = await asApp(
      'SET synchronous_commit = off',
      'INSERT INTO vault (id) VALUES (4)',
      'SELECT pg_current_wal_insert_lsn()::text AS lsn',
    );
    const { lsn, answers } = await database.read(EAST, ['SELECT max(id) FROM vault'], within());
    expect(answers).toEqual(['[{"max":"4"}]']);
    expect(lsnDiff(lsn, String(row!['lsn']))).toBeGreaterThanOrEqual(0);
  });

  test('are not given to a role without the right, which is told where rights stand', async () => {
    await expect(one('SELECT secret FROM vault')).rejects.toMatchObject({
      code: QUERY_REFUSED,
      sentence: expect.stringMatching(/permission denied.*docs\/postgres-role\.md/),
    });
  });

  test('that take too long end at the server, and the slow query is named', async () => {
    const hasty = adapter(1_000);
    await expect(hasty.read(WEST, ['SELECT 1', 'SELECT pg_sleep(60)'], within())).rejects.toMatchObject({
      code: QUERY_REFUSED,
      message: expect.stringMatching(/“SELECT pg_sleep\(60\)” in eden_vault of us-west-2 did not end in time/),
    });
    const mine = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'regent'";
    await expect.poll(() => execute(pair.standby.url('postgres', 'postgres'), [mine])).toEqual([{ n: 0 }]);
  });

  test('end at the signal, long before their time', async () => {
    const holder = await session('eden_app');
    await holder.query('SELECT pg_advisory_lock(7)');
    const stopping = new AbortController();
    const call = adapter(60_000).read(EAST, ['SELECT pg_advisory_xact_lock(7)'], stopping.signal);
    void call.catch(() => {});
    await expect
      .poll(async () => (await asApp('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted'))[0])
      .toEqual({ n: 1 });
    stopping.abort();
    await expect(call).rejects.toMatchObject({ code: 'postgres-aborted', effect: 'none' });
    await holder.end();
  });

  test('of a server that is going away are no fault of the query', async () => {
    const holder = await session('eden_app');
    await holder.query('SELECT pg_advisory_lock(7)');
    const call = database.read(EAST, ['SELECT pg_advisory_xact_lock(7)'], within());
    void call.catch(() => {});
    const blocked = "SELECT pid FROM pg_stat_activity WHERE application_name = 'regent' AND wait_event = 'advisory'";
    await expect.poll(() => asRoot(blocked)).toHaveLength(1);
    await asRoot(`SELECT pg_terminate_backend(pid) FROM (${blocked}) ours`);
    await expect(call).rejects.toMatchObject({ code: 'postgres-cannot-connect-now' });
    await holder.end();
  });
});

describe('clients', () => {
  const count = (region = EAST) => database.clients(region, within());

  test('are the sessions of everybody else in the application’s databases, busy or not; not ours', async () => {
    const before = await count();
    const sessions = [
      await session('eden_app'),
      await session('eden_app', 'regent'),
      await session('regent', 'regent'),
    ];
    try {
      expect(await count()).toBe(before + 2);
      expect(await count(WEST)).toBe(0);
    } finally {
      await Promise.all(sessions.map((client) => client.end()));
    }
    await expect.poll(() => count()).toBe(before);
  });

  test('are unknown, not none, to a role that may not see others', async () => {
    await expect(adapter(3_000, 'eden_app').clients(EAST, within())).rejects.toMatchObject({
      code: 'postgres-not-permitted',
    });
  });
});

describe('open transactions', () => {
  const writing = async () => (await database.openTransactions(EAST, within())).writing;

  test('are those of everybody else, whatever they call themselves; not ours, not replication’s, not prepared ones', async () => {
    const [app, impostor, ours] = [
      await session('eden_app'),
      await session('eden_app', 'regent'),
      await session('regent', 'regent'),
    ];
    try {
      await app.query('BEGIN');
      await app.query('INSERT INTO vault (id) VALUES (100)');
      expect(await writing()).toBe(1);
      await impostor.query('BEGIN');
      await impostor.query('INSERT INTO vault (id) VALUES (101)');
      expect(await writing()).toBe(2);
      await ours.query('BEGIN');
      await ours.query('CREATE TEMPORARY TABLE mine ()');
      expect(await writing()).toBe(2);
      await app.query("PREPARE TRANSACTION 'p1'");
      expect(await writing()).toBe(1);
      await app.query("ROLLBACK PREPARED 'p1'");
      expect(await database.openTransactions(WEST, within())).toEqual({ writing: 0, oldestSeconds: 0 });
    } finally {
      await Promise.all([app, impostor, ours].map((client) => client.end()));
    }
    await expect.poll(writing).toBe(0);
  });

  test('are unknown, not none, to a role that may not see others', async () => {
    await expect(adapter(3_000, 'eden_app').openTransactions(EAST, within())).rejects.toMatchObject({
      code: 'postgres-not-permitted',
      effect: 'none',
      hint: expect.stringContaining('pg_monitor'),
    });
  });
});
