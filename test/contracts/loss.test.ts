/** The measured loss against what really is lost: two real servers, a standby cut off, a primary whose power goes. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgresPair } from '../../lab/postgres/pair.ts';
import { execute } from '../../lab/postgres/roles.ts';
import type { PostgresPair } from '../../lab/postgres/types.ts';
import { postgresDatabase } from '../../src/integrations/postgres/database.ts';
import type { Database } from '../../src/ports/database.ts';
import { lsnDiff } from '../../src/ports/database.ts';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { measureLoss } from '../../src/steps/loss.ts';
import { within } from './database.suite.ts';

const EAST = 'us-east-1';
const WEST = 'us-west-2';
const T = Date.UTC(2026, 2, 1, 14, 30, 0);

let pair: PostgresPair;
let database: Database;
const asApp = (region: string, ...statements: string[]) =>
  execute(pair.node(region).url('eden_app', 'eden_vault'), statements);
const asRoot = (region: string, ...statements: string[]) =>
  execute(pair.node(region).url('postgres', 'postgres'), statements);

beforeAll(async () => {
  pair = await startPostgresPair({
    dir: mkdtempSync(join(tmpdir(), 'regent-pg-')),
    superuserPassword: 'a p@ss/word',
    databases: ['eden_vault'],
  });
  database = postgresDatabase({
    regions: Object.fromEntries(
      pair.regions.map((region) => [region, { url: pair.node(region).url('regent', 'eden_vault') }]),
    ),
    timeoutMs: 5_000,
  });
});
afterAll(() => pair?.close());

const health = (seen: RegionHealth['database'], since: number): RegionHealth => ({
  region: EAST,
  stage: 'failed',
  since,
  at: since,
  score: 0,
  failure: null,
  vantages: { names: ['regent'], agree: 1, needed: 1 },
  database: seen,
});

test('is never less than what the standby lacks, in time and in bytes', async () => {
  await asApp(EAST, 'CREATE TABLE writes (id int PRIMARY KEY, ms bigint NOT NULL)');
  // Our own clock, in steps of a second: a heartbeat, a write, a heartbeat, a write, …
  await database.beat(EAST, T, within());
  await asApp(EAST, `INSERT INTO writes VALUES (1, ${T + 500})`);
  await database.beat(EAST, T + 1000, within());
  await asApp(EAST, `INSERT INTO writes VALUES (2, ${T + 1500})`);
  await expect
    .poll(() => execute(pair.node(WEST).url('eden_app', 'eden_vault'), ['SELECT id FROM writes WHERE id = 2']), {
      timeout: 10_000,
    })
    .toHaveLength(1);
  await asRoot(WEST, "ALTER SYSTEM SET primary_conninfo = ''", 'SELECT pg_reload_conf()');
  await expect.poll(async () => (await database.observe(WEST, within())).streamingFrom, { timeout: 10_000 }).toBeNull();

  await database.beat(EAST, T + 2000, within());
  await asApp(EAST, `INSERT INTO writes VALUES (3, ${T + 2500})`);
  const seen = { at: T + 3000, lsn: (await database.observe(EAST, within())).lsn, bytesPerSecond: 1e6 };
  // The last look is over; what follows nobody sees.
  await asApp(EAST, `INSERT INTO writes SELECT n, ${T + 3500} FROM generate_series(4, 2000) AS n`);
  const end = (await database.observe(EAST, within())).lsn;
  await pair.node(EAST).crash();

  const watch = { health: () => health(seen, T + 4000) };
  const loss = await measureLoss(database, watch, EAST, WEST, within());
  const [kept] = await asApp(WEST, 'SELECT max(ms)::float8 AS ms, count(*)::int AS n FROM writes');
  const { lsn } = await database.observe(WEST, within());
  expect(kept).toEqual({ ms: T + 1500, n: 2 });
  expect(loss).toMatchObject({ heartbeatAt: T + 1000, missing: [], seconds: 3 });
  // Lost: from the write at T + 1.5 s to the one at T + 3.5 s.
  expect(loss.seconds! * 1000).toBeGreaterThanOrEqual(T + 3500 - (T + 1500));
  expect(loss.bytes!).toBeGreaterThanOrEqual(lsnDiff(end, lsn));
  // Without the rate of what nobody saw the bound would have been too low.
  expect(lsnDiff(seen.lsn, lsn)).toBeLessThan(lsnDiff(end, lsn));
});

test('asked again it is the same, and after the promotion new heartbeats make it smaller, not larger', async () => {
  const watch = { health: () => health({ at: T + 3000, lsn: '0/9000000', bytesPerSecond: 10 }, T + 4000) };
  const first = await measureLoss(database, watch, EAST, WEST, within());
  expect(await measureLoss(database, watch, EAST, WEST, within())).toEqual(first);
  await database.promote(WEST, within());
  await expect.poll(async () => (await database.observe(WEST, within())).role, { timeout: 10_000 }).toBe('primary');
  await database.beat(WEST, T + 9000, within());
  const after = await measureLoss(database, watch, EAST, WEST, within());
  expect(after.seconds).toBe(0);
  expect(after.bytes!).toBeLessThanOrEqual(first.bytes!);
});
