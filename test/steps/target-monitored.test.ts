import { expect, it } from 'vitest';
import { targetMonitored } from '../../src/steps/target-monitored.ts';
import { stage, wordsOf } from './stage.ts';

const URL = 'https://prometheus.secondary.example.internal/-/healthy';
const byUrl = { monitoring: { url: 'https://prometheus.{alias}.example.internal/-/healthy' } };
const byScript = { monitoring: { exec: ['./monitored.sh', '--region={target}', '--for={run}'] } };

it('is so when the monitoring of the target answers 2xx', async () => {
  const here = await stage(undefined, byUrl);
  here.state.health[URL] = { status: 204, ms: 7.6 };
  const answer = await here.check(targetMonitored);
  expect(wordsOf(answer)).toBe('done: the monitoring of west answers 204');
  expect(answer.evidence).toEqual({ asked: URL, status: 204, answerMs: 8, trouble: [] });
});

it('asks the target, not the source', async () => {
  const here = await stage(undefined, byUrl);
  here.state.health['https://prometheus.primary.example.internal/-/healthy'] = { status: 503 };
  expect((await here.check(targetMonitored)).is).toBe('done');
});

it.each([503, 404, 302])('is not so at HTTP %i, and says so on the card', async (status) => {
  const here = await stage(undefined, byUrl);
  here.state.health[URL] = { status };
  const answer = await here.check(targetMonitored);
  const why = `the monitoring of west answered ${status}: ${URL}`;
  expect(wordsOf(answer)).toBe(`notDone: ${why}`);
  expect(answer.evidence).toMatchObject({ status, trouble: [why] });
});

it('is unknown where nothing answers', async () => {
  const here = await stage(undefined, byUrl);
  here.state.health[URL] = { status: null, error: 'the name does not resolve' };
  const answer = await here.check(targetMonitored);
  expect(wordsOf(answer)).toBe('unknown: the name does not resolve');
  expect(answer.evidence['trouble']).toEqual(['the name does not resolve']);
});

it('a script says yes with 0, with its places filled in', async () => {
  const here = await stage(undefined, byScript);
  expect(wordsOf(await here.check(targetMonitored))).toBe('done: ./monitored.sh says yes');
  expect(here.state.calls).toEqual(['hook ./monitored.sh --region=west --for=eden-1']);
});

it.each([
  [1, 'notDone: ./monitored.sh says no: no targets are scraped'],
  [2, 'unknown: ./monitored.sh ended with status 2: no targets are scraped'],
  [null, 'unknown: ./monitored.sh was cut off: no targets are scraped'],
])('a script that ends with %s', async (status, words) => {
  const here = await stage(undefined, byScript);
  here.state.hook = { ok: false, status, report: null, output: 'asking …\nno targets are scraped\n' };
  const answer = await here.check(targetMonitored);
  expect(wordsOf(answer)).toBe(words);
  expect(answer.evidence).toMatchObject({ exitStatus: status, trouble: [words.replace(/^\w+: /, '')] });
});

it('may be skipped, and is left out where no monitoring is configured', async () => {
  const { system } = await stage();
  expect(targetMonitored.proves).toBe(false);
  expect([targetMonitored.when!(system), targetMonitored.when!({ ...system, ...byUrl })]).toEqual([false, true]);
});
