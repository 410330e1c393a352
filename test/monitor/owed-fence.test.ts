/** A region that was left and comes back: fenced at the first answer, by whatever answers, and told once. */
import { describe, expect, it } from 'vitest';
import { initial } from '../../src/machine/replay.ts';
import type { Context, StepState } from '../../src/machine/types.ts';
import type { Zombie } from '../../src/messages/zombie.ts';
import type { Owed } from '../../src/monitor/owed.ts';
import { FenceKeeper, type FenceKeeperWorld } from '../../src/monitor/owed-fence.ts';
import type { FencePlan } from '../../src/steps/system.ts';
import { silence } from '../steps/securing-world.ts';
import { system as makeSystem } from '../steps/system.ts';
import { makeWorld } from '../steps/world.ts';
import { handClock, settled } from '../support/hand-clock.ts';
import { plan } from '../support/machine.ts';

const EVERY = 250;
const START = 1_000_000;

/** East was left and is silent, west is primary on timeline 2. */
function keeping({ fence, ...more }: Partial<FenceKeeperWorld> & { fence?: FencePlan } = {}) {
  const { state, ports } = makeWorld();
  const clock = handClock(START);
  const stop = new AbortController();
  Object.assign(state.servers['west']!, { role: 'primary', timeline: 2, lsn: '0/5000000', streamingFrom: null });
  state.cache['west'] = { ...state.cache['west']!, role: 'master', follows: null, linkUp: null };
  const made = plan([], 'emergency');
  made.values.stopWriters = ['task'];
  const context: Context = {
    ...initial().context,
    run: 'eden-1',
    mode: 'emergency',
    source: 'east',
    target: 'west',
    plan: made,
    steps: {
      'promote-postgres': { status: 'done' } as StepState,
      'fence-lost-source': { status: 'done', before: { leftAtLsn: '0/3000000' } } as unknown as StepState,
    },
  };
  const owed: { now: Owed | null } = { now: { run: 'eden-1', source: 'east', target: 'west', context } };
  const notes: { type: string; slot: string | null; zombie: Zombie }[] = [];
  /** Notes and orders in the order they were made. */
  const order: string[] = [];
  const calls = state.calls;
  Object.defineProperty(calls, 'push', {
    value: (...names: string[]) => {
      order.push(...names);
      return Array.prototype.push.apply(calls, names);
    },
  });
  const warned: string[] = [];
  const back = {
    database: silence(ports, 'database', 'east'),
    cluster: silence(ports, 'cluster', 'east'),
    cache: silence(ports, 'cache', 'east'),
  };
  const keeper = new FenceKeeper({
    ports,
    system: makeSystem(fence),
    owed: () => owed.now,
    note: async ({ type, data }, _delivery, announcements) => {
      order.push(type);
      notes.push({ type, slot: announcements[0]?.slot ?? null, zombie: data as unknown as Zombie });
    },
    clock,
    log: { warn: (fields) => warned.push((fields as { error: string }).error) },
    everyMs: EVERY,
    callMs: 2000,
    stop: stop.signal,
    ...more,
  });
  keeper.start();
  return {
    state,
    ports,
    clock,
    owed,
    notes,
    order,
    warned,
    back,
    last: () => notes.at(-1)!.zombie,
    async over() {
      stop.abort();
      await keeper.stopped();
      expect(clock.sleepers()).toBe(0);
    },
  };
}

describe('while the region stays away', () => {
  it('nothing is ordered or noted, and the log says it once', async () => {
    const here = keeping();
    await here.clock.advance(60_000);
    expect([here.notes, here.state.calls]).toEqual([[], []]);
    expect(here.warned.sort()).toEqual([
      'cache does not answer.',
      'cluster does not answer.',
      'database does not answer.',
    ]);
    await here.over();
  });

  it('nobody is asked when nothing is owed', async () => {
    const here = keeping();
    here.owed.now = null;
    for (const back of Object.values(here.back)) back();
    let asked = 0;
    const { observe } = here.ports.database;
    here.ports.database.observe = (...args) => {
      asked += 1;
      return observe(...args);
    };
    await here.clock.advance(10_000);
    expect([asked, here.notes]).toEqual([0, []]);
    await here.over();
  });
});

