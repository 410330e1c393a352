/** What every `database` adapter owes its port, told as one planned switchover and its accidents. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import { type Database, lsnDiff, QUERY_REFUSED } from '../../src/ports/database.ts';

export type DatabaseWorld = {
  database: Database;
  primary: string;
  standby: string;
  /** Stops the region's server cleanly: sessions ended, everything flushed to its standby. */
  stop(region: string): Promise<void>;
  start(region: string): Promise<void>;
  /** A session of the application, its statements one after the other. It may make tables, and lets us read them. */
  application(region: string): Promise<{ sql(statement: string): Promise<unknown>; end(): Promise<void> }>;
  close(): Promise<void>;
};

export const within = (ms = 20_000) => AbortSignal.timeout(ms);

export function databaseContract(name: string, open: () => Promise<DatabaseWorld>): void {
  describe(`a ${name} keeps the promises of the database port`, () => {
    let world: DatabaseWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());

    test('it sees who is primary, who follows, and that both are one database', async () => {
      const { database, primary, standby } = world;
      const [one, other] = [await database.observe(primary, within()), await database.observe(standby, within())];
      expect(one).toMatchObject({
        region: primary,
        role: 'primary',
        timeline: 1,
        readOnly: false,
        closedDatabases: [],
      });
      expect(one.standbys).toHaveLength(1);
      expect(one.standbys[0]).toMatchObject({ state: 'streaming' });
      expect([one.receivedLsn, one.streamingFrom]).toEqual([null, null]);
      expect(other).toMatchObject({ region: standby, role: 'standby', timeline: 1, standbys: [] });
      expect(other.streamingFrom).toMatch(/:\d+$/);
      expect(other.systemIdentifier).toBe(one.systemIdentifier);
      expect(one.systemIdentifier).toMatch(/^\d+$/);
    });

    test('lag of a healthy standby is measured and small', async () => {
      const lag = await world.database.lag(world.primary, world.standby, 10_000, within());
      expect(lag.caughtUp).toBe(true);
      expect(lsnDiff(lag.standbyLsn, lag.primaryLsn)).toBeGreaterThanOrEqual(0);
    });

    test('a region that is not configured is a sentence, not a crash', async () => {
      await expect(world.database.observe('mars', within())).rejects.toThrow(/mars/);
    });

    test('the primary proves writable, the standby does not', async () => {
      const proof = await world.database.proveWritable(world.primary, 'eden-7', within());
      expect(proof.readBack).toBe(proof.wrote);
      await expect(world.database.proveWritable(world.standby, 'eden-7', within())).rejects.toThrow(IntegrationError);
    });

    test('a write is accepted by the primary and refused by the standby', async () => {
      expect((await world.database.attemptWrite(world.primary, within())).outcome).toBe('accepted');
      expect((await world.database.attemptWrite(world.standby, within())).outcome).toBe('refused');
    });

    test('read-only is set, seen, walked through by a writer who wants to, and taken back', async () => {
      const { database, primary } = world;
      await database.setReadOnly(primary, true, within());
      await database.setReadOnly(primary, true, within());
      expect((await database.observe(primary, within())).readOnly).toBe(true);
      expect((await database.attemptWrite(primary, within())).outcome).toBe('accepted');
      await expect(database.proveWritable(primary, 'eden-7', within())).rejects.toThrow(IntegrationError);
      await database.setReadOnly(primary, false, within());
      await database.setReadOnly(primary, false, within());
      expect((await database.observe(primary, within())).readOnly).toBe(false);
    });

    test('closed databases refuse the write, say so on both sides, and open again', async () => {
      const { database, primary, standby } = world;
      await database.closeConnections(primary, within());
      await database.closeConnections(primary, within());
      expect((await database.attemptWrite(primary, within())).outcome).toBe('refused');
      const closed = (await database.observe(primary, within())).closedDatabases;
      expect(closed).not.toEqual([]);
      await expect
        .poll(async () => (await database.observe(standby, within())).closedDatabases, { timeout: 10_000 })
        .toEqual(closed);
      await database.reopen(primary, within());
      await database.reopen(primary, within());
      expect((await database.observe(primary, within())).closedDatabases).toEqual([]);
      expect((await database.attemptWrite(primary, within())).outcome).toBe('accepted');
    });

    test('our own fences go up and come down while the courtesy read-only is on', async () => {
      const { database, primary } = world;
      await database.setReadOnly(primary, true, within());
      await database.closeConnections(primary, within());
      expect((await database.attemptWrite(primary, within())).outcome).toBe('refused');
      await database.reopen(primary, within());
      await database.setReadOnly(primary, false, within());
      expect(await database.observe(primary, within())).toMatchObject({ readOnly: false, closedDatabases: [] });
    });

    test('a transaction counts as open once it has written, until it ends', async () => {
      const { database, primary } = world;
      const writing = async () => (await database.openTransactions(primary, within())).writing;
      expect(await database.openTransactions(primary, within())).toEqual({ writing: 0, oldestSeconds: 0 });
      const clients = await database.clients(primary, within());
      const session = await world.application(primary);
      try {
        expect(await database.clients(primary, within())).toBe(clients + 1);
        await session.sql('CREATE TABLE counted (id bigint PRIMARY KEY, at timestamptz NOT NULL)');
        await session.sql('BEGIN');
        await session.sql('SELECT count(*) FROM counted');
        expect(await writing()).toBe(0);
        await session.sql("INSERT INTO counted VALUES (1, '2026-03-01T12:00:00Z'), (9007199254740993, 'infinity')");
        expect(await writing()).toBe(1);
        await expect
          .poll(async () => (await database.openTransactions(primary, within())).oldestSeconds, { timeout: 5_000 })
          .toBeGreaterThan(0);
        await session.sql('COMMIT');
        expect(await writing()).toBe(0);
        await session.sql('GRANT SELECT ON counted TO PUBLIC');
        await session.sql('CREATE SEQUENCE counted_ids');
        await session.sql('GRANT ALL ON SEQUENCE counted_ids TO PUBLIC');
      } finally {
        await session.end();
      }
    });

    test('the standby answers like the primary once it has replayed what the primary’s answers rest on', async () => {
      const { database, primary, standby } = world;
      const queries = ['SELECT count(*), max(id) FROM counted', 'SELECT at, id FROM counted ORDER BY id DESC;'];
      const { lsn, answers } = await database.read(primary, queries, within());
      expect(answers).toEqual([
        '[{"count":"2","max":"9007199254740993"}]',
        '[{"at":"2026-03-01 12:00:00+00","id":"1"},{"at":"infinity","id":"9007199254740993"}]',
      ]);
      await expect
        .poll(async () => lsnDiff((await database.observe(standby, within())).lsn, lsn), { timeout: 10_000 })
        .toBeGreaterThanOrEqual(0);
      const there = await database.read(standby, queries, within());
      expect(there.answers).toEqual(answers);
      expect(lsnDiff(there.lsn, lsn)).toBeGreaterThanOrEqual(0);
    });

    test.each([
      'DELETE FROM counted',
      'SELECT 1; DROP TABLE counted',
      'SELECT 1; COMMIT; CREATE SCHEMA regent_was_here',
      'COMMIT',
      'WITH gone AS (DELETE FROM counted RETURNING id) SELECT * FROM gone',
      'SELECT * FROM counted FOR UPDATE',
      "SELECT nextval('counted_ids')",
      'SHOW transaction_read_only',
      'SELECT * FROM no_such_table',
    ])('what is no plain read is refused by name and changes nothing: %s', async (query) => {
      const { database, primary, standby } = world;
      for (const region of [primary, standby])
        await expect(database.read(region, ['SELECT 1 AS one', query], within())).rejects.toMatchObject({
          code: QUERY_REFUSED,
          message: expect.stringContaining(`“${query}”`),
          effect: 'none',
        });
      const [count] = (await database.read(primary, ['SELECT count(*) FROM counted'], within())).answers;
      expect(count).toBe('[{"count":"2"}]');
    });

    test('a signal that has fallen ends the call at once', async () => {
      await expect(world.database.observe(world.primary, AbortSignal.abort())).rejects.toThrow(IntegrationError);
      expect(await world.database.attemptWrite(world.primary, AbortSignal.abort())).toMatchObject({
        outcome: 'unreachable',
        connectionRefused: false,
      });
      await expect(world.database.openTransactions(world.primary, AbortSignal.abort())).rejects.toThrow(
        IntegrationError,
      );
      await expect(world.database.read(world.primary, ['SELECT 1'], AbortSignal.abort())).rejects.toThrow(
        IntegrationError,
      );
      await expect(world.database.beat(world.primary, 1, AbortSignal.abort())).rejects.toThrow(IntegrationError);
      await expect(world.database.lastBeat(world.primary, AbortSignal.abort())).rejects.toThrow(IntegrationError);
    });

    test('there is no heartbeat before the first one, on neither side', async () => {
      const { database, primary, standby } = world;
      for (const region of [primary, standby]) expect(await database.lastBeat(region, within())).toBeNull();
    });

    test('a heartbeat is written on the primary, replaced by the next, and brought to the standby', async () => {
      const { database, primary, standby } = world;
      const before = await database.observe(primary, within());
      await database.beat(primary, 1_767_225_600_123, within());
      await database.beat(primary, 1_767_225_602_456, within());
      const written = await database.lastBeat(primary, within());
      expect(written?.at).toBe(1_767_225_602_456);
      expect(lsnDiff(written!.lsn, before.lsn)).toBeGreaterThan(0);
      await expect.poll(() => database.lastBeat(standby, within()), { timeout: 10_000 }).toEqual(written);
    });

    test('a standby takes no heartbeat, and a primary made courteous takes none either', async () => {
      const { database, primary, standby } = world;
      await expect(database.beat(standby, 1_767_225_603_000, within())).rejects.toMatchObject({ effect: 'none' });
      await database.setReadOnly(primary, true, within());
      await expect(database.beat(primary, 1_767_225_603_000, within())).rejects.toMatchObject({ effect: 'none' });
      await database.setReadOnly(primary, false, within());
      expect(await database.lastBeat(primary, within())).toMatchObject({ at: 1_767_225_602_456 });
    });

    test('while the primary runs there is no proof of its shutdown', async () => {
      const { lsn } = await world.database.observe(world.standby, within());
      await world.database.checkpoint(world.primary, within());
      expect(await world.database.shutdownProof(world.standby, lsn, within())).toMatchObject({
        isShutdownCheckpoint: false,
      });
    });

    test('a primary stopped cleanly refuses connections, and its standby has its shutdown checkpoint', async () => {
      const { database, primary, standby } = world;
      const { lsn } = await database.observe(standby, within());
      await world.stop(primary);
      expect(await database.attemptWrite(primary, within())).toMatchObject({
        outcome: 'unreachable',
        connectionRefused: true,
      });
      await expect(database.observe(primary, within())).rejects.toMatchObject({ effect: 'none', system: 'postgres' });
      const gone = { effect: 'none', system: 'postgres', code: expect.not.stringMatching(QUERY_REFUSED) };
      await expect(database.openTransactions(primary, within())).rejects.toMatchObject(gone);
      await expect(database.read(primary, ['SELECT 1'], within())).rejects.toMatchObject(gone);
      await expect
        .poll(() => database.shutdownProof(standby, lsn, within()), { timeout: 10_000 })
        .toMatchObject({ isShutdownCheckpoint: true, streamingFrom: null });
    });

    test('promotion is ordered once or twice, observed, and the new primary proves writable', async () => {
      const { database, standby } = world;
      await database.promote(standby, within());
      await expect
        .poll(async () => (await database.observe(standby, within())).role, { timeout: 10_000 })
        .toBe('primary');
      await database.promote(standby, within());
      expect(await database.observe(standby, within())).toMatchObject({ timeline: 2, role: 'primary' });
      const proof = await database.proveWritable(standby, 'eden-7', within());
      expect(proof.readBack).toBe(proof.wrote);
    });

    test('the new primary has the last heartbeat of the old one, and takes its own', async () => {
      const { database, standby } = world;
      expect(await database.lastBeat(standby, within())).toMatchObject({ at: 1_767_225_602_456 });
      await database.beat(standby, 1_767_225_609_000, within());
      expect(await database.lastBeat(standby, within())).toMatchObject({ at: 1_767_225_609_000 });
    });

    test('the old primary, started again, still takes writes: promotion fences nothing', async () => {
      await world.start(world.primary);
      expect(await world.database.observe(world.primary, within())).toMatchObject({ role: 'primary', timeline: 1 });
      expect((await world.database.attemptWrite(world.primary, within())).outcome).toBe('accepted');
    });
  });
}
