/** What the regions score, and why one cannot take over: measured side by side, silence an answer like any other. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { type Choosing, measureCandidates } from '../../src/steps/candidates.ts';
import { type Stage, stage } from './stage.ts';
import { noAnswer } from './world.ts';

let here: Stage;
const seen = (region: string, more: Partial<RegionHealth> = {}): RegionHealth => ({
  region,
  stage: 'quiet',
  since: null,
  at: 0,
  score: 1,
  failure: null,
  vantages: { names: ['Regent'], agree: 0, needed: 1 },
  database: null,
  ...more,
});

beforeEach(async () => {
  here = await stage();
  const { state, system } = here;
  for (const region of ['north', 'west']) {
    system.regions[region] = system.regions['west']!;
    state.servers[region] = { ...state.servers['west']!, region };
    state.workloads[region] = state.workloads['west']!;
    state.watch[region] = seen(region);
  }
});

const measured = (more: Partial<Choosing> = {}) =>
  measureCandidates(
    { source: 'east', mode: 'planned', unattended: false, ...more },
    here.system,
    here.ports,
    new AbortController().signal,
  );
const reasons = async (more: Partial<Choosing> = {}) =>
  Object.fromEntries((await measured(more)).map(({ region, ineligible }) => [region, ineligible]));
const emergency = { mode: 'emergency' } as const;

describe('the factors', () => {
  it('are health as it was seen, room, how quickly Postgres answers and how fresh it is', async () => {
    here.state.watch['west'] = seen('west', { score: 0.953 });
    here.state.lag = { ...here.state.lag, seconds: 1.5 };
    here.system.scoring.freshnessLimitMs = 10_000;
    // Each answer takes 50 ms by the clock.
    const { observe } = here.ports.database;
    here.ports.database.observe = async (region, signal) => {
      if (region === 'west') here.state.now += 50;
      return await observe(region, signal);
    };
    const [west] = (await measured()).filter(({ region }) => region === 'west');
    expect(west).toEqual({
      region: 'west',
      factors: { health: 0.95, capacity: 1, latency: 0.9, freshness: 0.85 },
      ineligible: null,
    });
  });

  it('an age nobody knows costs an emergency the score, and not the choice', async () => {
    here.state.servers['east']!.down = true;
    for (const one of await measured(emergency))
      expect(one).toMatchObject({ factors: { freshness: 0 }, ineligible: null });
  });

  it('what is known of health is looked at again where it is too old', async () => {
    here.state.now = 100_000;
    let looks = 0;
    here.ports.watch.look = async () => {
      looks += 1;
      for (const region of ['north', 'west']) here.state.watch[region] = seen(region, { at: 100_000 });
      return null;
    };
    expect(await reasons()).toEqual({ north: null, west: null });
    expect(looks).toBe(1);
  });
});

describe('a region cannot take over', () => {
  const only = async (why: string, more: Partial<Choosing> = {}) =>
    expect(await reasons(more)).toEqual({ north: null, west: expect.stringContaining(why) });

  it('whose Postgres or cluster does not answer, however it refuses', async () => {
    here.state.servers['west']!.down = true;
    await only('its Postgres does not answer: Postgres in west does not answer');
    here.state.servers['west']!.down = false;
    const { capacity } = here.ports.cluster;
    here.ports.cluster.capacity = async (region, signal) => {
      if (region === 'west') throw noAnswer('Kubernetes in west');
      return await capacity(region, signal);
    };
    await only('its cluster does not answer: Kubernetes in west does not answer');
  });

  it('that is a primary, another database, or on an old timeline', async () => {
    Object.assign(here.state.servers['west']!, { role: 'primary' });
    await only('its Postgres is a primary, not a standby');
    Object.assign(here.state.servers['west']!, { role: 'standby', systemIdentifier: '42' });
    await only('another database, not a copy of that of east (system identifiers 42 and 7300000000000000001)');
    Object.assign(here.state.servers['west']!, { systemIdentifier: '7300000000000000001' });
    Object.assign(here.state.servers['north']!, { timeline: 2 });
    await only('its Postgres is on the old timeline 1, another on 2');
  });

  it('that nobody can tell from a foreign database, where the lost region was never seen', async () => {
    here.state.servers['east']!.down = true;
    here.state.servers['west']!.systemIdentifier = '42';
    expect(Object.values(await reasons(emergency))).toEqual(
      Array(2).fill('nobody can say whether its Postgres is a copy of that of east'),
    );
    here.state.watch['east'] = seen('east', {
      database: { at: 0, lsn: '0/1', bytesPerSecond: 0, systemIdentifier: '7300000000000000001' },
    });
    await only('another database', emergency);
  });

  it('that looks down, is not well, or was not looked at', async () => {
    here.state.watch['west'] = seen('west', { stage: 'suspected' });
    await only('it looks down too');
    here.state.watch['west'] = seen('west', { score: 0.5 });
    await only('its health is 0.50 of 1, more than 0.5 is needed');
    delete here.state.watch['west'];
    await only('nobody can say how it is');
  });

  it('that is behind the bound; nobody asked, the same goes for what would be lost', async () => {
    const { lag } = here.ports.database;
    here.ports.database.lag = async (from, to, ...rest) =>
      to === 'west' ? { ...here.state.lag, seconds: 9 } : await lag(from, to, ...rest);
    await only('its Postgres is 9.0 s behind, the bound is 5 s');
    here.ports.database.lag = async (from, to, ...rest) =>
      to === 'west' ? { ...here.state.lag, seconds: 3, caughtUp: false } : await lag(from, to, ...rest);
    await only('its Postgres is at least 3.0 s behind, the bound is 5 s, and it had not caught up');
    here.state.now = 30_000;
    for (const region of ['west', 'north']) here.state.watch[region] = seen(region, { at: 30_000 });
    here.state.watch['east'] = seen('east', { since: 30_000, at: 30_000, stage: 'failed' });
    here.state.beats = { west: { at: 20_000, lsn: '0/1' }, north: { at: 29_000, lsn: '0/1' } };
    await only('up to 10.0 s of writes would be lost there, the bound is 5 s', { ...emergency, unattended: true });
    // People may answer for it.
    expect(await reasons(emergency)).toEqual({ north: null, west: null });
  });

  it('in an emergency, that lacks what another holds: more score is not worth writes', async () => {
    here.state.servers['north']!.receivedLsn = '0/3000400';
    await only('it lacks 1.0 kB of the log that north has', emergency);
    expect(await reasons()).toEqual({ north: null, west: null });
    // Still written to, they are only asked a moment apart.
    here.state.watch['east'] = seen('east', { database: { at: 0, lsn: '0/1', bytesPerSecond: 0 } });
    expect(await reasons(emergency)).toEqual({ north: null, west: null });
    delete here.state.watch['east'];
    // Unless that other one cannot take over at all.
    here.state.watch['north'] = seen('north', { score: 0.1 });
    expect(await reasons(emergency)).toMatchObject({ west: null });
  });

  it('that has no room, where another has; and where none has, room only counts', async () => {
    const { capacity } = here.ports.cluster;
    const small = { ...here.state.capacity, free: [{ node: 'n1', cpu: 2, memoryBytes: 8e9, pods: 10 }] };
    here.ports.cluster.capacity = async (region, signal) =>
      region === 'west' ? small : await capacity(region, signal);
    await only('it has no room for 2 of task');
    here.state.capacity = { ...small, free: [{ node: 'n1', cpu: 1, memoryBytes: 8e9, pods: 10 }] };
    const both = await measured();
    expect(both.map(({ region, ineligible, factors }) => [region, ineligible, factors.capacity])).toEqual([
      ['west', null, 0.5],
      ['north', null, 0.25],
    ]);
  });
});
