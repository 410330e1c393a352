import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startPostgresPair } from '../../lab/postgres/pair.ts';
import type { PostgresVersion } from '../../lab/postgres/programs.ts';
import { execute } from '../../lab/postgres/roles.ts';
import type { PostgresPair } from '../../lab/postgres/types.ts';
import { postgresDatabase } from '../../src/integrations/postgres/database.ts';
import type { Database } from '../../src/ports/database.ts';
import { onEachPostgres } from '../lab/postgres/versions.ts';
import { databaseContract, within } from './database.suite.ts';

const EAST = 'us-east-1';
const WEST = 'us-west-2';

const startPair = (version: PostgresVersion, settings: Record<string, string> = {}) =>
  startPostgresPair({
    version,
    dir: mkdtempSync(join(tmpdir(), 'regent-pg-')),
    superuserPassword: 'a p@ss/word',
    databases: ['eden_vault', 'eden_jobs'],
    settings,
  });

const adapter = (pair: PostgresPair, timeoutMs = 5_000): Database =>
  postgresDatabase({
    regions: Object.fromEntries(
      pair.regions.map((region) => [
        region,
        { url: pair.node(region).url('regent', 'eden_vault'), databases: ['eden_vault', 'eden_jobs'] },
      ]),
    ),
    timeoutMs,
  });

async function applicationSession(connectionString: string) {
  const client = new Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  return { sql: (statement: string) => client.query(statement), end: () => client.end() };
}

onEachPostgres('the contract', (version) =>
  databaseContract('PostgreSQL pair, asked by the least privileged role,', async () => {
    const pair = await startPair(version);
    return {
      database: adapter(pair),
      primary: EAST,
      standby: WEST,
      stop: (region) => pair.node(region).stop('fast'),
      start: (region) => pair.node(region).start(),
      application: (region) => applicationSession(pair.node(region).url('eden_app', 'eden_vault')),
      close: () => pair.close(),
    };
  }),
);

