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
  /** Writes (or replaces) a ConfigMap or Secret of these texts; `type` is a Secret's. */
  configure(kind: 'ConfigMap' | 'Secret', name: string, data: Record<string, string>, type?: string): void;
  /** Puts a policy there as somebody else would, which allows something. */
  allow(name: string): void;
  /** What the pods of this workload have in their logs from now on. */
  logs(name: string, text: string): void;
  /** A node is short of something, or no more. */
  press(node: string, type: 'MemoryPressure' | 'DiskPressure' | 'PIDPressure', on: boolean): void;
  /** What each container of these uses; null: the cluster measures nothing. */
  measures(usage: Record<string, { cpu: string; memory: string }> | null): void;
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
        restarted: null,
        autoscaler: null,
        request: { cpu: 0.25, memoryBytes: GI / 4 },
        unschedulable: 0,
        trouble: [],
      });
    });

    test('scaling to the same number again changes nothing', async () => {
      await world.cluster.scale(world.region, 'deployment', 'task-service', 3, signal);
      expect(await look('deployment', 'task-service')).toMatchObject({ wanted: 3, readyPods: 3, upToDate: true });
    });

    test('restarted, every pod is replaced, and the same mark again replaces none', async () => {
      world.create('deployment', 'hub-service', 2);
      await until('deployment', 'hub-service', ({ readyPods, upToDate }) => readyPods === 2 && upToDate);
      const { cluster, region } = world;
      const podsOf = async () =>
        (JSON.parse(await cluster.snapshot(region, signal)) as { pods: { name: string; ending: boolean }[] }).pods
          .filter(({ name, ending }) => name.startsWith('hub-service') && !ending)
          .map(({ name }) => name)
          .sort();
      const before = await podsOf();
      await cluster.restart(region, 'hub-service', 'eden-7', signal);
      const replaced = await until(
        'deployment',
        'hub-service',
        ({ restarted, upToDate, readyPods, pods }) =>
          restarted === 'eden-7' && upToDate && readyPods === 2 && pods === 2,
      );
      expect(replaced).toMatchObject({ wanted: 2, restarted: 'eden-7' });
      const after = await podsOf();
      expect(after.filter((name) => before.includes(name))).toEqual([]);
      await cluster.restart(region, 'hub-service', 'eden-7', signal);
      expect(await look('deployment', 'hub-service')).toMatchObject({ upToDate: true, readyPods: 2 });
      expect(await podsOf()).toEqual(after);
      await expect(cluster.restart(region, 'nope', 'eden-7', signal)).rejects.toMatchObject({ effect: 'none' });
      await cluster.scale(region, 'deployment', 'hub-service', 0, signal);
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
      expect(waiting?.unschedulable).toBe(1);
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

    test('says what runs, and digests what it is configured by: the same contents, the same digest', async () => {
      world.configure('ConfigMap', 'flags', { a: '1', b: '2' });
      world.configure('ConfigMap', 'same', { b: '2', a: '1' });
      world.configure('ConfigMap', 'other', { a: '1', b: '3' });
      world.configure('Secret', 'jwt', { key: 'k' });
      world.configure('Secret', 'jwt-too', { key: 'k' });
      const look = () => world.cluster.configuration(world.region, ['task-service', 'nope'], signal);
      const seen = await look();
      expect(seen.images).toEqual({ 'task-service': ['task-service=eden/task-service:1.4.2'] });
      expect(Object.keys(seen.configMaps).sort()).toEqual(['flags', 'other', 'same']);
      expect(Object.keys(seen.secrets).sort()).toEqual(['jwt', 'jwt-too']);
      expect(seen.configMaps['flags']).toMatch(/^[0-9a-f]{64}$/);
      expect(seen.configMaps['same']).toBe(seen.configMaps['flags']);
      expect(seen.configMaps['other']).not.toBe(seen.configMaps['flags']);
      expect(seen.secrets['jwt-too']).toBe(seen.secrets['jwt']);
      world.configure('Secret', 'jwt', { key: 'another' });
      const after = await look();
      expect(after.secrets['jwt']).not.toBe(seen.secrets['jwt']);
      expect(after.configMaps).toEqual(seen.configMaps);
      expect(JSON.stringify(after)).not.toContain('another');
    });

    test('leaves out what every cluster makes for itself', async () => {
      world.configure('Secret', 'sh.helm.release.v1.eden.v7', { release: 'of this cluster' }, 'helm.sh/release.v1');
      world.configure('ConfigMap', 'sh.helm.release.v1.eden.v7', { release: 'of this cluster' });
      world.configure('Secret', 'robot-token', { token: 't' }, 'kubernetes.io/service-account-token');
      const { configMaps, secrets } = await world.cluster.configuration(world.region, [], signal);
      expect(Object.keys(configMaps).sort()).toEqual(['flags', 'other', 'same']);
      expect(Object.keys(secrets).sort()).toEqual(['jwt', 'jwt-too']);
    });

    test('misses none of very many', async () => {
      const names = Array.from({ length: 1203 }, (_, index) => `many-${String(index).padStart(4, '0')}`);
      for (const name of names) world.configure('ConfigMap', name, { name });
      const { configMaps } = await world.cluster.configuration(world.region, [], signal);
      expect(Object.keys(configMaps).filter((name) => name.startsWith('many-'))).toEqual(names);
      expect(new Set(Object.values(configMaps)).size).toBe(names.length + 2);
    });

    test('an annotation of the namespace is set, changed and taken away; others stay', async () => {
      const { cluster, region } = world;
      const read = (key: string) => cluster.annotation(region, key, signal);
      expect(await read('regent.dev/change-freeze')).toBeNull();
      await cluster.annotate(region, 'example.com/owner', 'somebody', signal);
      await cluster.annotate(region, 'regent.dev/change-freeze', 'eden-1: “quoted”, $HOME', signal);
      expect(await read('regent.dev/change-freeze')).toBe('eden-1: “quoted”, $HOME');
      await cluster.annotate(region, 'regent.dev/change-freeze', 'eden-2', signal);
      expect(await read('regent.dev/change-freeze')).toBe('eden-2');
      // Twice: what is gone already is no error.
      for (let count = 0; count < 2; count += 1) {
        await cluster.annotate(region, 'regent.dev/change-freeze', null, signal);
        expect(await read('regent.dev/change-freeze')).toBeNull();
      }
      expect(await read('example.com/owner')).toBe('somebody');
    });

    test('every workload of the namespace, of both kinds', async () => {
      const all = await world.cluster.workloads(world.region, signal);
      const names = all.map(({ kind, name, wanted }) => `${kind} ${name} ${wanted}`);
      expect(names.filter((one) => /api-gateway|postgres/.test(one))).toEqual([
        'deployment api-gateway 2',
        'statefulset postgres 0',
      ]);
      expect(all.find(({ name }) => name === 'api-gateway')?.autoscaler?.name).toBe('api-gateway');
    });

    test('a cordoned node takes no new pods and keeps those it has; uncordoned it takes them again', async () => {
      const { cluster, region } = world;
      world.create('deployment', 'cordoned', 1);
      await until('deployment', 'cordoned', ({ readyPods }) => readyPods === 1);
      const names = (await cluster.nodes(region, signal)).map(({ name }) => name);
      expect(names).toHaveLength(2);
      // Twice: what is so already is no error.
      for (let count = 0; count < 2; count += 1) await cluster.cordon(region, names, true, signal);
      expect(await cluster.nodes(region, signal)).toEqual(
        names.map((name) => ({ name, ready: true, schedulable: false, pressure: [] })),
      );
      await cluster.scale(region, 'deployment', 'cordoned', 2, signal);
      const waiting = await until('deployment', 'cordoned', ({ pods, trouble }) => pods === 2 && trouble.length > 0);
      expect([waiting?.readyPods, waiting?.trouble[0]]).toEqual([1, expect.stringContaining('unschedulable')]);
      await cluster.cordon(region, names, false, signal);
      expect((await cluster.nodes(region, signal)).every((one) => one.schedulable)).toBe(true);
      expect((await until('deployment', 'cordoned', ({ readyPods }) => readyPods === 2))?.readyPods).toBe(2);
    });

    test('a node says what it is short of', async () => {
      const { cluster, region } = world;
      const [first] = await cluster.nodes(region, signal);
      world.press(first!.name, 'MemoryPressure', true);
      expect((await cluster.nodes(region, signal)).map(({ pressure }) => pressure)).toEqual([['MemoryPressure'], []]);
      world.press(first!.name, 'MemoryPressure', false);
      expect((await cluster.nodes(region, signal)).map(({ pressure }) => pressure)).toEqual([[], []]);
    });

    test('what pods use, against what they may; nothing measured is left out, no metrics API is null', async () => {
      const { cluster, region } = world;
      const used = () => cluster.usage(region, ['api-gateway', 'measured', 'nope'], signal);
      world.measures(null);
      expect(await used()).toBeNull();
      world.create('deployment', 'measured', 2, { cpu: '250m', memory: '256Mi' });
      await until('deployment', 'measured', ({ readyPods }) => readyPods === 2);
      world.measures({ measured: { cpu: '200500000n', memory: '128Mi' } });
      expect(await used()).toEqual([
        {
          name: 'measured',
          pods: 2,
          cpu: { used: expect.closeTo(0.401, 6), of: 0.5 },
          memory: { used: GI / 4, of: GI / 2 },
        },
      ]);
    });

    test('traffic is denied and allowed again, and a policy of the name that allows something is told and replaced', async () => {
      const { cluster, region } = world;
      const asked = () => cluster.trafficDenied(region, 'regent-fence', signal);
      expect(await asked()).toBe('no');
      for (let count = 0; count < 2; count += 1) {
        await cluster.denyTraffic(region, 'regent-fence', true, signal);
        expect(await asked()).toBe('yes');
      }
      expect(await cluster.trafficDenied(region, 'another', signal)).toBe('no');
      for (let count = 0; count < 2; count += 1) {
        await cluster.denyTraffic(region, 'regent-fence', false, signal);
        expect(await asked()).toBe('no');
      }
      world.allow('regent-fence');
      expect(await asked()).toBe('other');
      await cluster.denyTraffic(region, 'regent-fence', true, signal);
      expect(await asked()).toBe('yes');
      await cluster.denyTraffic(region, 'regent-fence', false, signal);
    });

    test('a label goes on the namespace and every node, and off again', async () => {
      const { cluster, region } = world;
      const asked = () => cluster.labels(region, 'regent.dev/review', signal);
      const before = await asked();
      expect(Object.keys(before).map((one) => one.split(' ')[0])).toEqual(['namespace', 'node', 'node']);
      expect(new Set(Object.values(before))).toEqual(new Set([null]));
      for (const value of ['eden-7', 'eden-7', 'eden-8', null]) {
        await cluster.label(region, 'regent.dev/review', value, signal);
        expect(await asked()).toEqual(Object.fromEntries(Object.keys(before).map((one) => [one, value])));
      }
    });

    test('a snapshot has workloads, pods, nodes, events and the last lines of the logs, whatever can be read', async () => {
      const lines = Array.from({ length: 500 }, (_, index) => `line ${index}`);
      world.logs('api-gateway', `${lines.join('\n')}\n`);
      const text = await world.cluster.snapshot(world.region, signal);
      const seen = JSON.parse(text) as {
        workloads: { kind: string; name: string; wanted: number }[];
        pods: { name: string; phase: string }[];
        nodes: { name: string }[];
        events: { reason: string; about: string }[];
        logs: { pod: string; lines?: string[]; unread?: string }[];
      };
      expect(seen.workloads).toContainEqual(
        expect.objectContaining({ kind: 'statefulset', name: 'postgres', wanted: 0 }),
      );
      expect(seen.nodes).toHaveLength(2);
      expect(seen.events.map(({ reason }) => reason)).toContain('FailedScheduling');
      const pod = seen.pods.find(({ name }) => name.startsWith('api-gateway'));
      expect(pod?.phase).toBe('Running');
      expect(seen.logs.find((one) => one.pod === pod?.name)?.lines).toEqual(lines.slice(-100));
      world.logs('api-gateway', `${lines.map((line) => `${line} ${'x'.repeat(400)}`).join('\n')}\nthe very last\n`);
      const long = JSON.parse(await world.cluster.snapshot(world.region, signal)) as typeof seen;
      const kept = long.logs.find((one) => one.pod === pod?.name)?.lines ?? [];
      expect(kept.at(-1)).toBe('the very last');
      expect(kept.join('\n').length).toBeLessThanOrEqual(16_384);
      // Pods without a log that can be read are in it, with the reason.
      expect(seen.logs.find((one) => one.pod.startsWith('task-service'))?.unread).toBe('the cluster answered 500');
      expect(text.length).toBeLessThan(2_000_000);
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