describe('its Postgres answers and takes writes', () => {
  it('is closed at the next look, after that was written down, and told on one card', async () => {
    const here = keeping();
    await here.clock.advance(10_000);
    here.back.database();
    here.state.servers['east']!.lsn = '0/3004000';
    here.state.open['east'] = { writing: 2, oldestSeconds: 1 };
    await here.clock.advance(EVERY);
    expect(here.order).toEqual(['ZOMBIE_SEEN', 'close east', 'FENCE_ASSERTED']);
    expect(new Set(here.notes.map(({ slot }) => slot)).size).toBe(1);
    const { seenAt, fencedAt, ...last } = here.last();
    expect(fencedAt! - seenAt).toBeLessThan(EVERY);
    expect(last).toEqual({
      run: 'eden-1',
      region: 'east',
      target: 'west',
      unseenMs: EVERY,
      postgres: { writable: true, timeline: 1, lsn: '0/3004000', atLsn: '0/3004000', writing: 2 },
      targetTimeline: 2,
      promoted: true,
      leftAtLsn: '0/3000000',
      walBytes: 0x4000,
      redis: false,
      how: ['its databases closed to connections'],
      trouble: [],
    });
    await here.clock.advance(60_000);
    expect(here.order).toHaveLength(3);
    await here.over();
  });

  it('is noticed while earlier questions hang for ever', async () => {
    const here = keeping();
    const { observe } = here.ports.database;
    here.back.database();
    const answering = here.ports.database.observe;
    here.ports.database.observe = (region, signal) =>
      region === 'east' ? new Promise(() => {}) : observe(region, signal);
    await here.clock.advance(1000);
    here.ports.database.observe = answering;
    await here.clock.advance(EVERY);
    expect(here.state.calls).toEqual(['close east']);
    await here.over();
  });

  it('nothing is ordered by whoever may not write the journal', async () => {
    const here = keeping({ note: async () => Promise.reject(new Error('another Regent leads now')) });
    here.back.database();
    await here.clock.advance(5000);
    expect(here.state.calls).toEqual([]);
    expect(here.warned).toContain('another Regent leads now');
    await here.over();
  });

  it('and goes on taking them: it is said, and not called fenced', async () => {
    const here = keeping();
    here.back.database();
    const { closeConnections } = here.ports.database;
    here.ports.database.closeConnections = async (region, signal) => {
      const ended = await closeConnections(region, signal);
      here.state.servers['east']!.attempt = { outcome: 'accepted', how: 'BEGIN READ WRITE' };
      return ended;
    };
    await here.clock.advance(EVERY);
    expect(here.notes.map(({ type }) => type)).toEqual(['ZOMBIE_SEEN', 'ZOMBIE_SEEN']);
    expect(here.last()).toMatchObject({ fencedAt: null, trouble: [expect.stringContaining('still gets through')] });
    await here.over();
  });

  it('an order that fails is given again, a second later each time, and told once', async () => {
    const here = keeping();
    here.back.database();
    let tries = 0;
    here.ports.database.closeConnections = async () => {
      tries += 1;
      throw new Error('connection reset');
    };
    await here.clock.advance(5000);
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(7);
    expect(here.notes).toHaveLength(tries);
    expect(here.notes.filter(({ slot }) => slot !== null)).toHaveLength(1);
    await here.over();
  });

  it('fenced, and back another time: another card', async () => {
    const here = keeping();
    here.back.database();
    await here.clock.advance(1000);
    Object.assign(here.state.servers['east']!, { closedDatabases: [], attempt: { outcome: 'accepted', how: 'x' } });
    await here.clock.advance(1000);
    expect(here.state.calls).toEqual(['close east', 'close east']);
    expect(new Set(here.notes.map(({ slot }) => slot)).size).toBe(2);
    await here.over();
  });

  it('runs the fence of the house too, and says when that failed', async () => {
    const here = keeping({ fence: { strategy: 'exec', stop: ['./power-off.sh', 'east'], start: null } });
    here.back.database();
    Object.assign(here.state.hook, { ok: false, status: 3, output: 'no route' });
    await here.clock.advance(EVERY);
    expect(here.state.calls).toEqual(['close east', 'hook ./power-off.sh east']);
    expect(here.last().trouble).toEqual(['The exec fence failed: no route']);
    await here.over();
  });
});

