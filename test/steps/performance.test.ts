/** Whether clients are served as well as before, by the metrics or by asking, against what was usual. */
import { describe, expect, it } from 'vitest';
import { baselineMeasured } from '../../src/steps/baseline-measured.ts';
import { performance } from '../../src/steps/performance.ts';
import type { System } from '../../src/steps/system.ts';
import { stage, wordsOf } from './stage.ts';

const P95 = 'histogram_quantile(0.95, sum by (le) (rate(seconds_bucket[1m])))';
const RATE = 'sum(rate(requests[1m]))';
type Wanted = NonNullable<System['performance']>;

/** `metrics`: by region and query; what is not named has no data. */
async function served(metrics: Record<string, number | Error>, more: Partial<Wanted> = {}) {
  const here = await stage(undefined, {
    performance: {
      p95: { query: P95, atMostMs: 200 },
      throughput: { query: RATE, atLeast: 0.9 },
      baseline: { everyMs: 60_000, overMs: 3_600_000 },
      ...more,
    },
  });
  here.ports.metrics.value = async (region, query) => {
    const found = metrics[`${region} ${query}`] ?? null;
    if (found instanceof Error) throw found;
    return found;
  };
  return here;
}
const measured = (perSecond: number) => [{ at: 1000, region: 'east', perSecond }];

describe('with queries', () => {
  it.each([
    [
      0.041,
      31,
      'done: 95 % of requests within 41 ms (at most 200 ms); 31 requests/s, 93.9 % of the usual 33 (at least 90 %)',
    ],
    [
      0.2,
      29.7,
      'done: 95 % of requests within 200 ms (at most 200 ms); 30 requests/s, 90 % of the usual 33 (at least 90 %)',
    ],
    [
      0.2001,
      33,
      'notDone: 95 % of requests within 200.1 ms (at most 200 ms); 33 requests/s, 100 % of the usual 33 (at least 90 %)',
    ],
    [
      0.041,
      29.69,
      'notDone: 95 % of requests within 41 ms (at most 200 ms); 30 requests/s, 89.9 % of the usual 33 (at least 90 %)',
    ],
    [
      0.041,
      0,
      'notDone: 95 % of requests within 41 ms (at most 200 ms); 0 requests/s, 0 % of the usual 33 (at least 90 %)',
    ],
    [
      0.041,
      99,
      'done: 95 % of requests within 41 ms (at most 200 ms); 99 requests/s, 300 % of the usual 33 (at least 90 %)',
    ],
  ])('judges %d s and %d requests a second', async (seconds, perSecond, words) => {
    const here = await served({ [`west ${P95}`]: seconds, [`west ${RATE}`]: perSecond });
    here.state.throughput = measured(33);
    expect(wordsOf(await here.check(performance))).toBe(words);
  });

  it('keeps the numbers with their bounds', async () => {
    const here = await served({ [`west ${P95}`]: 0.041, [`west ${RATE}`]: 31 });
    here.state.throughput = measured(33);
    expect((await here.check(performance)).evidence).toEqual({
      p95Ms: 41,
      atMostMs: 200,
      p95Query: P95,
      perSecond: 31,
      usualPerSecond: 33,
      atLeastShare: 0.9,
      throughputQuery: RATE,
    });
  });

  it('no data is unknown, never zero; what is known to be bad is said all the same', async () => {
    const here = await served({ [`west ${RATE}`]: 31 });
    here.state.throughput = measured(33);
    expect(wordsOf(await here.check(performance))).toContain('unknown: no data yet about response times in west; 31');
    const silent = await served({ [`west ${P95}`]: 0.3 });
    silent.state.throughput = measured(33);
    expect(wordsOf(await silent.check(performance))).toBe(
      'notDone: 95 % of requests within 300 ms (at most 200 ms); no data yet about how many requests west serves',
    );
  });

  it('does not guess where the metrics do not answer', async () => {
    const here = await served({ [`west ${P95}`]: new Error('no answer within 5 s') });
    await expect(here.check(performance)).rejects.toThrow('no answer');
  });

  it('without a baseline the number is told and not compared', async () => {
    const here = await served({ [`west ${P95}`]: 0.041, [`west ${RATE}`]: 31 });
    here.state.throughput = [{ at: 1000, region: 'west', perSecond: 33 }];
    expect(wordsOf(await here.check(performance))).toBe(
      'done: 95 % of requests within 41 ms (at most 200 ms); no baseline from before: throughput 31 requests/s is not compared',
    );
  });

  it('of an emergency only what was measured before the trouble counts', async () => {
    const here = await served({ [`west ${P95}`]: 0.041, [`west ${RATE}`]: 31 });
    here.state.throughput = [...measured(33), { at: 5000, region: 'east', perSecond: 3 }];
    here.left.evidence['failure-confirmed'] = { since: 4000 };
    expect((await here.check(performance)).evidence).toMatchObject({ usualPerSecond: 33 });
  });

  it('what the run measured at its start goes before what was written down', async () => {
    const here = await served({ [`west ${P95}`]: 0.041, [`west ${RATE}`]: 31, [`east ${RATE}`]: 32 });
    here.state.throughput = measured(900);
    const start = await here.check(baselineMeasured);
    expect(wordsOf(start)).toBe('done: 32 requests/s in east');
    here.left.evidence['baseline-measured'] = start.evidence;
    expect((await here.check(performance)).evidence).toMatchObject({ usualPerSecond: 32 });
  });
});

