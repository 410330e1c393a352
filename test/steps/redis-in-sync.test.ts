/** What `switch-redis` will rest on, asked while nothing has been stopped yet. */
import { describe, expect, it } from 'vitest';
import type { CacheView, SentinelView } from '../../src/ports/cache.ts';
import { redisInSync } from '../../src/steps/redis-in-sync.ts';
import { stage, wordsOf } from './stage.ts';

type Change = { east?: Partial<CacheView>; west?: Partial<CacheView>; sentinels?: Partial<SentinelView> | null };

async function seen({ east = {}, west = {}, sentinels = {} }: Change = {}) {
  const here = await stage();
  Object.assign(here.state.cache['east']!, east);
  Object.assign(here.state.cache['west']!, west);
  here.state.sentinels = sentinels === null ? null : { ...here.state.sentinels!, ...sentinels };
  return await here.check(redisInSync);
}
const words = async (change?: Change) => wordsOf(await seen(change));

describe('in sync', () => {
  it('says how far behind, and who was asked', async () => {
    const answer = await seen({ east: { offset: 1500 } });
    expect(wordsOf(answer)).toBe('done: west follows east, 1.4 kB behind, 3 of 3 Sentinels answered');
    expect(answer.evidence).toEqual({
      sourceRole: 'master',
      targetRole: 'replica',
      linkUp: true,
      bytesBehind: 1400,
      sentinelMaster: 'east:6379',
      sentinelQuorum: true,
      trouble: [],
    });
  });
  it('a replica read after its master is not ahead of it', async () => {
    expect(await words({ west: { offset: 130 } })).toContain('west follows east, 0 B behind');
  });
  it('without Sentinels the two servers are enough', async () => {
    expect(await words({ sentinels: null })).toBe('done: west follows east, 0 B behind');
  });
  it('a source known by two names is known by either', async () => {
    const listed = [{ address: 'west:6379', state: 'online', offset: 100 }];
    expect(await words({ east: { replicas: listed }, west: { follows: '10.0.0.1:6379' } })).toContain('done');
  });
});

describe('not in sync', () => {
  it.each<[string, Change, string]>([
    ['the link is down', { west: { linkUp: false } }, 'Redis in west has lost its link to east'],
    ['the link is not spoken of', { west: { linkUp: null } }, 'Redis in west has lost its link to east'],
    [
      'both are masters',
      { west: { role: 'master', follows: null, linkUp: null } },
      'east says master, west says master',
    ],
    [
      'it is switched already',
      { east: { role: 'replica' }, west: { role: 'master' } },
      'east says replica, west says master',
    ],
    ['it follows another', { west: { follows: 'north:6379' } }, 'Redis in west does not follow east but north:6379'],
    [
      'the Sentinels name another',
      { sentinels: { master: 'west:6379' } },
      'the Sentinels name west:6379, not east:6379',
    ],
    [
      'the Sentinels differ',
      { sentinels: { master: null, quorum: false } },
      'the Sentinels name no one master, not east:6379',
    ],
    [
      'the Sentinels are too few',
      { sentinels: { quorum: false, answered: 1 } },
      'the Sentinels have no quorum, 1 of 3 answered',
    ],
  ])('when %s', async (_, change, why) => {
    const answer = await seen(change);
    expect(wordsOf(answer)).toBe(`notDone: ${why}`);
    expect(answer.evidence['trouble']).toEqual([why]);
  });

  it('says everything that is wrong at once', async () => {
    expect(await words({ west: { linkUp: false }, sentinels: { quorum: false } })).toBe(
      'notDone: Redis in west has lost its link to east; the Sentinels have no quorum, 3 of 3 answered',
    );
  });
});

it('silent Sentinels are unknown; a link that is down is the surer word', async () => {
  const silent = { master: null, answered: 0, quorum: false };
  const answer = await seen({ sentinels: silent });
  expect(wordsOf(answer)).toBe('unknown: none of 3 Sentinels answered');
  expect(answer.evidence['trouble']).toEqual(['no Sentinel answered']);
  expect((await seen({ west: { linkUp: false }, sentinels: silent })).is).toBe('notDone');
});

it('is left out where there is no Redis', async () => {
  const { system } = await stage();
  expect([redisInSync.when!(system), redisInSync.when!({ ...system, cache: null })]).toEqual([true, false]);
});
