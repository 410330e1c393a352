/** What every adapter of the port `cluster` must do, asked over a world that can be arranged and really runs things. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster, Workload } from '../../src/ports/cluster.ts';
import { eventually } from '../lab/kubernetes/support.ts';

export type ClusterWorld = {
  cluster: Cluster;
  /** A region with two nodes of 4 cores and 8 GiB each. */
  region: string;
  create(kind: Workload['kind'], name: string, replicas: number, requests?: Record<string, string>): void;
  autoscale(name: string, min: number, max: number): void;
  /** Whether the processes behind the pods of this workload answer their probe. */
  answering(name: string, yes: boolean): void;
  /** While held, what stands behind the pods of this workload does not finish stopping. */
  holdStop(name: string, held: boolean): void;
  /** Things of this workload that were really started and not stopped. */
  running(name: string): number;
  close(): Promise<void>;
};

const GI = 2 ** 30;

export function clusterContract(adapter: string, arrange: () => Promise<ClusterWorld>): void {
  describe(`the port cluster, by ${adapter}`, () => {
    let world: ClusterWorld;
    const { signal } = new AbortController();
    beforeAll(async () => {
      world = await arrange();
    });
    afterAll(() => world.close());

    const look = (kind: Workload['kind'], name: string) => world.cluster.workload(world.region, kind, name, signal);
    const until = (kind: Workload['kind'], name: string, accept: (workload: Workload) => boolean) =>
      eventually(
        () => look(kind, name),
        (one) => one !== null && accept(one),
      );

    test('scales up, and counts a pod as ready only once its process answers', async () => {
      world.create('deployment', 'task-service', 0, { cpu: '250m', memory: '256Mi' });
      world.answering('task-service', false);
      await world.cluster.scale(world.region, 'deployment', 'task-service', 3, signal);
      const started = await until('deployment', 'task-service', ({ pods, upToDate }) => pods === 3 && upToDate);
      expect(started).toMatchObject({ wanted: 3, readyPods: 0, pods: 3, upToDate: true });
      world.answering('task-service', true);
      expect(await until('deployment', 'task-service', ({ readyPods }) => readyPods === 3)).toEqual({
        kind: 'deployment',
        name: 'task-service',
        wanted: 3,
        readyPods: 3,
        pods: 3,
        upToDate: true,
        autoscaler: null,
        request: { cpu: 0.25, memoryBytes: GI / 4 },
        trouble: [],
      });
    });

    test('scaling to the same number again changes nothing', async () => {
      await world.cluster.scale(world.region, 'deployment', 'task-service', 3, signal);
      expect(await look('deployment', 'task-service')).toMatchObject({ wanted: 3, readyPods: 3, upToDate: true });
    });

    test('many callers at once leave one of their numbers, and no error', async () => {
      world.create('deployment', 'contended', 0);
      const wanted = [1, 2, 3, 2, 1, 2];
      await Promise.all(
        wanted.map((replicas) => world.cluster.scale(world.region, 'deployment', 'contended', replicas, signal)),
      );
      const settled = await until('deployment', 'contended', (one) => one.readyPods === one.wanted && one.upToDate);
      expect(wanted).toContain(settled?.wanted);
      expect(settled?.readyPods).toBe(settled?.wanted);
    });

    test('a statefulset at zero has pods until the process has really stopped', async () => {
      world.create('statefulset', 'postgres', 1);
      await until('statefulset', 'postgres', ({ readyPods }) => readyPods === 1);
      expect(world.running('postgres')).toBe(1);
      world.holdStop('postgres', true);
      await world.cluster.scale(world.region, 'statefulset', 'postgres', 0, signal);
      const stopping = await until(
        'statefulset',
        'postgres',
        ({ wanted, readyPods }) => wanted === 0 && readyPods === 0,
      );
      expect(stopping).toMatchObject({ wanted: 0, readyPods: 0, pods: 1, upToDate: false });
      expect(world.running('postgres')).toBe(1);
      world.holdStop('postgres', false);
      const stopped = await until('statefulset', 'postgres', ({ pods, upToDate }) => pods === 0 && upToDate);
      expect(stopped).toMatchObject({ wanted: 0, readyPods: 0, pods: 0, upToDate: true });
      expect(world.running('postgres')).toBe(0);
    });

    test('says what is free on each node, and why a pod found no room', async () => {
      const before = await world.cluster.capacity(world.region, signal);
      expect([before.readyNodes, before.nodes, before.free.length]).toEqual([2, 2, 2]);
      expect(before.notReady).toEqual([]);
      world.create('deployment', 'insight-service', 3, { cpu: '2500m', memory: '1.5Gi' });
      const waiting = await until(
        'deployment',
        'insight-service',
        ({ readyPods, trouble }) => readyPods === 2 && trouble.length > 0,
      );
      expect(waiting).toMatchObject({ wanted: 3, readyPods: 2, pods: 3, request: { cpu: 2.5, memoryBytes: 1.5 * GI } });
      expect(waiting?.trouble).toEqual(['FailedScheduling: 0/2 nodes are available: 2 Insufficient cpu.']);
      const after = await world.cluster.capacity(world.region, signal);
      const cpu = (capacity: typeof after) => capacity.free.reduce((sum, node) => sum + node.cpu, 0);
      const memory = (capacity: typeof after) => capacity.free.reduce((sum, node) => sum + node.memoryBytes, 0);
      expect(cpu(before) - cpu(after)).toBeCloseTo(5, 6);
      expect(memory(before) - memory(after)).toBe(3 * GI);
      expect(Math.max(...after.free.map((node) => node.cpu))).toBeLessThan(2.5);
    });

    test('reports an autoscaler that would undo a scaling', async () => {
      world.create('deployment', 'api-gateway', 2);
      world.autoscale('api-gateway', 2, 6);
      expect((await look('deployment', 'api-gateway'))?.autoscaler).toEqual({ name: 'api-gateway', min: 2, max: 6 });
      expect((await look('deployment', 'task-service'))?.autoscaler).toBeNull();
    });

    test('reads several deployments in the order asked, and leaves out what does not exist', async () => {
      const names = ['task-service', 'nope', 'api-gateway', 'postgres'];
      const found = await world.cluster.deployments(world.region, names, signal);
      expect(found.map(({ kind, name, wanted }) => [kind, name, wanted])).toEqual([
        ['deployment', 'task-service', 3],
        ['deployment', 'api-gateway', 2],
      ]);
    });

    test('a workload that does not exist reads as null, and cannot be scaled', async () => {
      expect(await look('deployment', 'nope')).toBeNull();
      expect(await look('statefulset', 'task-service')).toBeNull();
      await expect(world.cluster.scale(world.region, 'deployment', 'nope', 1, signal)).rejects.toMatchObject({
        name: 'IntegrationError',
        effect: 'none',
      });
    });

    test('a process that stops answering is no longer ready', async () => {
      world.answering('task-service', false);
      const ill = await until(
        'deployment',
        'task-service',
        ({ readyPods, trouble }) => readyPods === 0 && trouble.length > 0,
      );
      expect(ill).toMatchObject({ wanted: 3, readyPods: 0, pods: 3 });
      expect(ill?.trouble[0]).toMatch(/^Unhealthy: /);
      world.answering('task-service', true);
      expect((await until('deployment', 'task-service', ({ readyPods }) => readyPods === 3))?.trouble).toEqual([]);
    });

    test('an aborted call ends, and says so', async () => {
      const gone = AbortSignal.abort();
      await expect(world.cluster.capacity(world.region, gone)).rejects.toMatchObject({
        name: 'IntegrationError',
        effect: 'none',
      });
    });

    test('an unknown region and an impossible number are refused before anything is sent', async () => {
      await expect(world.cluster.capacity('nowhere', signal)).rejects.toThrow('nowhere');
      await expect(world.cluster.scale(world.region, 'deployment', 'task-service', -1, signal)).rejects.toThrow('-1');
    });
  });
}
