/** A watch over three regions by a hand clock, and what can be done to them. */
import { afterEach } from 'vitest';
import { RegionWatch, type WatchWorld } from '../../src/monitor/watch.ts';
import { makeWorld } from '../steps/world.ts';
import { handClock } from '../support/hand-clock.ts';

export const never = <T>(): Promise<T> => new Promise(() => {});
export const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
export const URLS = { east: 'https://api.east/health', west: 'https://api.west/health', eu: 'https://eu/health' };

export const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

export function watching(more: Partial<WatchWorld> = {}) {
  const { state, ports } = makeWorld();
  const clock = handClock();
  const stop = new AbortController();
  stops.push(stop);
  const logged: string[] = [];
  const log = {
    info: (_: object, message: string) => logged.push(message),
    warn: (fields: object, message: string) => logged.push(`${message} ${JSON.stringify(fields)}`),
  };
  const endpoint = (name: string, url: string) => ({ name, url, weight: 1, critical: false });
  const gone = new Set<string>();
  /** While somebody writes in east, what west receives grows. */
  const writes = { on: true };
  const regionOf = (url: string) => Object.keys(URLS).find((name) => url === URLS[name as keyof typeof URLS])!;
  const { observe } = ports.database;
  const { capacity } = ports.cluster;
  const { get } = ports.probe;
  // A region that is gone answers nothing at all, to nobody, ever.
  let wal = 0x3000000;
  ports.database.observe = (region, signal) => {
    const west = state.servers['west']!;
    if (west.streamingFrom !== null && writes.on) {
      wal += 1;
      west.receivedLsn = `0/${wal.toString(16)}`;
    }
    return gone.has(region) ? never() : observe(region, signal);
  };
  ports.cluster.capacity = (region, signal) => (gone.has(region) ? never() : capacity(region, signal));
  ports.probe.get = (url, signal) => (gone.has(regionOf(url)) ? never() : get(url, signal));
  const cacheObserve = ports.cache.observe;
  ports.cache.observe = (region, signal) => (gone.has(region) ? never() : cacheObserve(region, signal));
  const watch = new RegionWatch({
    regions: [
      { name: 'east', role: 'data', endpoints: [endpoint('api', URLS.east)] },
      { name: 'west', role: 'data', endpoints: [endpoint('api', URLS.west)] },
      { name: 'eu', role: 'witness', endpoints: [endpoint('hello', URLS.eu)] },
    ],
    remotes: [],
    ports,
    hasCache: true,
    errorRateQuery: null,
    limits: { healthBelow: 0.3, healthyAbove: 0.5, errorRateAbove: 0.5 },
    policy: {
      forMs: { scoreLow: 120_000, errorsHigh: 60_000, cut: 60_000, critical: 30_000 },
      confirmCutMs: 30_000,
      recoverForMs: 30_000,
    },
    agree: 1,
    everyMs: 5000,
    callMs: 5000,
    clock,
    log,
    stop: stop.signal,
    ...more,
  });
  const stage = (region: string) => watch.health(region)!.stage;
  /** The standby's WAL receiver notices, or streams again. */
  const streams = (yes: boolean) => {
    state.servers['west']!.streamingFrom = yes ? 'east:5432' : null;
  };
  return { state, ports, clock, stop, logged, gone, writes, watch, stage, streams };
}
