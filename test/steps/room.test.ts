/** How much of what is asked is free: of CPU or memory, whichever is scarcer. */
import { expect, it } from 'vitest';
import { freeOverAsked, roomIn } from '../../src/steps/room.ts';
import { stage } from './stage.ts';

it('is what the nodes have free over what the missing pods ask', async () => {
  const { ports, system, state } = await stage();
  const ask = () => roomIn(ports.cluster, 'west', system.deployments, new AbortController().signal);
  // 2 of api and 2 of task are missing, 1 CPU and 1 GB each; 8 CPU and 16 GB are free.
  const room = await ask();
  expect(room.asked.map(({ name, pods }) => `${pods} ${name}`)).toEqual(['2 api', '2 task']);
  expect([freeOverAsked(room), room.missing, room.absent]).toEqual([2, [], []]);
  state.capacity = { ...state.capacity, free: [{ node: 'n1', cpu: 8, memoryBytes: 2e9, pods: 10 }] };
  const tight = await ask();
  expect([freeOverAsked(tight), tight.missing]).toEqual([0.5, [{ name: 'task', pods: 2 }]]);
});

it('is nothing where nothing is asked; what is not there at all is named', async () => {
  const { ports, system, state } = await stage();
  const ask = () => roomIn(ports.cluster, 'east', system.deployments, new AbortController().signal);
  expect(freeOverAsked(await ask())).toBeNull();
  delete state.workloads['east']!['api'];
  expect((await ask()).absent).toEqual(['api']);
});
