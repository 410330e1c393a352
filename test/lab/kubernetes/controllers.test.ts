/** What the lab's cluster does by itself: rollouts, ordinals, scheduling, autoscaling, and really stopping things. */
import { afterEach, describe, expect, test } from 'vitest';
import { type KubernetesLab, type KubernetesOptions, startKubernetes } from '../../../lab/kubernetes/start.ts';
import type { Deployment, Pod } from '../../../lab/kubernetes/types.ts';
import { ask, eventually, workload } from './support.ts';

const open: KubernetesLab[] = [];
afterEach(async () => {
  for (const lab of open.splice(0)) await lab.close();
});

async function cluster(more: Partial<KubernetesOptions> = {}): Promise<KubernetesLab> {
  const node = (index: number) => ({ name: `node-${index}`, cpu: '4', memory: '8Gi', pods: 5 });
  const lab = await startKubernetes({
    name: 'primary',
    namespace: 'eden',
    tokens: { t: 'admin' },
    nodes: [node(0), node(1)],
    delays: { controllerMs: 5, readyMs: 10, probeMs: 50, retryMs: 50, autoscalerMs: 100 },
    ...more,
  });
  open.push(lab);
  return lab;
}

const pods = (lab: KubernetesLab) => lab.list('pods') as Pod[];
const podNames = (lab: KubernetesLab) => pods(lab).map((pod) => pod.metadata.name);
const deployment = (lab: KubernetesLab, name: string) => lab.get('deployments', name) as Deployment;
const condition = (lab: KubernetesLab, name: string, type: string) =>
  deployment(lab, name).status.conditions?.find((one) => one.type === type)?.reason;

