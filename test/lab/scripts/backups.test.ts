import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poll } from '../../../lab/lib/poll.ts';
import { askRedis } from '../../../lab/redis/ask.ts';
import { redisAvailability } from '../../../lab/redis/availability.ts';
import { startRedis } from '../../../lab/redis/lab.ts';
import type { RedisLab } from '../../../lab/redis/types.ts';
import { fillCache, fillDatabase } from '../../../lab/world/product-data.ts';
import { corruptCopies } from '../../../lab/world/scripts.ts';
import { DATABASE, EAST, type Ended, freshDir, type Rig, run, start, startRig, stored, WEST } from './rig.ts';

let redis: RedisLab | null;
let rig: Rig;
let dir: string;
const PASSWORD = 'only for tests';
const noRedis = 'why' in redisAvailability();

beforeAll(async () => {
  dir = freshDir();
  redis = await startRedis({
    dir: join(dir, 'redis'),
    regions: [EAST, WEST],
    sentinels: 0,
    masterName: 'eden-master',
    password: PASSWORD,
  });
  rig = await startRig(redis);
  await fillDatabase(rig.postgres.primary.url('eden_app', DATABASE));
  await rig.app(
    EAST,
    'CREATE TABLE tasks (id bigint PRIMARY KEY, "said by" text, double bigint GENERATED ALWAYS AS (id * 2) STORED)',
    `INSERT INTO tasks SELECT id, E'tab\\tline\\nback\\\\slash ' || id FROM generate_series(1, 50) AS id`,
    'CREATE TABLE numbered (id serial)',
    'INSERT INTO numbered DEFAULT VALUES',
  );
});
afterAll(async () => {
  await rig?.close();
  await redis?.close();
  rmSync(dir, { recursive: true, force: true });
});

const backup = (args = ['--region=primary'], env = {}) => run(rig.scripts, 'postgres_backup.sh', args, env);
/** The file a script says it left, read where it lies. */
const textOf = ({ report }: Ended): string => readFileSync(String(report?.['file']), 'utf8');
/** The rows of a table as they stand in a dump. */
const rowsIn = (dump: string, table: string): string[] =>
  new RegExp(`^COPY public\\.${table} .*?;\\n(.*?)^\\\\\\.$`, 'ms').exec(dump)![1]!.split('\n').slice(0, -1);

test('every row of every table stands in the other region’s store, with its checksum', async () => {
  const { status, report, progress, stderr } = await backup(['--region=primary'], { REGENT_RUN: 'eden-7' });
  expect([status, stderr]).toEqual([0, '']);
  const [file = ''] = stored(rig.dir, WEST).filter((path) => path.endsWith('.sql'));
  expect(file).toContain('/postgres/eden_vault-of-us-east-1-eden-7-');
  expect(report?.['file']).toBe(file);
  const bytes = readFileSync(file);
  const checksum = createHash('sha256').update(bytes).digest('hex');
  expect(report).toMatchObject({
    summary: '3 tables with 4051 rows of eden_vault copied to the store of us-west-2',
    bytes: bytes.length,
    checksum: `sha256:${checksum}`,
  });
  expect(bytes.length).toBeGreaterThan(4_000_000);
  expect(progress.at(-1)).toEqual({ done: bytes.length, total: bytes.length, unit: 'bytes' });
  expect(readFileSync(`${file}.sha256`, 'utf8')).toBe(`${checksum}  ${file.split('/').at(-1)}\n`);
  const dump = bytes.toString('utf8');
  expect(rowsIn(dump, 'secrets')).toHaveLength(4000);
  // As COPY writes it, so that COPY reads it: generated columns are left to the server.
  expect(dump).toContain('COPY public.tasks (id, "said by") FROM stdin;\n1\ttab\\tline\\nback\\\\slash 1\n');
  expect(dump).toContain("SELECT pg_catalog.setval('public.numbered_id_seq', 1, true);");
  expect(stored(rig.dir, EAST)).toEqual([]);
});

test('a standby can be backed up as well, and the copy goes the other way', async () => {
  const ended = await backup(['--region=us-west-2']);
  expect(ended.report?.['summary']).toMatch(/copied to the store of us-east-1$/);
  expect(stored(rig.dir, EAST)).toContain(ended.report?.['file']);
  expect(rowsIn(textOf(ended), 'secrets')).toHaveLength(4000);
});

