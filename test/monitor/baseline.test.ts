/** What is usual: measured while all is well, written down now and then, and never out of trouble. */
import { expect, it } from 'vitest';
import { BaselineKeeper, type BaselineWorld } from '../../src/monitor/baseline.ts';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { handClock } from '../support/hand-clock.ts';

const MINUTE = 60_000;
const well = { stage: 'quiet', since: null } as RegionHealth;

function keeping(more: Partial<BaselineWorld> = {}) {
  const clock = handClock(1_000_000);
  const state = {
    primary: 'east' as string | null,
    health: well as RegionHealth | null,
    running: false,
    isolated: false,
    perSecond: 30 as number | null,
  };
  const noted: [string, number][] = [];
  const warned: string[] = [];
  const stop = new AbortController();
  const keeper = new BaselineKeeper({
    metrics: { value: async () => state.perSecond },
    query: 'rate',
    watch: {
      get isolated() {
        return state.isolated;
      },
      primary: () => state.primary,
      health: () => state.health,
    },
    running: () => state.running,
    lastOf: async () => null,
    note: async (region, perSecond) => noted.push([region, perSecond]),
    clock,
    log: { warn: (fields) => warned.push((fields as { error: string }).error) },
    everyMs: MINUTE,
    keepEveryMs: 10 * MINUTE,
    callMs: 5000,
    stop: stop.signal,
    ...more,
  });
  /** A round of looks each minute. */
  const minutes = async (count: number, each = (_: number) => {}) => {
    for (let minute = 0; minute < count; minute += 1) {
      each(minute);
      await keeper.consider();
      await clock.advance(MINUTE);
    }
  };
  return { clock, state, noted, warned, keeper, minutes, stop };
}

it('writes the first one down at once, then the median of ten minutes', async () => {
  const here = keeping();
  await here.minutes(1);
  expect(here.noted).toEqual([['east', 30]]);
  await here.minutes(10, (minute) => {
    here.state.perSecond = minute === 4 ? 9000 : 31 + minute;
  });
  expect(here.noted).toEqual([
    ['east', 30],
    ['east', 36.5],
  ]);
});

it('is asked no more often than was configured, however often one looks', async () => {
  let asked = 0;
  const here = keeping({
    metrics: {
      value: async () => {
        asked += 1;
        return 30;
      },
    },
  });
  for (let look = 0; look < 12; look += 1) {
    await here.keeper.consider();
    await here.clock.advance(5000);
  }
  expect(asked).toBe(1);
});

it.each([
  ['while a run is under way', { running: true }],
  ['while the region is suspected', { health: { ...well, stage: 'suspected', since: 5 } as RegionHealth }],
  ['while trouble has just begun', { health: { ...well, since: 5 } as RegionHealth }],
  ['while nobody can say how it is', { health: null }],
  ['while nobody knows who serves', { primary: null }],
  ['while Regent is cut off itself', { isolated: true }],
  ['without data', { perSecond: null }],
  ['of a number that is no rate', { perSecond: -1 }],
])('nothing is taken %s', async (_, state) => {
  const here = keeping();
  Object.assign(here.state, state);
  await here.minutes(3);
  expect(here.noted).toEqual([]);
});

it('what began while it was asked makes the answer worthless', async () => {
  const here = keeping({
    metrics: {
      value: async () => {
        here.state.running = true;
        return 30;
      },
    },
  });
  await here.minutes(1);
  expect(here.noted).toEqual([]);
});

it('after a restart it goes on where it stood, and keeps what it takes until it is time', async () => {
  const here = keeping({ lastOf: async () => 1_000_000 - 5 * MINUTE });
  await here.minutes(5);
  expect(here.noted).toEqual([]);
  await here.minutes(1);
  expect(here.noted).toHaveLength(1);
});

it('starts afresh where another region serves', async () => {
  const here = keeping();
  await here.minutes(5);
  Object.assign(here.state, { primary: 'west', perSecond: 7 });
  await here.minutes(1);
  expect(here.noted.at(-1)).toEqual(['west', 7]);
});

it('metrics that do not answer are waited for a little, said once, and asked again', async () => {
  const here = keeping({ metrics: { value: () => new Promise(() => {}) } });
  for (let look = 0; look < 3; look += 1) {
    const asking = here.keeper.consider();
    await here.clock.advance(MINUTE);
    await asking;
  }
  expect(here.warned).toEqual(['no answer within 5 s']);
  here.stop.abort();
  await here.keeper.stopped();
  expect(here.clock.sleepers()).toBe(0);
});

it('a journal that cannot be written stops nothing', async () => {
  let tries = 0;
  const here = keeping({
    note: async () => {
      tries += 1;
      throw new Error('the disk is full');
    },
  });
  await here.minutes(2);
  expect([tries, here.warned]).toEqual([2, ['the disk is full']]);
});
