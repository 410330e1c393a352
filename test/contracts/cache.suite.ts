/** What every `cache` adapter owes its port: one switchover under a writer, and one back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import type { Cache } from '../../src/ports/cache.ts';

export type Writer = {
  /** Resolves when that many more writes have been acknowledged. */
  acknowledges(more: number): Promise<void>;
  /** Ends it and returns the acknowledged ids that the region's node does not have. */
  stop(region: string): Promise<{ acknowledged: number; lost: number }>;
};

export type CacheWorld = {
  cache: Cache;
  /** The master's region first. */
  regions: [string, string];
  by: 'sentinel' | 'failover-to';
  /** A client that writes one increasing id after the other, always to a node that takes them. */
  writer(): Promise<Writer>;
  /** Ends the region's node as a power cut does. */
  crash(region: string): Promise<void>;
  close(): Promise<void>;
};

export const within = (ms = 25_000) => AbortSignal.timeout(ms);

export function cacheContract(name: string, open: () => Promise<CacheWorld>): void {
  describe(`a ${name} keeps the promises of the cache port`, () => {
    let world: CacheWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());

    test('it sees master and replica by the addresses they know each other by', async () => {
      const { cache, regions } = world;
      // A replica that has just been attached is being copied to first.
      const online = async () => (await cache.observe(regions[0], within())).replicas.map(({ state }) => state);
      await expect.poll(online, { timeout: 20_000 }).toEqual(['online']);
      const [one, other] = [await cache.observe(regions[0], within()), await cache.observe(regions[1], within())];
      expect(one).toMatchObject({ region: regions[0], role: 'master', follows: null, linkUp: null });
      expect(other).toMatchObject({ region: regions[1], role: 'replica', follows: one.address, linkUp: true });
      expect(other.replicas).toEqual([]);
      expect(one.replicas).toMatchObject([{ address: other.address, state: 'online' }]);
      expect(other.replicationId).toBe(one.replicationId);
    });

    test('the Sentinels are asked where there are some', async () => {
      const said = await world.cache.sentinels(within());
      const { address } = await world.cache.observe(world.regions[0], within());
      if (world.by === 'sentinel') expect(said).toEqual({ master: address, answered: 3, asked: 3, quorum: true });
      else expect(said).toBeNull();
    });

    test('the master proves writable, the replica does not', async () => {
      const proof = await world.cache.proveWritable(world.regions[0], 'eden-7', within());
      expect(proof.readBack).toBe(proof.wrote);
      await expect(world.cache.proveWritable(world.regions[1], 'eden-7', within())).rejects.toMatchObject({
        system: 'redis',
        effect: 'none',
      });
    });

    test('a switch the wrong way round is refused and changes nothing', async () => {
      const [master, replica] = world.regions;
      await expect(world.cache.switchover(replica, master, within())).rejects.toMatchObject({ effect: 'none' });
      expect((await world.cache.observe(master, within())).role).toBe('master');
    });

    test('a switch while a client writes loses none of its acknowledged writes', async () => {
      const [source, target] = world.regions;
      const writer = await world.writer();
      await writer.acknowledges(200);
      const report = await world.cache.switchover(source, target, within());
      await writer.acknowledges(200);
      const { acknowledged, lost } = await writer.stop(target);
      expect({ lost, enough: acknowledged >= 400 }).toEqual({ lost: 0, enough: true });
      expect(report).toMatchObject({ by: world.by });
      expect(report.endedClients).toBeGreaterThanOrEqual(0);
      const [was, is] = [await world.cache.observe(source, within()), await world.cache.observe(target, within())];
      expect(is.role).toBe('master');
      expect(was).toMatchObject({ role: 'replica', follows: is.address, linkUp: true });
      expect(report.offset).toBeLessThanOrEqual(is.offset);
    });

    test('the same switch again is refused: it would be no repetition but a way back', async () => {
      await expect(world.cache.switchover(...world.regions, within())).rejects.toThrow(IntegrationError);
      expect((await world.cache.observe(world.regions[1], within())).role).toBe('master');
    });

    test('the way back loses nothing either', async () => {
      const [home, away] = world.regions;
      const writer = await world.writer();
      await writer.acknowledges(50);
      await world.cache.switchover(away, home, within());
      await writer.acknowledges(50);
      expect(await writer.stop(home)).toMatchObject({ lost: 0 });
      expect(await world.cache.proveWritable(home, 'eden-8', within())).toBeTruthy();
    });

    test('a signal that has fallen ends every call at once', async () => {
      await expect(world.cache.observe(world.regions[0], AbortSignal.abort())).rejects.toMatchObject({
        effect: 'none',
      });
      await expect(world.cache.switchover(...world.regions, AbortSignal.abort())).rejects.toMatchObject({
        effect: 'none',
      });
      await expect(world.cache.failover(world.regions[1], AbortSignal.abort())).rejects.toMatchObject({
        effect: 'none',
      });
    });

    test('of what is a master already nothing is ordered', async () => {
      const [home, away] = world.regions;
      expect(await world.cache.failover(home, within())).toEqual({ ordered: null });
      expect((await world.cache.observe(away, within())).role).toBe('replica');
    });

    test('with its master gone the other one becomes master, takes writes, and is not ordered to again', async () => {
      const [home, away] = world.regions;
      await world.crash(home);
      await world.cache.failover(away, within());
      expect((await world.cache.observe(away, within())).role).toBe('master');
      expect(await world.cache.proveWritable(away, 'eden-9', within())).toBeTruthy();
      const { address } = await world.cache.observe(away, within());
      if (world.by === 'sentinel')
        await expect
          .poll(async () => (await world.cache.sentinels(within()))?.master, { timeout: 20_000 })
          .toBe(address);
      expect(await world.cache.failover(away, within())).toEqual({ ordered: null });
    }, 100_000);
  });
}
