/** Watching regions by a hand clock: what each place sees, what they agree upon, what kind of failure it is. */
import { describe, expect, it } from 'vitest';
import { OWN } from '../../src/monitor/watch.ts';
import { never, refused, URLS, watching } from './watch.rig.ts';

describe('a region that is well', () => {
  it('is seen from Regent and from the standby that streams from it', async () => {
    const { watch, clock } = watching();
    watch.start();
    await clock.advance(5000);
    expect(watch.health('east')).toMatchObject({
      stage: 'quiet',
      since: null,
      at: clock.now(),
      score: 1,
      failure: null,
      vantages: { names: [OWN, 'standby west'], agree: 0, needed: 2 },
      answering: ['api', 'Postgres', 'Kubernetes', 'Redis', 'WAL stream'],
    });
    expect(watch.health('eu')).toMatchObject({ score: 1, database: null, answering: ['hello'] });
    expect(watch.health('nowhere')).toBeNull();
    expect(watch.primary()).toBe('east');
  });
});

it('what stands by is not asked for services it need not run; what takes over is', async () => {
  const endpoint = (url: string) => ({ name: 'api', url, weight: 9, critical: false, onlyServing: true });
  const { watch, clock, state, stage } = watching({
    regions: [
      { name: 'east', role: 'data', endpoints: [endpoint(URLS.east)] },
      { name: 'west', role: 'data', endpoints: [endpoint(URLS.west)] },
    ],
  });
  state.health[URLS.west] = { status: 503 };
  watch.start();
  await clock.advance(300_000);
  expect(watch.health('west')).toMatchObject({ stage: 'quiet', score: 1, since: null });
  expect(watch.health('east')!.answering).toContain('api');
  Object.assign(state.servers['west']!, { role: 'primary', timeline: 2, streamingFrom: null });
  await clock.advance(10_000);
  expect(watch.primary()).toBe('west');
  expect(stage('west')).toBe('quiet');
  expect(watch.health('west')!.score).toBe(6 / 15);
});

describe('a region that is gone', () => {
  it('is suspected, confirmed, failed by its times; network, since its first silence; never the others', async () => {
    const { watch, clock, gone, streams, stage } = watching();
    watch.start();
    await clock.advance(12_000);
    gone.add('east');
    streams(false);
    const from = clock.now();
    await clock.until(() => stage('east') === 'suspected');
    const { since } = watch.health('east')!;
    expect(since! - from).toBeLessThanOrEqual(10_000);
    await clock.until(() => stage('east') === 'confirmed');
    expect(clock.now() - since!).toBeGreaterThanOrEqual(30_000);
    expect(clock.now() - since!).toBeLessThanOrEqual(40_000);
    await clock.until(() => stage('east') === 'failed');
    expect(clock.now() - since!).toBeGreaterThanOrEqual(60_000);
    expect(watch.health('east')).toMatchObject({
      score: 0,
      failure: { kind: 'network' },
      vantages: { names: [OWN, 'standby west'], agree: 2, needed: 2 },
      answering: [],
    });
    expect(stage('west')).toBe('quiet');
    expect(watch.health('west')!.score).toBe(1);
    expect(watch.primary()).toBe('east');
  });

  it('for 43 s is a blip: confirmed, withdrawn once it has been well for a while, never failed', async () => {
    const { watch, clock, gone, streams, stage } = watching();
    const stages: string[] = [];
    watch.onRound(() => stages.push(stage('east')));
    watch.start();
    await clock.advance(10_000);
    gone.add('east');
    streams(false);
    await clock.advance(43_000);
    gone.delete('east');
    streams(true);
    await clock.until(() => stage('east') === 'quiet');
    expect(new Set(stages)).toEqual(new Set(['quiet', 'suspected', 'confirmed']));
    expect(watch.health('east')).toMatchObject({ since: null, failure: null });
  });

  it('its suspicion outlives a restart, and is withdrawn only by what is seen', async () => {
    const { watch, clock, stage } = watching();
    watch.restore('east', 'confirmed', 500_000);
    watch.start();
    await clock.advance(10_000);
    expect(watch.health('east')).toMatchObject({ stage: 'confirmed', since: 500_000 });
    await clock.until(() => stage('east') === 'quiet', 60_000);
  });
});

