import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { askRedis, infoOf } from '../../../lab/redis/ask.ts';
import { redisAvailability } from '../../../lab/redis/availability.ts';
import { startRedis } from '../../../lab/redis/lab.ts';
import type { RedisLab, RedisLabOptions } from '../../../lab/redis/types.ts';

const found = redisAvailability();

describe('availability', () => {
  test('none leaves Redis out, with a sentence', () => {
    expect(redisAvailability({ LAB_REDIS_SERVER: 'none', PATH: process.env['PATH'] })).toEqual({
      why: 'LAB_REDIS_SERVER=none: this lab runs without Redis.',
    });
  });
  test('a program that is not there is named', () => {
    expect(redisAvailability({ LAB_REDIS_SERVER: '/no/such/redis' })).toMatchObject({
      why: expect.stringContaining('/no/such/redis'),
    });
  });
  test('an empty PATH says what to install', () => {
    expect(redisAvailability({ PATH: '' })).toMatchObject({ why: expect.stringContaining('Install') });
  });
  test('any program can be named', () => {
    expect(redisAvailability({ LAB_REDIS_SERVER: process.execPath })).toEqual({ path: process.execPath });
  });
});

if ('why' in found && process.env['CI'] === 'true')
  test('the lab of Redis needs a redis-server', () => expect.unreachable(found.why));

describe.skipIf('why' in found)(`with a redis-server${'why' in found ? `: ${found.why}` : ''}`, () => {
  let lab: RedisLab | null = null;
  afterEach(() => lab?.close());
  const start = async (more: Partial<RedisLabOptions> = {}) => {
    const dir = mkdtempSync(join(tmpdir(), 'lab-redis-'));
    const options = { dir, regions: ['a', 'b'] as [string, string], sentinels: 0, masterName: 'eden-master', ...more };
    const started = await startRedis(options);
    if (!started) throw new Error('redis-server was here a moment ago');
    lab = started;
    return { lab: started, dir };
  };

  test('what the master takes the replica has, and a password is asked for', async () => {
    const { lab } = await start({ password: 'p"w d' });
    const [master, replica] = [lab.node('a'), lab.node('b')];
    await askRedis(master.port, lab.password, 'SET', 'key', 'value');
    await expect.poll(() => askRedis(replica.port, lab.password, 'GET', 'key')).toBe('value');
    await expect(askRedis(replica.port, lab.password, 'SET', 'key', 'x')).rejects.toThrow('READONLY');
    await expect(askRedis(master.port, undefined, 'GET', 'key')).rejects.toThrow('NOAUTH');
  });

  test('Sentinels replace a master that dies, and make a replica of it when it is back', async () => {
    const { lab } = await start({ sentinels: 3, downAfterMs: 1_000, password: 'secret' });
    const { port, pid } = lab.node('a');
    await lab.node('a').stop();
    expect([lab.node('a').running(), lab.node('a').pid]).toEqual([false, null]);
    const role = async (region: string) => (await infoOf(lab.node(region).port, lab.password, 'replication'))['role'];
    await expect.poll(() => role('b'), { timeout: 20_000 }).toBe('master');
    // All of them are done with it: one that comes back in the middle is neither here nor there to them.
    const named = () =>
      Promise.all(
        lab.sentinels.map(async ({ port: at }) => {
          const where = await askRedis(at, undefined, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', lab.masterName);
          return Number((where as string[])[1]);
        }),
      );
    await expect.poll(named, { timeout: 30_000 }).toEqual(lab.sentinels.map(() => lab.node('b').port));
    await lab.node('a').start();
    expect([lab.node('a').port, lab.node('a').pid === pid]).toEqual([port, false]);
    // Sentinels look at who came back every ten seconds, and again when the first order did not take; one whose
    // clock was held up (a busy machine) only watches for half a minute.
    await expect.poll(() => role('a'), { timeout: 150_000 }).toBe('slave');
  }, 220_000);

  test('close leaves no process and no file, and may be called twice', async () => {
    const { lab, dir } = await start({ sentinels: 1 });
    const pids = [lab.node('a').pid, lab.node('b').pid, lab.sentinels[0]!.pid];
    await lab.close();
    await lab.close();
    for (const pid of pids) expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
    expect(existsSync(dir)).toBe(false);
  });
});
