/** A `once` step: it may be sent only where everybody agrees that nothing has happened yet. */
import { describe, expect, it } from 'vitest';
import type { CacheView } from '../../src/ports/cache.ts';
import { switchRedis } from '../../src/steps/switch-redis.ts';
import { stage, wordsOf } from './stage.ts';

type Role = CacheView['role'];
const EAST = 'east:6379';
const WEST = 'west:6379';

async function seen(source: Role, target: Role, named: string | null | 'none asked', more: Partial<CacheView> = {}) {
  const here = await stage();
  Object.assign(here.state.cache['east']!, {
    role: source,
    follows: source === 'replica' ? WEST : null,
    linkUp: source === 'replica' ? true : null,
  });
  Object.assign(here.state.cache['west']!, {
    role: target,
    follows: target === 'replica' ? EAST : null,
    linkUp: target === 'replica' ? true : null,
    ...more,
  });
  here.state.sentinels = named === 'none asked' ? null : { master: named, answered: 3, asked: 3, quorum: true };
  return await here.check(switchRedis);
}

describe('what the two nodes and the Sentinels say', () => {
  it.each([
    // source, target, Sentinels: who is master
    ['master', 'replica', EAST, 'notDone: master east:6379 → west:6379'],
    ['master', 'replica', 'none asked', 'notDone: master east:6379 → west:6379'],
    ['master', 'replica', WEST, 'unknown: east says master, west says replica, Sentinel names west:6379'],
    ['master', 'replica', null, 'unknown: east says master, west says replica, Sentinel names nobody'],
    ['replica', 'master', WEST, 'done: west is the one master, east follows it at offset 100'],
    ['replica', 'master', 'none asked', 'done: west is the one master, east follows it at offset 100'],
    ['replica', 'master', EAST, 'unknown: east says replica, west says master, Sentinel names east:6379'],
    ['replica', 'master', null, 'unknown: east says replica, west says master, Sentinel names nobody'],
    ['master', 'master', WEST, 'unknown: east says master, west says master, Sentinel names west:6379'],
    ['master', 'master', 'none asked', 'unknown: east says master, west says master, Sentinel names nobody'],
    ['replica', 'replica', EAST, 'unknown: east says replica, west says replica, Sentinel names east:6379'],
    ['replica', 'replica', 'none asked', 'unknown: east says replica, west says replica, Sentinel names nobody'],
  ] as const)('%s and %s, Sentinels %s', async (source, target, named, words) => {
    expect(wordsOf(await seen(source, target, named))).toBe(words);
  });

  it.each([
    ['master', WEST, 'notDone: east says it is a master too, and takes no write → open replica of west'],
    ['replica', WEST, 'notDone: east is still closed to writes → open replica of west'],
    ['master', EAST, 'unknown: east says master, west says master, Sentinel names east:6379'],
  ] as const)('a %s that a killed switch had closed is not left so, Sentinels %s', async (role, named, words) => {
    const here = await stage();
    Object.assign(here.state.cache['east']!, { role, follows: role === 'replica' ? WEST : null, closed: true });
    Object.assign(here.state.cache['west']!, { role: 'master', follows: null });
    here.state.sentinels = { master: named, answered: 3, asked: 3, quorum: true };
    expect(wordsOf(await here.check(switchRedis))).toBe(words);
  });

  it.each([false, null])('a replica without its link is not ready to be switched to (%s)', async (linkUp) => {
    expect(wordsOf(await seen('master', 'replica', EAST, { linkUp }))).toBe(
      'unknown: Redis in west has lost its link to east',
    );
  });

  it('a source that follows a third node is not switched', async () => {
    const here = await stage();
    Object.assign(here.state.cache['east']!, { role: 'replica', follows: 'north:6379' });
    Object.assign(here.state.cache['west']!, { role: 'master', follows: null });
    here.state.sentinels = { master: WEST, answered: 3, asked: 3, quorum: true };
    expect((await here.check(switchRedis)).is).toBe('unknown');
  });
});

it('keeps both sides, so that a person can judge', async () => {
  const { evidence } = await seen('master', 'master', WEST);
  expect(evidence).toEqual({
    sourceRole: 'master',
    targetRole: 'master',
    sourceFollows: null,
    targetAddress: WEST,
    targetOffset: 100,
    sentinelMaster: WEST,
  });
});

it('switches, and reports by whom and for how long writes waited', async () => {
  const here = await stage();
  expect((await here.does(switchRedis)).is).toBe('done');
  expect(here.left.evidence['switch-redis']).toMatchObject({
    by: 'sentinel',
    offset: 100,
    pausedMs: 40,
    endedClients: 2,
  });
  expect(here.state.calls).toEqual(['switchover east west']);
});

it('was ordered before by a Regent that was killed: the old master is demoted, nothing is ordered again', async () => {
  const here = await stage();
  Object.assign(here.state.cache['east']!, { closed: true });
  Object.assign(here.state.cache['west']!, { role: 'master', follows: null, linkUp: null });
  here.state.sentinels = { master: WEST, answered: 3, asked: 3, quorum: true };
  await here.run(switchRedis);
  expect(here.state.calls).toEqual(['demote east west']);
});

it('is sent once, cannot be undone, and is left out where there is no Redis', async () => {
  const { system } = await stage();
  expect(switchRedis.repeat).toBe('once');
  expect(switchRedis.undo).toHaveProperty('impossible');
  expect(switchRedis.when!(system)).toBe(true);
  expect(switchRedis.when!({ ...system, cache: null })).toBe(false);
});
