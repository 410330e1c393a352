/** Whether the pods still to be started fit: arithmetic on nodes, never a sum over them. */
import { describe, expect, it } from 'vitest';
import { withoutRoom } from '../../src/steps/room.ts';
import { targetCapacity } from '../../src/steps/target-capacity.ts';
import { stage, wordsOf } from './stage.ts';
import { workload } from './world.ts';

const GB = 1e9;
const node = (cpu: number, memoryBytes = 8 * GB, pods = 10) => ({ node: 'n', cpu, memoryBytes, pods });
const ask = (name: string, pods: number, cpu: number, memoryBytes = GB) => ({ name, pods, cpu, memoryBytes });

describe('withoutRoom', () => {
  it('finds room for nothing asked, on nothing', () => {
    expect(withoutRoom([], [])).toEqual([]);
    expect(withoutRoom([], [ask('api', 0, 1)])).toEqual([]);
  });
  it('does not spread one pod over two nodes', () => {
    expect(withoutRoom([node(1), node(1)], [ask('api', 1, 2)])).toEqual([{ name: 'api', pods: 1 }]);
  });
  it('counts how many find none', () => {
    expect(withoutRoom([node(2), node(1)], [ask('api', 5, 1)])).toEqual([{ name: 'api', pods: 2 }]);
  });
  it('places the largest first, so that small ones fill what is left', () => {
    expect(withoutRoom([node(3), node(2)], [ask('small', 2, 1), ask('large', 1, 3)])).toEqual([]);
  });
  it('minds memory and the number of pods a node takes', () => {
    expect(withoutRoom([node(8, 2 * GB)], [ask('api', 3, 1)])).toEqual([{ name: 'api', pods: 1 }]);
    expect(withoutRoom([node(8, 8 * GB, 1)], [ask('api', 2, 1)])).toEqual([{ name: 'api', pods: 1 }]);
  });
  it('leaves what it was given as it was', () => {
    const free = [node(4)];
    withoutRoom(free, [ask('api', 2, 1)]);
    expect(free).toEqual([node(4)]);
  });
});

describe('the target', () => {
  it('has room for what is still to be started, not for what runs already', async () => {
    const answer = await (await stage()).check(targetCapacity);
    expect(wordsOf(answer)).toBe('done: room for 4 more pods of 5 asked, 2 of 2 nodes ready');
    expect(answer.evidence).toEqual({
      podsAsked: 5,
      podsToStart: 4,
      nodesReady: 2,
      nodes: 2,
      freeCpu: 8,
      freeMemoryBytes: 16e9,
      missing: [],
    });
  });
  it('has none, and says for what', async () => {
    const here = await stage();
    here.state.capacity.free = [{ node: 'n1', cpu: 3, memoryBytes: 8e9, pods: 10 }];
    expect(wordsOf(await here.check(targetCapacity))).toBe('notDone: no room in west for 1 of task');
  });
  it('lacks a deployment altogether', async () => {
    const here = await stage();
    delete here.state.workloads['west']!['task'];
    expect(wordsOf(await here.check(targetCapacity))).toBe('notDone: west has no deployment task');
  });
  it('that runs more than asked needs nothing', async () => {
    const here = await stage();
    here.state.workloads['west'] = { api: workload('api', 9), task: workload('task', 9) };
    here.state.capacity.free = [];
    expect(wordsOf(await here.check(targetCapacity))).toContain('room for 0 more pods');
  });
  it('that does not answer is unknown', async () => {
    const here = await stage();
    here.ports.cluster.capacity = () => Promise.reject(new Error('the API server does not answer'));
    await expect(here.check(targetCapacity)).rejects.toThrow('does not answer');
  });
});
