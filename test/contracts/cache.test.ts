import { mkdtempSync } from 'node:fs';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { askRedis, infoOf } from '../../lab/redis/ask.ts';
import { redisAvailability } from '../../lab/redis/availability.ts';
import { startRedis } from '../../lab/redis/lab.ts';
import type { RedisLab } from '../../lab/redis/types.ts';
import { redisCache } from '../../src/integrations/redis/cache.ts';
import type { Cache } from '../../src/ports/cache.ts';
import { cacheContract, type Writer, within } from './cache.suite.ts';

const EAST = 'us-east-1';
const WEST = 'us-west-2';
const REGIONS: [string, string] = [EAST, WEST];
const found = redisAvailability();
const why = 'why' in found ? found.why : '';

if (why !== '' && process.env['CI'] === 'true')
  test('the cache contract needs a redis-server', () => expect.unreachable(why));
else if (why !== '') test.skip(`the cache contract: ${why}`, () => {});
else run();

async function start(sentinels: number, password?: string): Promise<RedisLab> {
  const lab = await startRedis({
    dir: mkdtempSync(join(tmpdir(), 'regent-redis-')),
    regions: REGIONS,
    sentinels,
    masterName: 'eden-master',
    ...(password !== undefined && { password }),
  });
  if (lab === null) throw new Error('redis-server was here a moment ago');
  return lab;
}

function adapter(lab: RedisLab, more: { pauseMs?: number; timeoutMs?: number; settleMs?: number } = {}): Cache {
  return redisCache({
    nodes: Object.fromEntries(lab.regions.map((region) => [region, { url: lab.node(region).url }])),
    sentinels: lab.sentinels.map(({ host, port }) => ({ host, port })),
    masterName: lab.masterName,
    timeoutMs: 2_000,
    pauseMs: 10_000,
    pollMs: 25,
    ...more,
  });
}

/** Writes to one node until that refuses; an id counts as acknowledged only when its own SET was answered OK. */
async function writerOn(lab: RedisLab): Promise<Writer> {
  const acknowledged: number[] = [];
  let running = true;
  let id = 0;
  const work = (async () => {
    let at = 0;
    let client: Redis | null = null;
    while (running) {
      try {
        client ??= await connect(lab.node(REGIONS[at]!).url);
        id += 1;
        if ((await client.set(`w:${id}`, id)) === 'OK') acknowledged.push(id);
      } catch (error) {
        // Faithful to its node, as clients behind a name are: only a node that refuses writes is left.
        if (error instanceof Error && error.message.startsWith('READONLY')) at = 1 - at;
        client?.disconnect();
        client = null;
      }
    }
    client?.disconnect();
  })();
  return {
    acknowledges: async (more) => {
      const goal = acknowledged.length + more;
      await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(goal);
    },
    async stop(region) {
      running = false;
      await work;
      const client = await connect(lab.node(region).url);
      const values = await client.mget(acknowledged.map((one) => `w:${one}`));
      await client.flushall();
      client.disconnect();
      return { acknowledged: acknowledged.length, lost: values.filter((value) => value === null).length };
    },
  };
}

/** Sentinels learn of replicas from their master: of one they have not seen by the time it dies they never hear. */
async function replicaKnown(lab: RedisLab, master: string): Promise<void> {
  const replica = lab.regions.find((region) => region !== master)!;
  const known = async (port: number): Promise<string> => {
    const all = (await askRedis(port, undefined, 'SENTINEL', 'REPLICAS', lab.masterName)) as string[][];
    const told = all.map((flat) => (key: string) => flat[flat.indexOf(key) + 1]);
    const own = told.find((value) => value('port') === String(lab.node(replica).port));
    return `${own?.('flags')} ${own?.('master-link-status')}`;
  };
  await expect
    .poll(() => Promise.all(lab.sentinels.map(({ port }) => known(port))), { timeout: 40_000 })
    .toEqual(lab.sentinels.map(() => 'slave ok'));
}

