/** What keeps old addresses is restarted where it serves, once for a run, and seen to be new. */
import { expect, it } from 'vitest';
import { restartStale } from '../../src/steps/restart-stale.ts';
import { stage, wordsOf } from './stage.ts';
import { workload } from './world.ts';

it('restarts each once, in the region that serves, and leaves what wants no pods', async () => {
  const here = await stage(undefined, { restarts: ['api', 'task'] });
  const asked = await here.check(restartStale);
  expect(wordsOf(asked)).toBe('notDone: api not restarted');
  expect(wordsOf(await here.does(restartStale))).toBe('done: api, task restarted, every pod new and ready');
  expect(here.state.calls).toEqual(['restart west api eden-1']);
  await here.run(restartStale);
  expect(here.state.calls).toHaveLength(1);
});

it('is not done while old pods serve, or new ones are not ready', async () => {
  const here = await stage(undefined, { restarts: ['api'] });
  const rolling = {
    restarted: 'eden-1',
    upToDate: false,
    readyPods: 1,
    pods: 2,
    trouble: ['ErrImagePull: no such image'],
  };
  here.state.workloads['west']!['api'] = workload('api', 1, rolling);
  expect(wordsOf(await here.check(restartStale))).toBe(
    'notDone: api: 1 of 1 pods ready, not all of them new; ErrImagePull: no such image',
  );
  here.state.workloads['west'] = {};
  expect(wordsOf(await here.check(restartStale))).toBe('notDone: west has no deployment api');
});

it('is part of a plan only where something is configured, and there is nothing to undo', async () => {
  const here = await stage();
  expect([restartStale.when!(here.system), restartStale.when!({ ...here.system, restarts: ['api'] })]).toEqual([
    false,
    true,
  ]);
  here.left.before['restart-stale'] = {};
  expect(await here.undo(restartStale)).toEqual({ untouched: true });
});
