import { expect, it } from 'vitest';
import { targetHealthy } from '../../src/steps/target-healthy.ts';
import { stage, wordsOf } from './stage.ts';

it('is so when every node is ready and every service has the pods it wants now, not those it will want', async () => {
  const answer = await (await stage()).check(targetHealthy);
  expect(wordsOf(answer)).toBe('done: ready: 2 of 2 nodes, 1 of 1 pods wanted now');
  expect(answer.evidence).toEqual({ nodes: 2, nodesNotReady: [], podsReady: 1, podsWanted: 1, trouble: [] });
});

it('a node that only takes no new pods is not ill: room is another question', async () => {
  const here = await stage();
  Object.assign(here.state.capacity, { readyNodes: 1, nodes: 2 });
  expect((await here.check(targetHealthy)).is).toBe('done');
});

it('counts and names the nodes that are not ready, three of them at most', async () => {
  const here = await stage();
  here.state.capacity.notReady = ['n2'];
  expect(wordsOf(await here.check(targetHealthy))).toBe('notDone: 1 of 2 nodes ready in west, not n2');
  Object.assign(here.state.capacity, { nodes: 9, notReady: ['n1', 'n2', 'n3', 'n4', 'n5'] });
  expect(wordsOf(await here.check(targetHealthy))).toBe(
    'notDone: 4 of 9 nodes ready in west, not n1, n2, n3 and 2 more',
  );
});

it('names the services that lack pods with their trouble, three sentences at most', async () => {
  const here = await stage();
  const { api, task } = here.state.workloads['west']!;
  Object.assign(api!, { readyPods: 0, trouble: ['BackOff: pulling api:9', 'Failed: no such image'] });
  expect(wordsOf(await here.check(targetHealthy))).toBe(
    'notDone: pods ready: api 0 of 1; api: BackOff: pulling api:9; api: Failed: no such image',
  );
  Object.assign(task!, { wanted: 2, readyPods: 1, trouble: ['OOMKilled: too small'] });
  here.state.capacity.notReady = ['n2'];
  const answer = await here.check(targetHealthy);
  expect(answer.evidence).toMatchObject({
    podsReady: 1,
    podsWanted: 3,
    trouble: [
      '1 of 2 nodes ready in west, not n2',
      'pods ready: api 0 of 1, task 1 of 2',
      'api: BackOff: pulling api:9',
    ],
  });
});

it('is not so where a service is not there at all', async () => {
  const here = await stage();
  delete here.state.workloads['west']!['task'];
  expect(wordsOf(await here.check(targetHealthy))).toBe('notDone: west has no deployment task');
});

it('does not guess where the cluster does not answer', async () => {
  const here = await stage();
  here.ports.cluster.deployments = () => Promise.reject(new Error('the API server does not answer'));
  await expect(here.check(targetHealthy)).rejects.toThrow('does not answer');
});