async function connect(url: string): Promise<Redis> {
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 15_000,
    disconnectTimeout: 100,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

function run(): void {
  for (const { title, sentinels, password } of [
    { title: 'Redis pair with three Sentinels and a password', sentinels: 3, password: 'p"w d/1' },
    { title: 'Redis pair without Sentinels', sentinels: 0, password: undefined },
  ]) {
    cacheContract(title, async () => {
      const lab = await start(sentinels, password);
      return {
        cache: adapter(lab),
        regions: REGIONS,
        by: sentinels > 0 ? 'sentinel' : 'failover-to',
        writer: () => writerOn(lab),
        async crash(region) {
          await replicaKnown(lab, region);
          await lab.node(region).crash();
        },
        close: () => lab.close(),
      };
    });
  }

  describe('on real servers', () => {
    let lab: RedisLab;
    afterEach(() => lab?.close());

    test('the forced switch that this adapter does not make loses acknowledged writes', async () => {
      lab = await start(3);
      const writer = await writerOn(lab);
      await writer.acknowledges(100);
      await askRedis(lab.sentinels[0]!.port, undefined, 'SENTINEL', 'FAILOVER', lab.masterName);
      const role = async () => (await infoOf(lab.node(WEST).port, undefined, 'replication'))['role'];
      await expect.poll(role, { timeout: 15_000 }).toBe('master');
      await writer.acknowledges(100);
      // What only the old master has is thrown away when it is demoted, however late that is.
      await askRedis(lab.node(EAST).port, undefined, 'REPLICAOF', '127.0.0.1', String(lab.node(WEST).port));
      expect((await writer.stop(WEST)).lost).toBeGreaterThan(0);
    });

    test('without Sentinels the nodes write down what they are now: started again, they are that', async () => {
      lab = await start(0);
      const cache = adapter(lab);
      const online = async () => (await cache.observe(EAST, within())).replicas.map(({ state }) => state);
      await expect.poll(online, { timeout: 20_000 }).toEqual(['online']);
      await cache.switchover(EAST, WEST, within());
      await Promise.all(REGIONS.map((region) => lab.node(region).crash()));
      await Promise.all(REGIONS.map((region) => lab.node(region).start()));
      expect((await cache.observe(EAST, within())).role).toBe('replica');
      expect((await cache.observe(WEST, within())).role).toBe('master');
    });

    describe('a replica whose stream stands still', () => {
      let stall: Stall;
      afterEach(() => stall?.close());
      const standing = async () => {
        lab = await start(0);
        stall = await stallableTo(lab.node(EAST).port);
        await askRedis(lab.node(WEST).port, undefined, 'REPLICAOF', '127.0.0.1', String(stall.port));
        const link = async () => (await infoOf(lab.node(WEST).port, undefined, 'replication'))['master_link_status'];
        await expect.poll(link, { timeout: 10_000 }).toBe('up');
        stall.hold();
        await askRedis(lab.node(EAST).port, undefined, 'SET', 'not', 'there yet');
      };

      test('is not switched to, and the writers go on at once', async () => {
        await standing();
        const cache = adapter(lab, { pauseMs: 4_000 });
        await expect(cache.switchover(EAST, WEST, within())).rejects.toMatchObject({
          code: 'redis-too-slow',
          effect: 'none',
        });
        // Two of the four seconds of the pause are left, and this question is given two at most.
        expect(await askRedis(lab.node(EAST).port, undefined, 'SET', 'a', '1')).toBe('OK');
        expect((await cache.observe(EAST, within())).role).toBe('master');
      });

      test('is left alone when the switch is given up, and the pause ends by itself', async () => {
        await standing();
        const cache = adapter(lab, { pauseMs: 1_500 });
        const stopping = new AbortController();
        const call = cache.switchover(EAST, WEST, stopping.signal);
        void call.catch(() => {});
        const client = await connect(lab.node(EAST).url);
        const blocked = async () => /blocked_clients:1\b/.test(String(await client.info('clients')));
        const waiting = await connect(lab.node(EAST).url);
        // Writes are sent until one is held back: then the pause has begun.
        let written: Promise<string> | undefined;
        const heldBack = () => {
          written = waiting.set('a', 1);
          return blocked();
        };
        await expect.poll(heldBack, { interval: 20 }).toBe(true);
        stopping.abort();
        await expect(call).rejects.toMatchObject({ code: 'redis-aborted', effect: 'none' });
        expect(await written).toBe('OK');
        for (const one of [client, waiting]) one.disconnect();
        expect((await cache.observe(EAST, within())).role).toBe('master');
      });
    });

    test('a frozen target is not switched to', async () => {
      lab = await start(3);
      process.kill(lab.node(WEST).pid!, 'SIGSTOP');
      await expect(adapter(lab, { timeoutMs: 300 }).switchover(EAST, WEST, within())).rejects.toMatchObject({
        effect: 'none',
        code: 'redis-no-answer',
      });
      process.kill(lab.node(WEST).pid!, 'SIGCONT');
      expect(await askRedis(lab.node(EAST).port, undefined, 'SET', 'a', '1')).toBe('OK');
    });

    test('Sentinels that cannot authorize a failover are not asked for one', async () => {
      lab = await start(3);
      await lab.sentinels[1]!.stop();
      await lab.sentinels[2]!.stop();
      const cache = adapter(lab);
      await expect
        .poll(() => cache.sentinels(within()), { timeout: 10_000 })
        .toMatchObject({ answered: 1, asked: 3, quorum: false });
      await expect(cache.switchover(EAST, WEST, within())).rejects.toMatchObject({
        code: 'redis-no-quorum',
        effect: 'none',
      });
      expect((await cache.observe(EAST, within())).role).toBe('master');
    });

    test('a replica without a link is refused, a stopped one is said to be stopped', async () => {
      lab = await start(0);
      const cache = adapter(lab);
      await lab.node(EAST).stop();
      await expect(cache.observe(EAST, within())).rejects.toMatchObject({
        code: 'redis-connection-refused',
        effect: 'none',
      });
      await expect(cache.switchover(EAST, WEST, within())).rejects.toMatchObject({ effect: 'none' });
      await expect.poll(async () => (await cache.observe(WEST, within())).linkUp, { timeout: 10_000 }).toBe(false);
    });

    test('a wrong password is the configuration’s trouble, and is not repeated in the error', async () => {
      lab = await start(0, 'right');
      const cache = redisCache({
        nodes: { [EAST]: { url: `redis://:wr0ng@127.0.0.1:${lab.node(EAST).port}` } },
        timeoutMs: 1_000,
        pauseMs: 1_000,
        pollMs: 25,
      });
      await expect(cache.observe(EAST, within())).rejects.toMatchObject({ code: 'redis-not-permitted' });
      await expect(cache.observe(EAST, within())).rejects.toThrow(/^(?!.*wr0ng)/);
    });

    test('a node that never answers ends with the time limit or with the signal', async () => {
      lab = await start(0);
      process.kill(lab.node(EAST).pid!, 'SIGSTOP');
      await expect(adapter(lab, { timeoutMs: 200 }).observe(EAST, within())).rejects.toMatchObject({
        code: 'redis-no-answer',
      });
      const stopping = new AbortController();
      const call = adapter(lab, { timeoutMs: 60_000 }).observe(EAST, stopping.signal);
      stopping.abort();
      await expect(call).rejects.toMatchObject({ code: 'redis-aborted', effect: 'none' });
      process.kill(lab.node(EAST).pid!, 'SIGCONT');
    });
  });
}

type Stall = { port: number; hold(): void; close(): Promise<void> };

/** A way to a port that can be made to stand still without closing: a long line between two regions. */
async function stallableTo(port: number): Promise<Stall> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connectTo(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    hold: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