describe("the lab's controllers", () => {
  test('a new template is rolled over without ever having too few ready pods', async () => {
    const lab = await cluster();
    lab.apply(workload('Deployment', 'web', 4));
    await eventually(
      () => lab.deployments()['web'],
      (web) => web?.ready === 4,
    );
    const old = new Set(podNames(lab));
    const fewest: number[] = [];
    lab.apply({
      ...workload('Deployment', 'web', 4),
      spec: { template: { metadata: { annotations: { again: 'yes' } } } },
    });
    await eventually(
      () => {
        fewest.push(lab.deployments()['web']!.ready);
        return podNames(lab);
      },
      (names) => names.length === 4 && names.every((name) => !old.has(name)),
    );
    expect(Math.min(...fewest)).toBeGreaterThanOrEqual(3);
    await eventually(
      () => deployment(lab, 'web').status,
      (status) => status.availableReplicas === 4 && status.replicas === 4,
    );
    expect(deployment(lab, 'web').status).toMatchObject({ replicas: 4, updatedReplicas: 4, availableReplicas: 4 });
    expect(deployment(lab, 'web').metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '2' });
  });

  test('a rollout that cannot finish is told after its deadline', async () => {
    const lab = await cluster();
    const draft = workload('Deployment', 'web', 1, { cpu: '64' });
    lab.apply({ ...draft, spec: { ...draft.spec, progressDeadlineSeconds: 0.2 } });
    await eventually(
      () => condition(lab, 'web', 'Progressing'),
      (reason) => reason === 'ProgressDeadlineExceeded',
    );
    expect(condition(lab, 'web', 'Progressing')).toBe('ProgressDeadlineExceeded');
    expect(condition(lab, 'web', 'Available')).toBe('MinimumReplicasUnavailable');
  });

  test('ordinals start one after the other and stop in reverse', async () => {
    const stopped: string[] = [];
    const started: string[] = [];
    const lab = await cluster({
      hooks: {
        async startPod({ metadata }) {
          started.push(metadata.name);
          return { ready: async () => true, stop: async () => void stopped.push(metadata.name) };
        },
      },
    });
    lab.apply(workload('StatefulSet', 'db', 3));
    await eventually(
      () => lab.statefulSets()['db'],
      (db) => db?.ready === 3,
    );
    lab.apply({ ...workload('StatefulSet', 'db', 0), spec: { replicas: 0 } });
    await eventually(
      () => podNames(lab),
      (names) => names.length === 0,
    );
    expect([started, stopped]).toEqual([
      ['db-0', 'db-1', 'db-2'],
      ['db-2', 'db-1', 'db-0'],
    ]);
  });

  test('a stop that fails is tried again, and the pod stays until it has worked', async () => {
    let tries = 0;
    const lab = await cluster({
      hooks: {
        startPod: async () => ({
          ready: async () => true,
          stop: async () => {
            tries += 1;
            if (tries < 3) throw new Error('still busy');
          },
        }),
      },
    });
    lab.apply(workload('StatefulSet', 'db', 1));
    await eventually(
      () => lab.statefulSets()['db'],
      (db) => db?.ready === 1,
    );
    lab.apply({ ...workload('StatefulSet', 'db', 0), spec: { replicas: 0 } });
    await eventually(
      () => tries,
      (count) => count === 2,
    );
    expect(podNames(lab)).toEqual(['db-0']);
    await eventually(
      () => podNames(lab),
      (names) => names.length === 0,
    );
    expect(tries).toBe(3);
  });

  test('a start that fails is reported and tried again', async () => {
    let tries = 0;
    const lab = await cluster({
      hooks: {
        async startPod() {
          tries += 1;
          if (tries < 3) throw new Error('port taken');
          return { ready: async () => true, stop: async () => {} };
        },
      },
    });
    lab.apply(workload('Deployment', 'web', 1));
    await eventually(
      () => lab.deployments()['web'],
      (web) => web?.ready === 1,
    );
    const failed = lab.list('events').filter((event) => event['reason'] === 'Failed');
    expect(failed.map((event) => [event['count'], event['message']])).toEqual([
      [2, 'Error: failed to start container: port taken'],
    ]);
  });

  test('pods wait for room, are spread over the nodes, and move in when a node is uncordoned', async () => {
    const lab = await cluster();
    lab.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: { unschedulable: true } });
    lab.apply(workload('Deployment', 'web', 4, { cpu: '2' }));
    await eventually(
      () => lab.deployments()['web'],
      (web) => web?.ready === 2,
    );
    const waiting = await eventually(
      () => pods(lab).filter((pod) => !pod.spec.nodeName && pod.status.conditions),
      (found) => found.length === 2,
    );
    expect(waiting.map((pod) => pod.status.conditions?.[0]?.message)).toEqual(
      Array(2).fill('0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.'),
    );
    lab.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: { unschedulable: null } });
    await eventually(
      () => lab.deployments()['web'],
      (web) => web?.ready === 4,
    );
    const places = pods(lab).map((pod) => pod.spec.nodeName);
    expect(places.sort()).toEqual(['node-0', 'node-0', 'node-1', 'node-1']);
  });

  test('an autoscaler undoes a scaling below its minimum, but leaves zero alone', async () => {
    const lab = await cluster();
    const autoscaled = (name: string, replicas: number) => {
      lab.apply(workload('Deployment', name, replicas));
      lab.apply({
        apiVersion: 'autoscaling/v1',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name },
        spec: { scaleTargetRef: { kind: 'Deployment', name }, minReplicas: 2, maxReplicas: 6 },
      });
    };
    const wanted = (name: string) =>
      eventually(
        () => lab.deployments()[name]?.wanted,
        (replicas) => replicas === 2,
      );
    autoscaled('web', 3);
    const scale = (replicas: number) =>
      ask(lab.url, 'PATCH', '/apis/apps/v1/namespaces/eden/deployments/web/scale', {
        token: 't',
        type: 'application/merge-patch+json',
        body: { spec: { replicas } },
      });
    await scale(1);
    expect(await wanted('web')).toBe(2);
    await scale(0);
    // A second one that is lifted proves that the autoscaler has looked again.
    autoscaled('witness', 1);
    expect(await wanted('witness')).toBe(2);
    expect(lab.deployments()['web']?.wanted).toBe(0);
  });

  test('what belonged to a deleted deployment goes too', async () => {
    const lab = await cluster();
    lab.apply(workload('Deployment', 'web', 2));
    await eventually(
      () => lab.deployments()['web'],
      (web) => web?.ready === 2,
    );
    await ask(lab.url, 'DELETE', '/apis/apps/v1/namespaces/eden/deployments/web', { token: 't' });
    await eventually(
      () => podNames(lab),
      (names) => names.length === 0,
    );
    expect([podNames(lab), lab.list('replicasets')]).toEqual([[], []]);
  });

  test('closing stops every process that was started', async () => {
    let running = 0;
    const lab = await cluster({
      hooks: {
        async startPod() {
          running += 1;
          return {
            ready: async () => true,
            stop: async () => {
              running -= 1;
            },
          };
        },
      },
    });
    lab.apply(workload('Deployment', 'web', 3));
    await eventually(
      () => lab.deployments()['web'],
      (web) => web?.ready === 3,
    );
    expect(running).toBe(3);
    await open.pop()?.close();
    expect(running).toBe(0);
  });
});