describe('its cluster answers', () => {
  it('and would start Postgres and its writers: both to 0 before they do', async () => {
    const here = keeping();
    here.back.cluster();
    await here.clock.advance(EVERY);
    expect(here.order).toEqual(['ZOMBIE_SEEN', 'scale east postgres 0', 'scale east task 0', 'FENCE_ASSERTED']);
    expect(here.last()).toMatchObject({
      postgres: null,
      fencedAt: expect.any(Number),
      how: ['StatefulSet postgres 1 → 0', 'task 2 → 0'],
    });
    await here.over();
  });

  it('after Postgres did: the same card says more', async () => {
    const here = keeping();
    here.back.database();
    await here.clock.advance(2000);
    here.back.cluster();
    await here.clock.advance(2000);
    expect(here.last().how).toEqual([
      'its databases closed to connections',
      'StatefulSet postgres 1 → 0',
      'task 2 → 0',
    ]);
    expect(new Set(here.notes.flatMap(({ slot }) => slot ?? [])).size).toBe(1);
    await here.over();
  });

  it('with nothing to stop: what else is owed there is done, and asked again until it is', async () => {
    let asked = 0;
    const here = keeping({
      secure: async () => {
        asked += 1;
        return asked < 3 ? null : ['2 nodes take no more pods'];
      },
    });
    for (const name of ['postgres', 'task'])
      Object.assign(here.state.workloads['east']![name]!, { wanted: 0, pods: 0 });
    here.back.cluster();
    await here.clock.advance(60_000);
    expect(asked).toBe(3);
    expect(here.last()).toMatchObject({ how: ['2 nodes take no more pods'], fencedAt: expect.any(Number) });
    expect(here.notes).toHaveLength(1);
    await here.over();
  });
});

describe('its Redis answers as a second master', () => {
  it('is made to follow the new one', async () => {
    const here = keeping();
    here.back.cache();
    await here.clock.advance(EVERY);
    expect(here.order).toEqual(['ZOMBIE_SEEN', 'demote east west', 'FENCE_ASSERTED']);
    expect(here.last()).toMatchObject({ redis: true, fencedAt: expect.any(Number) });
    await here.over();
  });

  it('but not before there is another master', async () => {
    const here = keeping();
    here.state.cache['west'] = { ...here.state.cache['west']!, role: 'replica' };
    here.back.cache();
    await here.clock.advance(5000);
    expect(here.order).toEqual([]);
    await here.over();
  });
});

describe('a standby of the new primary', () => {
  const rebuilt = (here: ReturnType<typeof keeping>) =>
    Object.assign(here.state.servers['east']!, { role: 'standby', timeline: 2, streamingFrom: 'west:5432' });

  it('is never touched, and from then on nothing is owed', async () => {
    const here = keeping();
    rebuilt(here);
    here.back.database();
    here.back.cluster();
    await here.clock.advance(EVERY);
    expect(here.state.calls).toEqual([]);
    expect(new Set(here.order)).toEqual(new Set(['FENCE_SETTLED']));
    await here.over();
  });

  it.each([
    { timeline: 1, streamingFrom: 'south:5432' },
    { timeline: 2, streamingFrom: null },
  ])('that does not follow it is not touched either, and the fence stays owed: %j', async (other) => {
    const here = keeping();
    Object.assign(rebuilt(here), other);
    here.back.database();
    here.back.cluster();
    await here.clock.advance(5000);
    expect(here.order).toEqual([]);
    await here.over();
  });
});

it('what was owed when it was asked is not ordered when it no longer is', async () => {
  const here = keeping();
  const { promise, resolve } = Promise.withResolvers<void>();
  here.back.database();
  const { observe } = here.ports.database;
  here.ports.database.observe = async (region, signal) => {
    const view = await observe(region, signal);
    await promise;
    return view;
  };
  await here.clock.advance(EVERY);
  // A failback has begun meanwhile.
  here.owed.now = null;
  resolve();
  await settled();
  await here.clock.advance(EVERY);
  expect(here.order).toEqual([]);
  await here.over();
});
