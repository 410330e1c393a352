import { expect, it } from 'vitest';
import { publicHealth } from '../../src/steps/public-health.ts';
import { stage, wordsOf } from './stage.ts';

const API = 'https://api.example.com/health';
const TASK = 'https://task.example.com/health';

it('is so when every service answers 2xx at its public address', async () => {
  const here = await stage();
  here.state.health[TASK] = { status: 204, ms: 37.6 };
  const answer = await here.check(publicHealth);
  expect(wordsOf(answer)).toBe('done: 2 of 2 services healthy, slowest 38 ms');
  expect(answer.evidence).toEqual({ asked: 2, slowestMs: 38, bad: [] });
});

it.each([503, 404, 302])('is not so at HTTP %i', async (status) => {
  const here = await stage();
  here.state.health[API] = { status };
  expect(wordsOf(await here.check(publicHealth))).toBe(`notDone: api: ${status}`);
});

it('is unknown where nothing answers; one bad answer beside it is the surer word', async () => {
  const here = await stage();
  here.state.health[API] = { status: null, error: 'no answer within 5 s' };
  expect(wordsOf(await here.check(publicHealth))).toBe('unknown: api: no answer within 5 s');
  here.state.health[TASK] = { status: 500 };
  expect(wordsOf(await here.check(publicHealth))).toBe('notDone: api: no answer within 5 s, task: 500');
});

it('ends the outage clock, and is left out where no public address is known', async () => {
  const { system } = await stage();
  expect(publicHealth.clock).toBe('writes-serve');
  const none = { ...system, deployments: system.deployments.map((one) => ({ ...one, publicHealth: null })) };
  expect([publicHealth.when!(system), publicHealth.when!(none)]).toEqual([true, false]);
});
