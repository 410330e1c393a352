/** A master that comes back after another was made follows it from then on, and keeps nobody connected. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redisAvailability } from '../../../lab/redis/availability.ts';
import { startRedis } from '../../../lab/redis/lab.ts';
import type { RedisLab } from '../../../lab/redis/types.ts';
import { redisCache } from '../../../src/integrations/redis/cache.ts';
import type { Cache } from '../../../src/ports/cache.ts';
import { eventually } from '../../lab/kubernetes/support.ts';

const found = redisAvailability();
const why = 'why' in found ? found.why : '';
if (why !== '' && process.env['CI'] === 'true')
  test('demoting Redis needs a redis-server', () => expect.unreachable(why));
else if (why !== '') test.skip(`demoting Redis: ${why}`, () => {});
else run();

function run(): void {
  const [EAST, WEST] = ['us-east-1', 'us-west-2'] as const;
  const { signal } = new AbortController();
  let lab: RedisLab;
  let cache: Cache;
  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'regent-redis-'));
    lab = (await startRedis({ dir, regions: [EAST, WEST], sentinels: 0, masterName: 'm', password: 'lab-only' }))!;
    const nodes = Object.fromEntries(lab.regions.map((region) => [region, { url: lab.node(region).url }]));
    cache = redisCache({ nodes, timeoutMs: 2000, pauseMs: 1000, pollMs: 25 });
  });
  afterAll(() => lab.close());

  async function at<T>(region: string, use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(lab.node(region).url);
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  }

  test('it is refused while the other is no master: there would be none', async () => {
    await expect(cache.demote(EAST, WEST, signal)).rejects.toMatchObject({ code: 'redis-no-master', effect: 'none' });
    expect((await cache.observe(EAST, signal)).role).toBe('master');
  });

  test('of two masters the old one follows, its clients are ended and its own writes are gone', async () => {
    await lab.node(EAST).crash();
    await at(WEST, (client) => client.call('REPLICAOF', 'NO', 'ONE'));
    await at(WEST, (client) => client.set('id', 'of the new one'));
    await lab.node(EAST).start();
    expect((await cache.observe(EAST, signal)).role).toBe('master');
    const zombie = new Redis(lab.node(EAST).url, { retryStrategy: null });
    zombie.on('error', () => {});
    await zombie.set('only', 'there');
    const ended = new Promise((resolve) => zombie.once('end', resolve));
    const { endedClients } = await cache.demote(EAST, WEST, signal);
    expect(endedClients).toBeGreaterThanOrEqual(1);
    await ended;
    const { address } = await cache.observe(WEST, signal);
    const view = await eventually(
      () => cache.observe(EAST, signal),
      ({ linkUp }) => linkUp === true,
    );
    expect(view).toMatchObject({ role: 'replica', follows: address, linkUp: true });
    expect(await at(EAST, (client) => client.mget('id', 'only'))).toEqual(['of the new one', null]);
    await expect(at(EAST, (client) => client.set('id', 'again'))).rejects.toThrow('READONLY');
  });

  test('said again it changes nothing, and ends nobody', async () => {
    expect(await cache.demote(EAST, WEST, signal)).toEqual({ endedClients: 0 });
  });

  test('a node that is gone is an error without effect', async () => {
    await lab.node(EAST).crash();
    await expect(cache.demote(EAST, WEST, signal)).rejects.toMatchObject({ effect: 'none' });
  });
}
