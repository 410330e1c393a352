/** Done is ready pods of the newest kind, not an accepted call. */
import { expect, it } from 'vitest';
import { scaleUpTarget } from '../../src/steps/scale-up-target.ts';
import { stage, wordsOf } from './stage.ts';

it('scales what is short and waits for ready pods', async () => {
  const here = await stage();
  expect(wordsOf(await here.check(scaleUpTarget))).toBe('notDone: api 1 → 3, task 0 → 2');
  expect(wordsOf(await here.does(scaleUpTarget))).toBe('done: 2 deployments, 5 pods ready of 5 asked');
});

it('takes nothing away from a deployment that has more', async () => {
  const here = await stage();
  Object.assign(here.state.workloads['west']!['api']!, { wanted: 7, pods: 7, readyPods: 7 });
  await here.does(scaleUpTarget);
  expect(here.state.calls).toEqual(['scale west task 2']);
});

it('is not done while pods are not ready, and says what troubles them', async () => {
  const here = await stage();
  here.state.ending = true;
  here.state.workloads['west']!['api']!.trouble = ['api: image not found'];
  expect(wordsOf(await here.does(scaleUpTarget))).toBe(
    'notDone: api 1 of 3 ready, task 0 of 2 ready; api: image not found',
  );
});

it('is not done while the pods are of an older kind', async () => {
  const here = await stage();
  here.state.workloads['west']!['task']!.upToDate = false;
  expect((await here.does(scaleUpTarget)).is).toBe('notDone');
});

it('fails on a deployment that is not there, and says so beforehand', async () => {
  const here = await stage();
  delete here.state.workloads['west']!['task'];
  expect(wordsOf(await here.check(scaleUpTarget))).toContain('task 0 → 2');
  await expect(here.run(scaleUpTarget)).rejects.toThrow('west has no deployment task');
});

it('run twice sends nothing the second time', async () => {
  const here = await stage();
  await here.does(scaleUpTarget);
  await here.run(scaleUpTarget);
  expect(here.state.calls).toEqual(['scale west api 3', 'scale west task 2']);
});

it('undone restores what there was', async () => {
  const here = await stage();
  await here.does(scaleUpTarget);
  expect(await here.undo(scaleUpTarget)).toEqual({ restored: { api: 1, task: 0 } });
  expect(here.state.workloads['west']!['api']!.wanted).toBe(1);
  expect(here.state.workloads['west']!['task']!.wanted).toBe(0);
});
