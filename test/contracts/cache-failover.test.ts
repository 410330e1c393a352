/** `failover` on real nodes and Sentinels: what was ordered is counted by the Sentinels' own epoch, not by us. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { askRedis, infoOf } from '../../lab/redis/ask.ts';
import { redisAvailability } from '../../lab/redis/availability.ts';
import { startRedis } from '../../lab/redis/lab.ts';
import type { RedisLab, RedisLabOptions } from '../../lab/redis/types.ts';
import { redisCache } from '../../src/integrations/redis/cache.ts';
import type { Cache } from '../../src/ports/cache.ts';
import { within } from './cache.suite.ts';

const EAST = 'us-east-1';
const WEST = 'us-west-2';
const found = redisAvailability();
/** So slow that within a test they never act by themselves. */
const SLOW = 600_000;

describe.skipIf('why' in found)('a failover', () => {
  let lab: RedisLab;
  afterEach(() => lab?.close());

  async function start(more: Partial<RedisLabOptions> = {}): Promise<Cache> {
    const made = await startRedis({
      dir: mkdtempSync(join(tmpdir(), 'regent-redis-')),
      regions: [EAST, WEST],
      sentinels: 3,
      masterName: 'eden-master',
      ...more,
    });
    if (made === null) throw new Error('redis-server was here a moment ago');
    lab = made;
    return redisCache({
      nodes: Object.fromEntries(lab.regions.map((region) => [region, { url: lab.node(region).url }])),
      sentinels: lab.sentinels.map(({ host, port }) => ({ host, port })),
      masterName: lab.masterName,
      timeoutMs: 1_000,
      pauseMs: 5_000,
      pollMs: 25,
      settleMs: 10_000,
    });
  }
  const ask = (sentinel: number, ...words: [string, ...string[]]) =>
    askRedis(lab.sentinels[sentinel]!.port, undefined, ...words);
  /** Rises by one with every failover a Sentinel has carried out or heard of. */
  async function epochs(): Promise<number[]> {
    const flats = await Promise.all(lab.sentinels.map((_, at) => ask(at, 'SENTINEL', 'MASTER', lab.masterName)));
    return (flats as string[][]).map((flat) => Number(flat[flat.indexOf('config-epoch') + 1]));
  }
  const role = async (region: string) => (await infoOf(lab.node(region).port, lab.password, 'replication'))['role'];
  const set = (region: string, key: string) => askRedis(lab.node(region).port, lab.password, 'SET', key, '1');
  const named = async (cache: Cache) => (await cache.sentinels(within()))?.master;

  test('that Sentinel has made by itself is found so, and nothing is sent', async () => {
    const cache = await start();
    await lab.node(EAST).crash();
    await expect.poll(() => role(WEST), { timeout: 20_000 }).toBe('master');
    const west = (await cache.observe(WEST, within())).address;
    await expect.poll(() => named(cache), { timeout: 20_000 }).toBe(west);
    const before = await epochs();
    expect(await cache.failover(WEST, within())).toEqual({ ordered: null });
    expect(await epochs()).toEqual(before);
    expect(await role(WEST)).toBe('master');
  });

  test('that slow Sentinels have not begun is ordered of them, once, and not again when asked again', async () => {
    const cache = await start({ downAfterMs: SLOW });
    await set(EAST, 'k');
    await expect.poll(() => askRedis(lab.node(WEST).port, undefined, 'GET', 'k')).toBe('1');
    await lab.node(EAST).crash();
    expect(await epochs()).toEqual([0, 0, 0]);
    expect(await cache.failover(WEST, within())).toEqual({ ordered: 'sentinel-failover' });
    const west = (await cache.observe(WEST, within())).address;
    await expect.poll(() => named(cache), { timeout: 20_000 }).toBe(west);
    await expect.poll(epochs, { timeout: 20_000 }).toEqual([1, 1, 1]);
    expect(await cache.failover(WEST, within())).toEqual({ ordered: null });
    expect(await epochs()).toEqual([1, 1, 1]);
    expect(await set(WEST, 'after')).toBe('OK');
    expect(await askRedis(lab.node(WEST).port, undefined, 'GET', 'k')).toBe('1');
  });

  test('two orders at the same time make one master, not two turns', async () => {
    const cache = await start({ downAfterMs: SLOW });
    await lab.node(EAST).crash();
    const both = await Promise.allSettled([cache.failover(WEST, within()), cache.failover(WEST, within())]);
    expect(both.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    const west = (await cache.observe(WEST, within())).address;
    await expect.poll(() => named(cache), { timeout: 20_000 }).toBe(west);
    expect(await role(WEST)).toBe('master');
  });

  test('is not ordered of Sentinels without their quorum, nor of none', async () => {
    const cache = await start({ downAfterMs: SLOW });
    await lab.sentinels[0]!.stop();
    await lab.sentinels[1]!.stop();
    // The one that is left takes its time to notice: with another limit for the group it does so at once.
    await ask(2, 'SENTINEL', 'SET', lab.masterName, 'down-after-milliseconds', '500');
    await expect
      .poll(() => cache.sentinels(within()), { timeout: 15_000 })
      .toMatchObject({ answered: 1, asked: 3, quorum: false });
    await expect(cache.failover(WEST, within())).rejects.toMatchObject({ code: 'redis-no-quorum', effect: 'none' });
    await lab.sentinels[2]!.stop();
    await expect(cache.failover(WEST, within())).rejects.toMatchObject({
      code: 'redis-sentinels-differ',
      effect: 'none',
    });
    expect(await role(WEST)).toBe('slave');
  });

  test('is not ordered where Sentinel could choose no replica or another one', async () => {
    const cache = await start({ downAfterMs: SLOW });
    await askRedis(lab.node(WEST).port, undefined, 'CONFIG', 'SET', 'replica-priority', '0');
    const priority = async () => {
      const [flat] = (await ask(0, 'SENTINEL', 'REPLICAS', lab.masterName)) as string[][];
      return flat![flat!.indexOf('slave-priority') + 1];
    };
    await expect.poll(priority, { timeout: 15_000 }).toBe('0');
    await expect(cache.failover(WEST, within())).rejects.toMatchObject({
      code: 'redis-sentinel-would-choose',
      effect: 'none',
    });
    expect(await epochs()).toEqual([0, 0, 0]);
  }, 30_000);

  test('without Sentinels is the node itself told, and the old master, back again, is made to follow it', async () => {
    const cache = await start({ sentinels: 0, password: 'p"w d/1' });
    await lab.node(EAST).crash();
    expect(await cache.failover(WEST, within())).toEqual({ ordered: 'replicaof-no-one' });
    expect(await role(WEST)).toBe('master');
    await lab.node(EAST).start();
    expect(await role(EAST)).toBe('master');
    await cache.demote(EAST, WEST, within());
    await expect
      .poll(() => cache.observe(EAST, within()), { timeout: 15_000 })
      .toMatchObject({ role: 'replica', linkUp: true });
    expect(await role(WEST)).toBe('master');
  });

  test('of a node that does not answer is refused before anything was sent', async () => {
    const cache = await start({ sentinels: 0 });
    await lab.node(WEST).crash();
    await expect(cache.failover(WEST, within())).rejects.toMatchObject({
      code: 'redis-connection-refused',
      effect: 'none',
    });
  });
});
