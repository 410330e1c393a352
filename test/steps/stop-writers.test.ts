/** Stopped is gone: a terminating pod still writes. */
import { expect, it } from 'vitest';
import { stopWriters } from '../../src/steps/stop-writers.ts';
import { stage, wordsOf } from './stage.ts';

it('stops the write-heavy deployments and no other', async () => {
  const here = await stage();
  expect(wordsOf(await here.check(stopWriters))).toBe('notDone: task 2 → 0');
  expect(wordsOf(await here.does(stopWriters))).toBe('done: task 2 → 0');
  expect(here.state.calls).toEqual(['scale east task 0']);
});

it('is not done while a pod is ending', async () => {
  const here = await stage();
  here.state.ending = true;
  expect(wordsOf(await here.does(stopWriters))).toBe('notDone: task: 2 pods ending');
});

it('found stopped already, says so', async () => {
  const here = await stage();
  Object.assign(here.state.workloads['east']!['task']!, { wanted: 0, pods: 0, readyPods: 0 });
  expect(wordsOf(await here.check(stopWriters))).toBe('done: task 0 → 0');
});

it('is unknown where a writer is not there under its name', async () => {
  const here = await stage();
  delete here.state.workloads['east']!['task'];
  expect(wordsOf(await here.check(stopWriters))).toBe('unknown: east has no deployment task');
});

it('undone restores the number there was, also when it was interrupted half-way', async () => {
  const here = await stage();
  here.state.ending = true;
  await here.does(stopWriters);
  here.state.ending = false;
  expect(await here.undo(stopWriters)).toEqual({ restored: { task: 2 } });
  expect(here.state.workloads['east']!['task']).toMatchObject({ wanted: 2, pods: 2 });
});

it('is left out of a plan without writers', async () => {
  const { system } = await stage();
  const calm = { ...system, deployments: system.deployments.map((one) => ({ ...one, writeHeavy: false })) };
  expect([stopWriters.when!(system), stopWriters.when!(calm)]).toEqual([true, false]);
});
