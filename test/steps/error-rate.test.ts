import { expect, it } from 'vitest';
import { errorRate } from '../../src/steps/error-rate.ts';
import { stage, wordsOf } from './stage.ts';

const query = 'sum(rate(failed[1m])) / sum(rate(all[1m]))';
const configured = { errorRate: { query, atMost: 0.01 } };

it('is so up to the bound, and keeps both numbers', async () => {
  const here = await stage(undefined, configured);
  here.state.metric = 0.01;
  const answer = await here.check(errorRate);
  expect(wordsOf(answer)).toBe('done: 1 % of requests fail in west (at most 1 %)');
  expect(answer.evidence).toEqual({ failedShare: 0.01, atMostShare: 0.01, query });
});

it.each([
  [0, 'done: 0 % of requests fail in west (at most 1 %)'],
  [0.00012345, 'done: 0.012 % of requests fail in west (at most 1 %)'],
  [0.0101, 'notDone: 1.01 % of requests fail in west (at most 1 %)'],
  [0.5, 'notDone: 50 % of requests fail in west (at most 1 %)'],
  [1, 'notDone: 100 % of requests fail in west (at most 1 %)'],
])('judges %d', async (share, words) => {
  const here = await stage(undefined, configured);
  here.state.metric = share;
  expect(wordsOf(await here.check(errorRate))).toBe(words);
});

it('asks the target its query', async () => {
  const here = await stage(undefined, configured);
  const asked: string[] = [];
  here.ports.metrics.value = async (region, text) => {
    asked.push(`${region}: ${text}`);
    return 0;
  };
  await here.check(errorRate);
  expect(asked).toEqual([`west: ${query}`]);
});

it('no data is not zero', async () => {
  const here = await stage(undefined, configured);
  here.state.metric = null;
  const answer = await here.check(errorRate);
  expect(wordsOf(answer)).toBe('unknown: no data yet about requests in west');
  expect(answer.evidence).toMatchObject({ failedShare: null });
});

it.each([-0.1, 7])('%d is no share, so nothing is known', async (value) => {
  const here = await stage(undefined, configured);
  here.state.metric = value;
  expect(wordsOf(await here.check(errorRate))).toBe(
    `unknown: the query of verify.errorRate gives ${value}, which is no share from 0 to 1`,
  );
});

it('does not guess where the metrics do not answer', async () => {
  const here = await stage(undefined, configured);
  here.state.metric = new Error('no answer within 5 s');
  await expect(here.check(errorRate)).rejects.toThrow('no answer');
});

it('asks for five minutes, and is left out where no rate is configured', async () => {
  const { system } = await stage();
  expect(errorRate.budgetMs).toBe(300_000);
  expect([errorRate.when!(system), errorRate.when!({ ...system, ...configured })]).toEqual([false, true]);
});