test('a row written after the snapshot is not in it, though its table is read later', async () => {
  let rows: string[] = [];
  const late = new Client({ connectionString: rig.postgres.primary.url('eden_app', DATABASE) });
  await late.connect();
  try {
    await late.query('BEGIN');
    await late.query('LOCK TABLE secrets IN ACCESS EXCLUSIVE MODE');
    const { ended } = start(rig.scripts, 'postgres_backup.sh', ['--region=primary']);
    await poll(
      'the backup does not reach the locked table',
      async () =>
        (await rig.root(EAST, "SELECT FROM pg_locks WHERE relation = 'secrets'::regclass AND NOT granted")).length > 0,
      { withinMs: 10_000 },
    );
    await rig.app(EAST, "INSERT INTO tasks VALUES (51, 'late')");
    await late.query('COMMIT');
    rows = rowsIn(textOf(await ended), 'tasks');
  } finally {
    await late.end();
  }
  expect(rows.map((row) => Number(row.split('\t')[0]))).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
  expect(rowsIn(textOf(await backup()), 'tasks')).toHaveLength(51);
});

test('a byte that changes on the way is noticed: the script fails and keeps nothing', async () => {
  const before = stored(rig.dir, WEST);
  corruptCopies(rig, 'postgres_backup.sh', 'redis_backup.sh');
  const { status, stderr, report } = await backup();
  expect([status, report]).toEqual([1, null]);
  expect(stderr).toContain('What arrived in the store of us-west-2 is not what was sent');
  expect(stored(rig.dir, WEST)).toEqual(before);
  corruptCopies(rig);
});

test.skipIf(noRedis)('every key of Redis stands in the store, as RESTORE takes it', async () => {
  const { port } = redis!.node(EAST);
  await fillCache(redis!.node(EAST).url);
  await askRedis(port, PASSWORD, 'SADD', 'tasks', '1', '2', '3');
  const ended = await run(rig.scripts, 'redis_backup.sh', ['--region=primary']);
  expect([ended.status, ended.stderr]).toEqual([0, '']);
  expect(ended.report?.['summary']).toBe('2001 keys of Redis copied to the store of us-west-2');
  const lines = textOf(ended)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { key: string; ttlMs: number; value: string });
  expect(lines).toHaveLength(2001);
  const named = (name: string) => lines.find(({ key }) => Buffer.from(key, 'base64').toString() === name)!;
  expect(named('tasks').ttlMs).toBe(0);
  expect(named('session:7').ttlMs).toBeGreaterThan(80_000_000);
  const client = new Redis(redis!.node(EAST).url);
  await client.restore('tasks again', 0, Buffer.from(named('tasks').value, 'base64'));
  expect((await client.smembers('tasks again')).sort()).toEqual(['1', '2', '3']);
  client.disconnect();
});

test('where there is no Redis it says so and is content', async () => {
  const rewritten = rig.rewrite({});
  const facts = JSON.parse(readFileSync(join(rewritten.directory, 'facts.json'), 'utf8'));
  for (const region of Object.values<{ redis: null }>(facts.regions)) region.redis = null;
  writeFileSync(join(rewritten.directory, 'facts.json'), JSON.stringify(facts));
  const { status, report } = await run(rig.scripts, 'redis_backup.sh', ['--region=primary']);
  expect([status, report]).toEqual([0, { summary: 'us-east-1 has no Redis: nothing to back up', bytes: 0 }]);
  rig.rewrite({});
});

test('a server that does not answer is named', async () => {
  await rig.postgres.standby.stop('fast');
  const { status, stderr } = await backup(['--region=secondary']);
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^eden_vault in us-west-2 could not be read: .*ECONNREFUSED.*\n$/),
  ]);
  await rig.postgres.standby.start();
});

test.skipIf(noRedis)('reverse replication leaves Redis alone and says what it is', async () => {
  const follow = async () =>
    (await run(rig.scripts, 'configure_reverse_replication.sh', [`--source=${EAST}`, `--target=${WEST}`])).report?.[
      'summary'
    ];
  expect(await follow()).toBe('us-west-2 streams from us-east-1; Redis in us-west-2 follows us-east-1 (connected)');
  await askRedis(redis!.node(WEST).port, PASSWORD, 'REPLICAOF', 'NO', 'ONE');
  expect(await follow()).toBe('us-west-2 streams from us-east-1; Redis in us-west-2 is NOT seen as a replica (master)');
});
