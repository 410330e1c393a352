/**
 * Regent killed in the middle of a switch of Redis, between the pause and the demotion: the pause ends by itself, there
 * is one master in the end, and no writer has lost what it was told is stored.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Relay, startRelay } from '../../lab/lib/relay.ts';
import { askRedis } from '../../lab/redis/ask.ts';
import { redisAvailability } from '../../lab/redis/availability.ts';
import { startRedis } from '../../lab/redis/lab.ts';
import type { RedisLab } from '../../lab/redis/types.ts';
import { missingInRedis, oneMaster, redisNodes } from '../../lab/world/redis-witness.ts';
import { type RedisWriter, startRedisWriter } from '../../lab/writer/redis-writer.ts';
import { type RedisOptions, redisCache } from '../../src/integrations/redis/cache.ts';
import { within } from './cache.suite.ts';

const [EAST, WEST] = ['us-east-1', 'us-west-2'] as const;
const found = redisAvailability();
const PAUSE_MS = 3_000;
/** What a process does that is killed: its options and nothing else come from here. */
const CODE = `
const { redisCache } = await import(process.argv[1]);
await redisCache(JSON.parse(process.argv[2])).switchover('${EAST}', '${WEST}', AbortSignal.timeout(60_000));
`;

describe.skipIf('why' in found).each([
  { way: 'with Sentinels', sentinels: 3 },
  { way: 'without Sentinels', sentinels: 0 },
])('a switch $way whose Regent is killed', ({ sentinels }) => {
  let lab: RedisLab;
  let relays: Relay[] = [];
  let writer: RedisWriter;
  let regent: ChildProcess;
  afterEach(async () => {
    regent?.kill('SIGKILL');
    await writer?.stop();
    await Promise.all(relays.map((relay) => relay.close()));
    await lab?.close();
  });

  /** A writer at full speed, and a relay before everything Regent speaks to. */
  async function start(): Promise<{ options: RedisOptions; before: { source: Relay; orders: Relay } }> {
    const dir = mkdtempSync(join(tmpdir(), 'regent-redis-'));
    lab = (await startRedis({ dir, regions: [EAST, WEST], sentinels, masterName: 'eden-master' }))!;
    const online = async () =>
      ((await askRedis(lab.node(EAST).port, undefined, 'INFO', 'replication')) as string).includes('state=online');
    await expect.poll(online, { timeout: 20_000 }).toBe(true);
    relays = await Promise.all(
      [lab.node(EAST), lab.node(WEST), ...lab.sentinels].map(({ port }) =>
        startRelay(() => ({ host: '127.0.0.1', port })),
      ),
    );
    const [source, target, ...guards] = relays as [Relay, Relay, ...Relay[]];
    const nodes = Object.fromEntries(
      [source, target].map(({ port }, at) => [[EAST, WEST][at]!, { url: `redis://127.0.0.1:${port}` }]),
    );
    writer = startRedisWriter(lab);
    await expect.poll(() => writer.acknowledged, { timeout: 20_000 }).toBeGreaterThan(1000);
    return {
      options: {
        nodes,
        sentinels: guards.map(({ host, port }) => ({ host, port })),
        masterName: lab.masterName,
        timeoutMs: 2_000,
        pauseMs: PAUSE_MS,
        pollMs: 25,
      },
      before: { source, orders: guards[0] ?? source },
    };
  }

  async function killedAt(options: RedisOptions, relay: Relay, command: RegExp): Promise<void> {
    const { seen } = relay.holdAnswerTo(command);
    const cache = new URL('../../src/integrations/redis/cache.ts', import.meta.url).href;
    regent = spawn(process.execPath, ['--input-type=module', '-e', CODE, cache, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = new Promise((resolve) => regent.once('exit', (_, signal) => resolve(signal)));
    await Promise.race([seen, ended]);
    regent.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
  }

  const master = async () => oneMaster(await redisNodes({ redis: lab, regions: [EAST, WEST] }));
  async function lost(region: string): Promise<number> {
    const ids = await writer.stop();
    return missingInRedis({ redis: lab }, region, ids);
  }
  const goesOn = async () => {
    const { acknowledged } = writer;
    await expect.poll(() => writer.acknowledged, { timeout: 40_000 }).toBeGreaterThan(acknowledged + 1000);
  };

  test('after the pause has begun, then writes go on by themselves where they were, and it can be done again', async () => {
    const { options, before } = await start();
    await killedAt(options, before.source, /pause/i);
    await expect.poll(master, { timeout: 20_000 }).toBe(EAST);
    await goesOn();
    await redisCache(options).switchover(EAST, WEST, within());
    await goesOn();
    await expect.poll(master, { timeout: 20_000 }).toBe(WEST);
    expect(await lost(WEST)).toBe(0);
  }, 60_000);

  test('after it was ordered, then the old master takes no write that is lost, and there is one master', async () => {
    const { options, before } = await start();
    await killedAt(options, before.orders, /failover/i);
    await expect.poll(master, { timeout: 60_000, interval: 100 }).toBe(WEST);
    await goesOn();
    expect(await lost(WEST)).toBe(0);
  }, 120_000);

  if (sentinels > 0)
    test('after it was ordered, then the next one finds the old master closed, demotes it, and leaves it as it was configured', async () => {
      const { options, before } = await start();
      const configured = async () => {
        const all = [lab.node(EAST), lab.node(WEST)].map(({ port }) =>
          askRedis(port, undefined, 'CONFIG', 'GET', 'min-replicas-to-write'),
        );
        return (await Promise.all(all)).map((pair) => (pair as string[])[1]);
      };
      await killedAt(options, before.orders, /failover/i);
      const cache = redisCache(options);
      await expect
        .poll(async () => (await cache.observe(WEST, within())).role, { timeout: 20_000, interval: 20 })
        .toBe('master');
      expect(await cache.observe(EAST, within())).toMatchObject({ role: 'master', closed: true });
      expect(await configured()).toEqual(['1', '0']);
      await cache.demote(EAST, WEST, within());
      expect(await cache.observe(EAST, within())).toMatchObject({ role: 'replica', closed: false });
      expect(await configured()).toEqual(['0', '0']);
      await goesOn();
      await expect.poll(master, { timeout: 20_000 }).toBe(WEST);
      expect(await lost(WEST)).toBe(0);
    }, 60_000);
});
