/** Watching regions by a hand clock: errors, other places, what is remembered of a database, a look on demand. */
import { describe, expect, it } from 'vitest';
import { OWN } from '../../src/monitor/watch.ts';
import { never, watching } from './watch.rig.ts';

describe('the error rate', () => {
  it('above its limit for its time is an outage, where metrics are configured; no answer is none', async () => {
    const { watch, clock, ports, stage } = watching({ errorRateQuery: 'errors' });
    ports.metrics.value = async (region) => (region === 'east' ? 0.7 : null);
    watch.start();
    await clock.advance(50_000);
    expect(stage('east')).toBe('quiet');
    expect(watch.health('east')!.failure).toEqual({ kind: 'service', seen: ['70 % of requests fail'] });
    await clock.until(() => stage('east') === 'failed', 30_000);
    expect(stage('west')).toBe('quiet');
  });
  it('a monitoring system that is down neither fails nor heals anybody', async () => {
    const { watch, clock, ports, stage } = watching({ errorRateQuery: 'errors' });
    ports.metrics.value = () => Promise.reject(new Error('down'));
    watch.start();
    await clock.advance(120_000);
    expect(stage('east')).toBe('quiet');
    expect(watch.health('east')!.score).toBe(1);
  });
});

describe('other places', () => {
  const remotes = ['a', 'b'].map((name) => ({ name, url: `https://${name}/see` }));
  const body = (at: number, seen: string) => JSON.stringify({ at, probes: [{ name: 'api', seen }] });

  it('are asked about each region, and most of those that can say must agree', async () => {
    const { watch, clock, ports, stage, gone } = watching({ remotes });
    const seen: Record<string, string> = { a: 'good', b: 'good' };
    ports.probe.send = async ({ url }) => {
      const { host, searchParams } = new URL(url);
      const here = searchParams.get('region') === 'east' ? seen[host]! : 'good';
      return { url, status: 200, ms: 1, address: null, error: null, body: body(clock.now(), here) };
    };
    gone.add('east');
    ports.database.observe = never;
    watch.start();
    await clock.advance(100_000);
    expect(stage('east')).toBe('quiet');
    expect(watch.health('east')!.vantages).toEqual({ names: [OWN, 'a', 'b'], agree: 1, needed: 2 });
    seen['a'] = 'silent';
    await clock.until(() => stage('east') === 'failed', 100_000);
    expect(watch.health('east')!.vantages.agree).toBe(2);
  });

  it.each([
    ['no JSON', 'oops'],
    ['no time', '{"probes":[]}'],
    ['a stale look', (now: number) => body(now - 60_000, 'silent')],
    ['a look from the future', (now: number) => body(now + 60_000, 'silent')],
    ['a probe that is none', (now: number) => JSON.stringify({ at: now, probes: [{ name: 'x', seen: 'maybe' }] })],
    [
      'a weight below nothing',
      (now: number) => JSON.stringify({ at: now, probes: [{ name: 'x', seen: 'bad', weight: -1 }] }),
    ],
    ['another region', (now: number) => JSON.stringify({ region: 'mars', at: now, probes: [] })],
  ])('%s is no look, and said once', async (_, answer) => {
    const { watch, clock, ports, logged } = watching({ remotes: [remotes[0]!] });
    ports.probe.send = async ({ url }) => ({
      url,
      status: 200,
      ms: 1,
      address: null,
      error: null,
      body: typeof answer === 'string' ? answer : answer(clock.now()),
    });
    watch.start();
    await clock.advance(30_000);
    expect(watch.health('east')!.vantages.names).not.toContain('a');
    expect(watch.health('east')!.score).toBe(1);
    expect(logged.filter((line) => line.includes('"east"'))).toHaveLength(1);
  });
});

describe('what is remembered of a database', () => {
  it('is its last answer, its log, and the highest rate of the last minute before it', async () => {
    const { watch, clock, state, gone, streams } = watching();
    const east = state.servers['east']!;
    watch.start();
    await clock.advance(0);
    const lsns = ['0/3000000', '0/3010000', '0/3010400', '0/3010800'];
    for (const lsn of lsns) {
      east.lsn = lsn;
      await clock.advance(5000);
    }
    expect(watch.health('east')!.database).toEqual({
      at: clock.now(),
      askedAt: clock.now(),
      lsn: '0/3010800',
      bytesPerSecond: 65_536 / 5,
      rateSeen: true,
      role: 'primary',
      systemIdentifier: '7300000000000000001',
    });
    const at = clock.now();
    gone.add('east');
    streams(false);
    await clock.advance(600_000);
    expect(watch.health('east')!.database).toEqual({
      at,
      askedAt: at,
      lsn: '0/3010800',
      bytesPerSecond: 65_536 / 5,
      rateSeen: true,
      role: 'primary',
      systemIdentifier: '7300000000000000001',
    });
  });
  it('a peak of more than a minute ago is forgotten, a log that went back is no growth', async () => {
    const { watch, clock, state } = watching();
    const east = state.servers['east']!;
    watch.start();
    await clock.advance(0);
    east.lsn = '0/4000000';
    await clock.advance(5000);
    east.lsn = '0/3000000';
    await clock.advance(120_000);
    expect(watch.health('east')!.database!.bytesPerSecond).toBe(0);
  });
});

describe('a look on demand', () => {
  it('looks past the rhythm; several at once are one round', async () => {
    const { watch, ports, clock } = watching();
    let asked = 0;
    const { capacity } = ports.cluster;
    ports.cluster.capacity = (region, signal) => {
      asked += 1;
      return capacity(region, signal);
    };
    const signal = new AbortController().signal;
    const [one, two] = await Promise.all([watch.look('east', signal), watch.look('west', signal)]);
    expect([one?.score, two?.score]).toEqual([1, 1]);
    expect(asked).toBe(2);
    expect(await watch.look('mars', signal)).toBeNull();
    expect(clock.sleepers()).toBe(0);
  });
  it('does not wait past its signal', async () => {
    const { watch, gone } = watching();
    gone.add('east');
    await expect(watch.look('east', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });
});

it('stops when it is told to, and leaves no timer', async () => {
  const { watch, clock, stop } = watching();
  watch.start();
  await clock.advance(7000);
  stop.abort();
  await watch.stopped();
  expect(clock.sleepers()).toBe(0);
});
