/** A `once` step without its other side: sent only where everybody who answers agrees that nothing has happened yet. */
import { describe, expect, it } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import type { CacheView } from '../../src/ports/cache.ts';
import { promoteRedis } from '../../src/steps/promote-redis.ts';
import { stage, wordsOf } from './stage.ts';

const EAST = 'east:6379';
const WEST = 'west:6379';
type Role = CacheView['role'];

async function world(source: Role | 'silent', target: Role, named: string | null | 'none asked') {
  const here = await stage(undefined, named === 'none asked' ? { cache: { sentinels: false } } : {});
  if (source === 'silent') here.state.cacheDown = ['east'];
  else
    Object.assign(here.state.cache['east']!, {
      role: source,
      follows: source === 'replica' ? WEST : null,
    });
  Object.assign(here.state.cache['west']!, { role: target, follows: target === 'replica' ? EAST : null });
  here.state.sentinels = named === 'none asked' ? null : { master: named, answered: 2, asked: 3, quorum: true };
  return here;
}

describe('what answers, and what it comes to', () => {
  it.each([
    // source, target, Sentinels: who is master
    ['silent', 'master', WEST, 'done: west is the one master that answers, the Sentinels name it; no answer from east'],
    ['silent', 'master', 'none asked', 'done: west is the one master that answers; no answer from east'],
    ['replica', 'master', WEST, 'done: west is the one master that answers, the Sentinels name it; east is a replica'],
    ['silent', 'replica', EAST, 'notDone: master east:6379 → west:6379'],
    ['silent', 'replica', 'none asked', 'notDone: west: replica of east:6379 → master'],
    ['master', 'replica', EAST, 'notDone: master east:6379 → west:6379'],
    ['master', 'replica', 'none asked', 'notDone: west: replica of east:6379 → master'],
    ['master', 'master', WEST, 'notDone: east says it is a master too → replica of west'],
    ['master', 'master', 'none asked', 'notDone: east says it is a master too → replica of west'],
    ['master', 'master', EAST, 'unknown: west says it is a master, the Sentinels name east:6379'],
    ['silent', 'master', EAST, 'unknown: west says it is a master, the Sentinels name east:6379'],
    ['silent', 'master', null, 'unknown: west says it is a master, the Sentinels name nobody'],
    ['silent', 'replica', WEST, 'unknown: the Sentinels are making west the master'],
    ['silent', 'replica', null, 'unknown: the Sentinels name no common master, 2 of 3 answered'],
    [
      'silent',
      'replica',
      'north:6379',
      'unknown: west follows east:6379, east does not answer, the Sentinels name north:6379',
    ],
    ['replica', 'replica', EAST, 'unknown: west follows east:6379, east says replica, the Sentinels name east:6379'],
  ] as const)('%s and %s, Sentinels %s', async (source, target, named, words) => {
    expect(wordsOf(await (await world(source, target, named)).check(promoteRedis))).toBe(words);
  });

  it('a master that a killed switch had closed is opened', async () => {
    const here = await world('silent', 'master', WEST);
    Object.assign(here.state.cache['west']!, { closed: true });
    expect(wordsOf(await here.check(promoteRedis))).toBe(
      'notDone: west is still closed to writes by a switch that ended half-way → open',
    );
  });

  it('Sentinels without their quorum are not ordered', async () => {
    const here = await world('silent', 'replica', EAST);
    here.state.sentinels = { master: EAST, answered: 1, asked: 3, quorum: false };
    expect(wordsOf(await here.check(promoteRedis))).toBe(
      'unknown: the Sentinels cannot authorize a failover: 1 of 3 answered',
    );
  });

  it('a third region that is a master is nobody’s plan', async () => {
    const here = await world('silent', 'replica', EAST);
    here.system.regions['north'] = here.system.regions['west']!;
    here.state.cache['north'] = {
      ...here.state.cache['west']!,
      region: 'north',
      role: 'master',
      address: 'north:6379',
    };
    expect(wordsOf(await here.check(promoteRedis))).toBe('unknown: Redis in north says it is a master');
    here.state.cache['west']!.role = 'master';
    here.state.sentinels!.master = WEST;
    expect((await here.check(promoteRedis)).is).toBe('unknown');
  });

  it('a source that lets nobody in is there: it does not count as silent', async () => {
    const here = await world('silent', 'master', WEST);
    const { observe } = here.ports.cache;
    here.ports.cache.observe = (region, signal) =>
      region === 'east'
        ? Promise.reject(
            new IntegrationError('WRONGPASS', { code: 'redis-not-permitted', system: 'redis', operation: 'observe' }),
          )
        : observe(region, signal);
    await expect(here.check(promoteRedis)).rejects.toThrow('WRONGPASS');
  });

  it('a target that does not answer is no answer at all', async () => {
    const here = await world('silent', 'replica', EAST);
    here.state.cacheDown = ['west'];
    await expect(here.check(promoteRedis)).rejects.toThrow('Redis in west does not answer');
  });
});

describe('doing it', () => {
  it('orders one failover, and leaves a silent source alone', async () => {
    const here = await world('silent', 'replica', EAST);
    expect((await here.does(promoteRedis)).is).toBe('done');
    expect(here.state.calls).toEqual(['failover west']);
    expect(here.left.evidence['promote-redis']).toMatchObject({
      ordered: 'sentinel-failover',
      sourceDemoted: false,
      masters: ['west'],
    });
  });

  it('makes a source that still says master a replica, and ends its clients', async () => {
    const here = await world('master', 'replica', 'none asked');
    expect((await here.does(promoteRedis)).is).toBe('done');
    expect(here.state.calls).toEqual(['failover west', 'demote east west']);
    expect(here.left.evidence['promote-redis']).toMatchObject({
      ordered: 'replicaof-no-one',
      sourceDemoted: true,
      endedClients: 2,
    });
  });

  it('is found done where Sentinel has acted by itself', async () => {
    const here = await world('silent', 'master', WEST);
    expect((await here.check(promoteRedis)).is).toBe('done');
    expect(here.state.calls).toEqual([]);
  });
});

it('is sent once, cannot be undone, is left out without Redis, and says how it is done by hand', async () => {
  const { system, values } = await stage();
  expect(promoteRedis.repeat).toBe('once');
  expect(promoteRedis.undo).toHaveProperty('impossible');
  expect(promoteRedis.when!(system)).toBe(true);
  expect(promoteRedis.when!({ ...system, cache: null })).toBe(false);
  expect(promoteRedis.byHand!(values).join('\n')).toContain('SENTINEL FAILOVER');
  expect(promoteRedis.byHand!({ ...values, cache: { sentinels: false } })).toEqual([
    'redis-cli -h TARGET REPLICAOF NO ONE',
  ]);
});
