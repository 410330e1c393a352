import { expect, it } from 'vitest';
import { targetEndpoints } from '../../src/steps/target-endpoints.ts';
import { stage, wordsOf } from './stage.ts';

const API = 'https://api.secondary.example.internal/health';
const TASK = 'https://task.secondary.example.internal/health';

it('is so when every service answers 2xx at its address in the target', async () => {
  const here = await stage();
  here.state.health[TASK] = { status: 204, ms: 37.6 };
  const answer = await here.check(targetEndpoints);
  expect(wordsOf(answer)).toBe('done: 2 of 2 services healthy, slowest 38 ms');
  expect(answer.evidence).toEqual({ asked: 2, slowestMs: 38, bad: [] });
});

it('asks the target and nobody else, and not by the public name', async () => {
  const here = await stage();
  const asked: string[] = [];
  const { get } = here.ports.probe;
  here.ports.probe.get = (url, signal) => {
    asked.push(url);
    return get(url, signal);
  };
  await here.check(targetEndpoints);
  expect(asked).toEqual([API, TASK]);
});

it('is not so at an error, and unknown where nothing answers', async () => {
  const here = await stage();
  here.state.health[API] = { status: null, error: 'the name does not resolve' };
  expect(wordsOf(await here.check(targetEndpoints))).toBe('unknown: api: the name does not resolve');
  here.state.health[TASK] = { status: 503 };
  expect(wordsOf(await here.check(targetEndpoints))).toBe('notDone: api: the name does not resolve, task: 503');
});

it('asks only services that have the address, and is left out where none has', async () => {
  const { system } = await stage();
  const [api, task] = system.deployments;
  const some = [{ ...api!, health: null }, task!];
  expect((await stage(undefined, { deployments: some })).values.targetHealth).toEqual([{ service: 'task', url: TASK }]);
  const none = { ...system, deployments: system.deployments.map((one) => ({ ...one, health: null })) };
  expect([targetEndpoints.when!(system), targetEndpoints.when!(none)]).toEqual([true, false]);
});
