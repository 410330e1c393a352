/** What every `database` adapter owes its port, told as one planned switchover and its accidents. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import { type Database, lsnDiff } from '../../src/ports/database.ts';

export type DatabaseWorld = {
  database: Database;
  primary: string;
  standby: string;
  /** Stops the region's server cleanly: sessions ended, everything flushed to its standby. */
  stop(region: string): Promise<void>;
  start(region: string): Promise<void>;
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

    test('a signal that has fallen ends the call at once', async () => {
      await expect(world.database.observe(world.primary, AbortSignal.abort())).rejects.toThrow(IntegrationError);
      expect(await world.database.attemptWrite(world.primary, AbortSignal.abort())).toMatchObject({
        outcome: 'unreachable',
        connectionRefused: false,
      });
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

    test('the old primary, started again, still takes writes: promotion fences nothing', async () => {
      await world.start(world.primary);
      expect(await world.database.observe(world.primary, within())).toMatchObject({ role: 'primary', timeline: 1 });
      expect((await world.database.attemptWrite(world.primary, within())).outcome).toBe('accepted');
    });
  });
}