describe('who sees what', () => {
  it('a line cut between Regent and the region only: the standby streams on, so nobody agrees', async () => {
    const { watch, clock, gone, stage } = watching();
    watch.start();
    gone.add('east');
    await clock.advance(300_000);
    expect(watch.health('east')).toMatchObject({ vantages: { agree: 1, needed: 2 } });
    expect(stage('east')).toBe('quiet');
    expect(stage('west')).toBe('quiet');
  });

  it('a stream that stands still is no sign of life: the standby has only not noticed yet', async () => {
    const { watch, clock, gone, writes, stage } = watching();
    watch.start();
    await clock.advance(12_000);
    gone.add('east');
    writes.on = false;
    await clock.until(() => stage('east') === 'suspected', 20_000);
    expect(watch.health('east')!.vantages).toEqual({ names: [OWN], agree: 1, needed: 1 });
    await clock.until(() => stage('east') === 'failed', 80_000);
  });

  it('a standby that lost its source says nothing against somebody who sees that answer', async () => {
    const { watch, clock, streams, stage } = watching();
    streams(false);
    watch.start();
    await clock.advance(300_000);
    expect(stage('east')).toBe('quiet');
    expect(watch.health('east')!.vantages.names).toEqual([OWN]);
  });

  it('nothing answers anywhere: Regent is cut off itself, says so once, and suspects nobody', async () => {
    const { watch, clock, gone, logged, stage, streams } = watching();
    watch.start();
    await clock.advance(6000);
    streams(false);
    for (const region of ['east', 'west', 'eu']) gone.add(region);
    await clock.advance(300_000);
    expect(watch.isolated).toBe(true);
    expect(['east', 'west', 'eu'].map(stage)).toEqual(['quiet', 'quiet', 'quiet']);
    expect(watch.health('east')).toMatchObject({ score: null, vantages: { names: [] } });
    expect(clock.now() - watch.health('east')!.at!).toBeGreaterThan(280_000);
    expect(logged.filter((line) => line.includes('cut off itself'))).toHaveLength(1);
    gone.delete('west');
    gone.delete('eu');
    await clock.until(() => stage('east') === 'suspected');
    expect(watch.isolated).toBe(false);
  });

  it('one silent system delays no other: what answers is counted though Postgres hangs', async () => {
    const { watch, clock, ports } = watching();
    const { observe } = ports.database;
    ports.database.observe = (region, signal) => (region === 'east' ? never() : observe(region, signal));
    watch.start();
    await clock.advance(5000);
    expect(watch.health('east')).toMatchObject({
      score: 4 / 7,
      answering: ['api', 'Kubernetes', 'Redis'],
    });
    expect(watch.sights('east')[0]).toMatchObject({
      vantage: OWN,
      bad: [{ name: 'Postgres', seen: 'silent', why: 'no answer within 5 s' }],
    });
  });
});

describe('what kind of failure it is', () => {
  it('database: Postgres refuses while the rest answers, which counts as critical and is confirmed by its time', async () => {
    const { watch, clock, ports, stage } = watching();
    const { observe } = ports.database;
    ports.database.observe = (region, signal) =>
      region === 'east' ? Promise.reject(new Error('Postgres is away', { cause: refused() })) : observe(region, signal);
    watch.start();
    await clock.until(() => stage('east') === 'failed', 60_000);
    expect(watch.health('east')!.failure).toEqual({
      kind: 'database',
      seen: ['Postgres: Postgres is away (ECONNREFUSED)'],
    });
  });
  it('everything refuses: that is a region gone, not a broken database', async () => {
    const { watch, clock, ports, stage } = watching();
    const no = (region: string) => region === 'east';
    const { observe } = ports.database;
    const { capacity } = ports.cluster;
    const cache = ports.cache.observe;
    const { get } = ports.probe;
    ports.database.observe = (r, s) => (no(r) ? Promise.reject(refused()) : observe(r, s));
    ports.cluster.capacity = (r, s) => (no(r) ? Promise.reject(refused()) : capacity(r, s));
    ports.cache.observe = (r, s) => (no(r) ? Promise.reject(refused()) : cache(r, s));
    ports.probe.get = async (url, s) => ({
      ...(await get(url, s)),
      ...(url === URLS.east ? { status: null, error: 'connect ECONNREFUSED 192.0.2.1:443' } : {}),
    });
    const west = await observe('west', new AbortController().signal);
    ports.database.observe = (r) =>
      no(r) ? Promise.reject(refused()) : Promise.resolve({ ...west, streamingFrom: null });
    watch.start();
    await clock.advance(0);
    expect(stage('east')).toBe('suspected');
    expect(watch.health('east')!.failure!.kind).toBe('network');
  });
  it('infrastructure: most nodes are not ready, and endpoints go with them', async () => {
    const { watch, clock, state, ports, stage } = watching();
    const { capacity } = ports.cluster;
    ports.cluster.capacity = async (region, signal) => ({
      ...(await capacity(region, signal)),
      ...(region === 'east' ? { readyNodes: 1, nodes: 5 } : {}),
    });
    state.health[URLS.east] = { status: 503 };
    delete state.cache['east'];
    ports.cache.observe = () => Promise.reject(new Error('no answer'));
    ports.database.observe = never;
    watch.start();
    await clock.until(() => stage('east') === 'failed', 200_000);
    expect(watch.health('east')).toMatchObject({ score: 0, failure: { kind: 'infrastructure' } });
    expect(watch.health('east')!.failure!.seen).toContain('Kubernetes: 1 of 5 nodes are ready');
  });
  it('service: endpoints answer badly while what they run on is well; a critical one fails the region', async () => {
    const endpoint = { name: 'checkout', url: URLS.east, weight: 1, critical: true };
    const { watch, clock, state, stage } = watching({
      regions: [
        { name: 'east', role: 'data', endpoints: [endpoint] },
        { name: 'west', role: 'data', endpoints: [] },
      ],
    });
    state.health[URLS.east] = { status: 503 };
    watch.start();
    await clock.advance(20_000);
    expect(stage('east')).toBe('quiet');
    await clock.until(() => stage('east') === 'failed', 20_000);
    expect(watch.health('east')!.failure).toEqual({ kind: 'service', seen: ['checkout: answered 503'] });
  });
  it('one that is not critical only lowers the health', async () => {
    const { watch, clock, state, stage } = watching();
    state.health[URLS.east] = { status: 503 };
    watch.start();
    await clock.advance(300_000);
    expect(stage('east')).toBe('quiet');
    expect(watch.health('east')).toMatchObject({ score: 6 / 7, since: null, failure: null });
  });
});