onEachPostgres('on real servers', (version) => {
  let pair: PostgresPair;
  let database: Database;
  const sql = (region: string, ...statements: string[]) =>
    execute(pair.node(region).url('postgres', 'eden_vault'), statements);
  const asApp = (region: string, ...statements: string[]) =>
    execute(pair.node(region).url('eden_app', 'eden_vault'), statements);

  /** A call that was given up has ended on the server too: until then it may still take effect. */
  const quiet = (region: string) =>
    expect
      .poll(
        () =>
          // In a database of the server's own: the application's may be closed.
          execute(pair.node(region).url('postgres', 'postgres'), [
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'regent'",
          ]),
        { timeout: 10_000 },
      )
      .toEqual([]);

  beforeAll(async () => {
    pair = await startPair(version, { archive_mode: 'on', archive_command: 'true' });
    database = adapter(pair);
    await asApp(EAST, 'CREATE TABLE vault (id int PRIMARY KEY)', 'INSERT INTO vault VALUES (1)');
  });
  afterAll(() => pair?.close());

  describe('lag', () => {
    test('is a lower bound while replay stands still, and the time it took once it goes on', async () => {
      await sql(WEST, 'SELECT pg_wal_replay_pause()');
      await asApp(EAST, 'INSERT INTO vault SELECT generate_series(2, 5000)');
      const paused = await database.lag(EAST, WEST, 300, within());
      expect(paused).toMatchObject({ caughtUp: false });
      expect(paused.bytes).toBeGreaterThan(5_000);
      expect(paused.seconds).toBeGreaterThanOrEqual(0.29);

      const measuring = database.lag(EAST, WEST, 10_000, within());
      await sql(WEST, 'SELECT pg_wal_replay_resume()');
      const resumed = await measuring;
      expect(resumed).toMatchObject({ caughtUp: true });
      expect(await database.lag(EAST, WEST, 5_000, within())).toMatchObject({ bytes: 0, seconds: 0, caughtUp: true });
    });

    test('of the regions the wrong way round is an error', async () => {
      await expect(database.lag(WEST, EAST, 300, within())).rejects.toThrow(/primary|standby/);
    });
  });

  describe('fences', () => {
    test('a prepared transaction outlives the closing of its database, and is counted', async () => {
      await asApp(EAST, 'BEGIN', 'INSERT INTO vault VALUES (-1)', "PREPARE TRANSACTION 'p1'");
      expect(await database.closeConnections(EAST, within())).toMatchObject({ prepared: 1 });
      await database.reopen(EAST, within());
      await asApp(EAST, "ROLLBACK PREPARED 'p1'");
      expect(await database.closeConnections(EAST, within())).toMatchObject({ prepared: 0 });
      await database.reopen(EAST, within());
    });

    test('sessions of the application are ended, ours and replication are not', async () => {
      const client = new Client({ connectionString: pair.primary.url('eden_app', 'eden_vault') });
      const gone = new Promise<void>((resolve) => client.on('end', resolve));
      client.on('error', () => {});
      await client.connect();
      await client.query('BEGIN');
      await client.query('INSERT INTO vault VALUES (-2)');
      expect((await database.closeConnections(EAST, within())).ended).toBeGreaterThanOrEqual(1);
      await gone;
      expect((await database.observe(EAST, within())).standbys).toHaveLength(1);
      await database.reopen(EAST, within());
      expect(await asApp(EAST, 'SELECT id FROM vault WHERE id = -2')).toEqual([]);
    });

    test("a superuser's session that our role may not end is named, not overlooked", async () => {
      const root = new Client({ connectionString: pair.primary.url('postgres', 'eden_vault') });
      root.on('error', () => {});
      await root.connect();
      const impatient = adapter(pair, 600);
      await expect(impatient.closeConnections(EAST, within())).rejects.toMatchObject({
        code: 'postgres-sessions-remain',
        message: expect.stringContaining('postgres (pid'),
      });
      await root.end();
      await database.reopen(EAST, within());
    });

    test('a fence over one of two databases is no fence', async () => {
      await sql(EAST, 'SELECT 1');
      await execute(pair.primary.url('postgres', 'postgres'), ['ALTER DATABASE eden_vault ALLOW_CONNECTIONS false']);
      expect(await database.attemptWrite(EAST, within())).toMatchObject({
        outcome: 'accepted',
        how: expect.stringContaining('eden_jobs'),
      });
      await database.reopen(EAST, within());
    });

    test('a role that may write nothing but temporary tables still finds the server unfenced', async () => {
      const asStranger = postgresDatabase({
        regions: { [EAST]: { url: pair.primary.url('replicator', 'eden_vault') } },
        timeoutMs: 3_000,
      });
      expect(await asStranger.attemptWrite(EAST, within())).toMatchObject({
        outcome: 'accepted',
        how: expect.stringContaining('temporary table'),
      });
    });

    test('a wrong password proves nothing', async () => {
      const url = new URL(pair.primary.url('regent', 'eden_vault'));
      url.password = 'wrong';
      const stranger = postgresDatabase({ regions: { [EAST]: { url: url.href } }, timeoutMs: 3_000 });
      expect(await stranger.attemptWrite(EAST, within())).toMatchObject({
        outcome: 'unreachable',
        connectionRefused: false,
      });
      await expect(stranger.observe(EAST, within())).rejects.toSatisfy(
        (error: Error) => !error.message.includes('wrong') && !error.message.includes('postgres://'),
      );
    });

    test('writing attempts and proofs leave nothing behind', async () => {
      await database.attemptWrite(EAST, within());
      await database.proveWritable(EAST, 'eden-7', within());
      expect(await sql(EAST, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'regent%'")).toEqual([]);
    });
  });

  describe('rights', () => {
    test('a role without them is told which page lists them, and nothing has happened', async () => {
      const asApplication = postgresDatabase({
        regions: { [EAST]: { url: pair.primary.url('eden_app', 'eden_vault') } },
        timeoutMs: 3_000,
      });
      const refusal = {
        code: 'postgres-not-permitted',
        effect: 'none',
        hint: expect.stringContaining('postgres-role'),
      };
      await expect(asApplication.setReadOnly(EAST, true, within())).rejects.toMatchObject(refusal);
      await expect(asApplication.promote(EAST, within())).rejects.toMatchObject(refusal);
      await expect(asApplication.checkpoint(EAST, within())).rejects.toMatchObject(refusal);
      await expect(asApplication.closeConnections(EAST, within())).rejects.toMatchObject(refusal);
    });

    test('CREATE on the database is all a heartbeat needs; without it the page is named and nothing is made', async () => {
      await execute(pair.primary.url('postgres', 'postgres'), [
        'CREATE DATABASE lent',
        "CREATE ROLE guest LOGIN PASSWORD 'guest'",
      ]);
      const url = new URL(pair.primary.url('postgres', 'lent'));
      Object.assign(url, { username: 'guest', password: 'guest' });
      const guest = postgresDatabase({ regions: { [EAST]: { url: url.href } }, timeoutMs: 3_000 });
      await expect(guest.beat(EAST, 1_000, within())).rejects.toMatchObject({
        code: 'postgres-not-permitted',
        effect: 'none',
        hint: expect.stringContaining('postgres-role'),
      });
      expect(await guest.lastBeat(EAST, within())).toBeNull();
      await execute(pair.primary.url('postgres', 'postgres'), ['GRANT CREATE ON DATABASE lent TO guest']);
      await guest.beat(EAST, 1_000, within());
      expect(await guest.lastBeat(EAST, within())).toMatchObject({ at: 1_000 });
    });

    test('the role of Regent cannot read what the application wrote', async () => {
      await expect(execute(pair.primary.url('regent', 'eden_vault'), ['SELECT * FROM vault'])).rejects.toMatchObject({
        code: '42501',
      });
    });
  });

  describe('silence', () => {
    let silent: { url: string; sockets: () => number; close(): Promise<void> };
    beforeEach(async () => {
      silent = await silentServer();
      return () => silent.close();
    });
    const deaf = (timeoutMs: number) => postgresDatabase({ regions: { [EAST]: { url: silent.url } }, timeoutMs });

    test('a server that never answers is no refused connection', async () => {
      expect(await deaf(300).attemptWrite(EAST, within())).toMatchObject({
        outcome: 'unreachable',
        connectionRefused: false,
      });
      await expect.poll(silent.sockets).toBe(0);
    });

    test('the signal ends the connection itself, long before the time limit', async () => {
      const stopping = new AbortController();
      const call = deaf(60_000).observe(EAST, stopping.signal);
      await expect.poll(silent.sockets).toBe(1);
      stopping.abort();
      await expect(call).rejects.toMatchObject({ code: 'postgres-aborted', effect: 'none' });
      await expect.poll(silent.sockets).toBe(0);
    });

    test('a change given up while the server works on it leaves its effect unknown', async () => {
      const holder = new Client({ connectionString: pair.primary.url('postgres', 'postgres') });
      await holder.connect();
      await holder.query('BEGIN');
      await holder.query('ALTER DATABASE eden_vault CONNECTION LIMIT -1');
      const stopping = new AbortController();
      const call = database.closeConnections(EAST, stopping.signal);
      void call.catch(() => {});
      const waiting = async () => {
        const { rows } = await holder.query<{ n: number }>('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted');
        return rows[0]?.n ?? 0;
      };
      await expect.poll(waiting).toBeGreaterThan(0);
      stopping.abort();
      await expect(call).rejects.toMatchObject({ code: 'postgres-aborted', effect: 'unknown' });
      await holder.query('ROLLBACK');
      await holder.end();
      await quiet(EAST);
      await database.reopen(EAST, within());
    });

    test('a frozen server proves nothing, and is itself again when it thaws', async () => {
      pair.primary.freeze();
      const attempt = await adapter(pair, 300).attemptWrite(EAST, within());
      pair.primary.thaw();
      expect(attempt).toMatchObject({ outcome: 'unreachable', connectionRefused: false });
      expect((await database.attemptWrite(EAST, within())).outcome).toBe('accepted');
    });

    test('a commit that waits for a standby that is gone is explained', async () => {
      await sql(EAST, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", 'SELECT pg_reload_conf()');
      await expect
        .poll(() => sql(EAST, 'SHOW synchronous_standby_names'))
        .toEqual([{ synchronous_standby_names: 'nobody' }]);
      try {
        await expect(adapter(pair, 3000).proveWritable(EAST, 'eden-7', within())).rejects.toMatchObject({
          code: 'postgres-waits-for-standby',
          hint: expect.stringContaining('synchronous_standby_names'),
        });
      } finally {
        await sql(EAST, 'ALTER SYSTEM RESET synchronous_standby_names', 'SELECT pg_reload_conf()');
      }
      await expect.poll(() => sql(EAST, 'SHOW synchronous_standby_names')).toEqual([{ synchronous_standby_names: '' }]);
      await quiet(EAST);
      expect(await database.proveWritable(EAST, 'eden-7', within())).toBeTruthy();
    }, 60_000);
  });

  test('a stopped server that is started again without a write gives no proof: its standby streams', async () => {
    const { lsn } = await database.observe(WEST, within());
    await pair.primary.stop('fast');
    await expect
      .poll(() => database.shutdownProof(WEST, lsn, within()), { timeout: 10_000 })
      .toMatchObject({ isShutdownCheckpoint: true });
    await pair.primary.start();
    await expect
      .poll(() => database.shutdownProof(WEST, lsn, within()), { timeout: 10_000 })
      .toMatchObject({ isShutdownCheckpoint: false, streamingFrom: `127.0.0.1:${pair.primary.port}` });
  });

  test('the proof holds where archiving switched segments, from a position that is no record start, and from far back', async () => {
    const { lsn } = await database.observe(WEST, within());
    await asApp(EAST, 'CREATE TABLE big AS SELECT generate_series(1, 20000) AS n');
    await database.lag(EAST, WEST, 10_000, within());
    const segment = (text: string) => Math.floor(Number.parseInt(text.split('/')[1]!, 16) / 2 ** 24);
    const late = await database.observe(WEST, within());
    await pair.primary.stop('fast');
    const { checkpoint, state } = pair.primary.controlState();
    expect(state).toBe('shut down');
    expect(segment(checkpoint)).toBeGreaterThan(segment(late.lsn));
    const middle = `0/${(Number.parseInt(late.lsn.split('/')[1]!, 16) - 13).toString(16)}`;
    for (const since of [lsn, late.lsn, middle]) {
      await expect
        .poll(() => database.shutdownProof(WEST, since, within()), { timeout: 10_000 })
        .toMatchObject({
          isShutdownCheckpoint: true,
          lastRecord: { type: 'CHECKPOINT_SHUTDOWN', startLsn: checkpoint },
        });
    }
    const { replayedLsn } = await database.shutdownProof(WEST, lsn, within());
    expect(await database.shutdownProof(WEST, replayedLsn, within())).toMatchObject({ isShutdownCheckpoint: false });
    await pair.primary.start();
  });

  test('proving a fence and a shutdown changes nothing on the old primary; a crash gives no proof', async () => {
    const { lsn } = await database.observe(WEST, within());
    await pair.primary.stop('immediate');
    const before = pair.primary.controlState();
    expect(await database.attemptWrite(EAST, within())).toMatchObject({ connectionRefused: true });
    expect((await database.shutdownProof(WEST, lsn, within())).isShutdownCheckpoint).toBe(false);
    expect(pair.primary.controlState()).toEqual(before);
    await pair.primary.start();
  });
});

/** Accepts TCP and never says a word. */
async function silentServer() {
  const open = new Set<import('node:net').Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket
      .on('error', () => {})
      .on('close', () => open.delete(socket))
      .resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `postgres://regent:x@127.0.0.1:${address.port}/eden_vault`,
    sockets: () => open.size,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