describe('without queries', () => {
  const asking = { p95: { query: null, atMostMs: 200 }, throughput: null };

  it('asks every public address 20 times, and says that nobody counts the requests', async () => {
    const here = await served({}, asking);
    const asked: string[] = [];
    here.ports.probe.get = async (url) => {
      asked.push(url);
      return { url, status: 200, ms: asked.length === 7 ? 900 : 12, address: '192.0.2.2', error: null };
    };
    expect(wordsOf(await here.check(performance))).toBe(
      'done: 95 % of our own requests within 12 ms (at most 200 ms); how many requests are served is not known: verify.performance.throughput is not set',
    );
    expect(asked).toHaveLength(40);
    expect(new Set(asked)).toEqual(new Set(['https://api.example.com/health', 'https://task.example.com/health']));
  });

  it('names the slowest, and stops asking as soon as it is clear', async () => {
    const here = await served({}, asking);
    let slow = 0;
    here.ports.probe.get = async (url) => {
      const ms = url.includes('task') ? 350 : 12;
      if (ms > 200) slow += 1;
      return { url, status: 200, ms, address: '192.0.2.2', error: null };
    };
    expect(wordsOf(await here.check(performance))).toContain(
      'notDone: task takes 350 ms for more than 5 % of our own requests (at most 200 ms)',
    );
    expect(slow).toBe(2);
  });

  it('no answer says nothing about how long answers take', async () => {
    const here = await served({}, asking);
    here.ports.probe.get = async (url) => ({ url, status: null, ms: 5, address: null, error: 'no answer' });
    expect(wordsOf(await here.check(performance))).toMatch(/^unknown: \w+ often gives no answer/);
  });
});

describe('at the start', () => {
  it('nobody waits for a number that is not there', async () => {
    const here = await served({ [`east ${RATE}`]: new Error('no answer within 5 s') });
    expect(wordsOf(await here.check(baselineMeasured))).toBe(
      'done: not measured: no answer within 5 s. What was measured before counts',
    );
    expect(wordsOf(await (await served({})).check(baselineMeasured))).toContain('not measured: no data');
  });
});

it('asks for five minutes, can be skipped, and is left out where nothing is configured', async () => {
  const { system } = await stage();
  expect([performance.budgetMs, performance.proves]).toEqual([300_000, false]);
  expect([performance.when!(system), baselineMeasured.when!(system)]).toEqual([false, false]);
  const here = await served({}, { throughput: null });
  expect([performance.when!(here.system), baselineMeasured.when!(here.system)]).toEqual([true, false]);
});
