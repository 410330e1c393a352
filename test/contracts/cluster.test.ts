import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type KubernetesLab, startKubernetes } from '../../lab/kubernetes/start.ts';
import { kubernetesCluster } from '../../src/integrations/kubernetes/cluster.ts';
import { eventually, workload } from '../lab/kubernetes/support.ts';
import { type ClusterWorld, clusterContract } from './cluster.suite.ts';

const TOKEN = 'a-token-of-the-lab';
const DELAYS = { controllerMs: 5, probeMs: 50, retryMs: 200, readyMs: 20 };
const NODES = [0, 1].map((index) => ({ name: `node-${index}`, cpu: '4', memory: '8Gi', pods: 110 }));

/** A kubeconfig as a file: what an operator has. `remove` deletes it. */
function kubeconfigFile(text: string): { path: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'regent-kubeconfig-'));
  const path = join(folder, 'config');
  writeFileSync(path, text, { mode: 0o600 });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function labWorld(): Promise<ClusterWorld> {
  const silent = new Set<string>();
  const held = new Set<string>();
  const running = new Map<string, number>();
  const logs = new Map<string, string>();
  let measured: Record<string, { cpu: string; memory: string }> | null = null;
  const nameOf = (labels: Record<string, string> | undefined) => labels?.['app'] ?? '';
  const lab = await startKubernetes({
    name: 'secondary',
    namespace: 'eden',
    tokens: { [TOKEN]: 'regent' },
    nodes: NODES,
    delays: DELAYS,
    measure: ({ metadata }) => (measured === null ? null : measured[nameOf(metadata.labels)]),
    hooks: {
      async startPod({ metadata }) {
        const name = nameOf(metadata.labels);
        const change = (by: number) => running.set(name, (running.get(name) ?? 0) + by);
        change(1);
        return {
          ready: async () => !silent.has(name),
          stop: async () => {
            await eventually(
              () => held.has(name),
              (still) => !still,
            );
            change(-1);
          },
          log: async () => {
            const text = logs.get(name);
            if (text === undefined) throw new Error('the kubelet does not answer');
            return text;
          },
        };
      },
    },
  });
  const file = kubeconfigFile(lab.kubeconfig(TOKEN));
  const regions = { 'us-west-2': { kubeconfig: file.path, context: 'secondary', namespace: 'eden' } };
  const cluster = kubernetesCluster({ regions, timeoutMs: 5000 });
  const toggle = (set: Set<string>, name: string, on: boolean) => (on ? set.add(name) : set.delete(name));
  return {
    cluster,
    region: 'us-west-2',
    create: (kind, name, replicas, requests) =>
      lab.apply(workload(kind === 'deployment' ? 'Deployment' : 'StatefulSet', name, replicas, requests)),
    autoscale: (name, minReplicas, maxReplicas) =>
      lab.apply({
        apiVersion: 'autoscaling/v1',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name },
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, minReplicas, maxReplicas },
      }),
    answering: (name, yes) => toggle(silent, name, !yes),
    holdStop: (name, on) => toggle(held, name, on),
    running: (name) => running.get(name) ?? 0,
    configure: (kind, name, texts, type) => {
      const encoded = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
      const data = kind === 'ConfigMap' ? texts : Object.fromEntries(encoded);
      lab.apply({ apiVersion: 'v1', kind, metadata: { name }, data, ...(type === undefined ? {} : { type }) });
    },
    allow: (name) =>
      lab.apply({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name },
        spec: { podSelector: {}, ingress: [{}], policyTypes: ['Ingress', 'Egress'] },
      }),
    press: (node, type, on) => {
      const { conditions } = lab.get('nodes', node)!['status'] as { conditions: { type: string; status: string }[] };
      const pressed = conditions.map((one) => (one.type === type ? { ...one, status: on ? 'True' : 'False' } : one));
      lab.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: node }, status: { conditions: pressed } });
    },
    measures: (usage) => {
      measured = usage;
    },
    logs: (name, text) => logs.set(name, text),
    async close() {
      held.clear();
      await cluster.close();
      await lab.close();
      file.remove();
    },
  };
}

clusterContract("Kubernetes over the lab's API server", labWorld);

describe('a cluster in trouble', () => {
  let lab: KubernetesLab;
  const closers: (() => Promise<void> | void)[] = [];
  const { signal } = new AbortController();

  beforeAll(async () => {
    const options = { namespace: 'eden', nodes: NODES, delays: DELAYS };
    lab = await startKubernetes({
      ...options,
      name: 'primary',
      tokens: { [TOKEN]: 'regent', other: 'reader' },
      may: ({ user, verb, sub }) => user === 'regent' || (verb !== 'patch' && sub === undefined),
    });
    lab.apply(workload('Deployment', 'task-service', 1));
  });
  afterEach(async () => {
    lab.clearFaults();
    for (const close of closers.splice(0)) await close();
  });
  afterAll(() => lab.close());

  function connected(token = TOKEN, timeoutMs = 5000, context = 'primary', text = lab.kubeconfig(token)) {
    const file = kubeconfigFile(text);
    closers.push(file.remove);
    const regions = { 'us-east-1': { kubeconfig: file.path, context, namespace: 'eden' } };
    const cluster = kubernetesCluster({ regions, timeoutMs });
    closers.push(() => cluster.close());
    return cluster;
  }
  const scale = (cluster = connected(), replicas = 2, by = signal) =>
    cluster.scale('us-east-1', 'deployment', 'task-service', replicas, by);
  const wanted = () => lab.deployments()['task-service']?.wanted;

  test('a wrong token is said, with the status and no token', async () => {
    const refused = scale(connected('wrong-token'));
    await expect(refused).rejects.toMatchObject({
      message: 'Kubernetes of us-east-1 refused to scale deployment "task-service" to 2 (401 Unauthorized).',
      hint: 'Check the credentials of the context "primary" in the kubeconfig.',
      code: 'kubernetes-401',
      effect: 'none',
    });
    await expect(refused).rejects.toThrow('(401 Unauthorized).');
  });

  test('a missing right names what was refused', async () => {
    await expect(scale(connected('other'))).rejects.toMatchObject({
      message: 'Kubernetes of us-east-1 refused to scale deployment "task-service" to 2 (403 Forbidden).',
      hint: expect.stringContaining('it was refused deployments'),
      effect: 'none',
    });
  });

  test.each([
    ['deployments', 'list deployments in namespace "eden"'],
    ['configmaps', 'list configmaps in namespace "eden"'],
    ['secrets', 'list secrets in namespace "eden"'],
  ])('configuration without the right to list %s names that right', async (plural, right) => {
    const closed = await startKubernetes({
      name: 'primary',
      namespace: 'eden',
      nodes: [],
      tokens: { [TOKEN]: 'regent' },
      may: ({ resource }) => resource.plural !== plural,
    });
    closers.push(() => closed.close());
    const cluster = connected(TOKEN, 5000, 'primary', closed.kubeconfig(TOKEN));
    await expect(cluster.configuration('us-east-1', [], signal)).rejects.toMatchObject({
      message: `Kubernetes of us-east-1 refused to ${right} (403 Forbidden).`,
      hint: `Give the user of the context "primary" the right to ${right} (it was refused ${plural}).`,
      effect: 'none',
    });
  });

  test('init containers are images too, the registry and a digest with them', async () => {
    const { spec, ...rest } = workload('Deployment', 'migrated', 0);
    const { template } = spec;
    const initContainers = [{ name: 'a-migration', image: 'registry:5000/eden/migrate@sha256:abc' }];
    lab.apply({ ...rest, spec: { ...spec, template: { ...template, spec: { ...template.spec, initContainers } } } });
    const { images } = await connected().configuration('us-east-1', ['migrated'], signal);
    expect(images).toEqual({
      migrated: ['a-migration=registry:5000/eden/migrate@sha256:abc', 'migrated=eden/migrated:1.4.2'],
    });
  });

  test('being immutable, a label or a version changes no digest', async () => {
    const map = (name: string, more: object) =>
      lab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more }, data: { a: '1' } });
    map('plain', {});
    map('labelled', { labels: { team: 'a' } });
    lab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fixed' }, immutable: true, data: { a: '1' } });
    for (const [name, a] of Object.entries({ binary: 'MQ==', another: 'Mg==' }))
      lab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, binaryData: { a } });
    const { configMaps } = await connected().configuration('us-east-1', [], signal);
    expect(configMaps['labelled']).toBe(configMaps['plain']);
    expect(configMaps['fixed']).toBe(configMaps['plain']);
    expect(new Set([configMaps['plain'], configMaps['binary'], configMaps['another']]).size).toBe(3);
  });

  test('a freeze changes one annotation of the namespace and nothing else', async () => {
    const cluster = connected();
    const before = lab.get('namespaces', 'eden')!;
    await cluster.annotate('us-east-1', 'regent.dev/change-freeze', 'eden-1', signal);
    expect(lab.ledger.at(-1)).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/namespaces/eden',
      body: { metadata: { annotations: { 'regent.dev/change-freeze': 'eden-1' } } },
      user: 'regent',
    });
    const [{ metadata: was, ...rest }, { metadata, ...now }] = [before, lab.get('namespaces', 'eden')!];
    expect(now).toEqual(rest);
    expect(metadata).toEqual({
      ...was,
      resourceVersion: metadata.resourceVersion,
      annotations: { 'regent.dev/change-freeze': 'eden-1' },
    });
  });

  test('a namespace that is not there, and a right over it that is missing, are said', async () => {
    const file = kubeconfigFile(lab.kubeconfig(TOKEN));
    closers.push(file.remove);
    const regions = { 'us-east-1': { kubeconfig: file.path, context: 'primary', namespace: 'edne' } };
    const elsewhere = kubernetesCluster({ regions, timeoutMs: 5000 });
    closers.push(() => elsewhere.close());
    await expect(elsewhere.annotation('us-east-1', 'a', signal)).rejects.toMatchObject({
      message: 'Kubernetes of us-east-1 refused to get namespace "edne" (404 NotFound).',
      hint: 'Check its name and the namespace "edne" in the configuration.',
    });
    await expect(connected('other').annotate('us-east-1', 'a', 'b', signal)).rejects.toMatchObject({
      message: 'Kubernetes of us-east-1 refused to patch namespace "eden" (403 Forbidden).',
      hint: expect.stringContaining('the right to patch namespace "eden" (it was refused namespaces)'),
      effect: 'none',
    });
  });

  test('a freeze whose answer is lost may have been set; a conflict is tried again', async () => {
    const cluster = connected();
    lab.fault({ match: 'PATCH /api/v1/namespaces/eden', kind: 'lostAnswer' });
    await expect(cluster.annotate('us-east-1', 'k', 'once', signal)).rejects.toMatchObject({ effect: 'unknown' });
    expect(await cluster.annotation('us-east-1', 'k', signal)).toBe('once');
    lab.fault({ match: 'PATCH', times: 2, kind: 'conflict' });
    await cluster.annotate('us-east-1', 'k', 'twice', signal);
    expect(await cluster.annotation('us-east-1', 'k', signal)).toBe('twice');
  });

  test('a conflict is tried again, because the wanted number stays the same', async () => {
    lab.fault({ match: 'PATCH', times: 2, kind: 'conflict' });
    await scale(connected(), 3);
    expect(wanted()).toBe(3);
  });

  test('a conflict that does not end is an error without effect', async () => {
    lab.fault({ match: 'PATCH', times: 100, kind: 'conflict' });
    await expect(scale(connected(), 7)).rejects.toMatchObject({ code: 'kubernetes-409', effect: 'none' });
    expect(wanted()).not.toBe(7);
  });

  test('a server that never answers is given up after the limit, and nobody knows what it did', async () => {
    lab.fault({ match: '/scale', kind: 'hang' });
    await expect(scale(connected(TOKEN, 300))).rejects.toMatchObject({
      message:
        'Kubernetes of us-east-1 did not answer within 0.3 s when asked to scale deployment "task-service" to 2.',
      code: 'kubernetes-timeout',
      effect: 'unknown',
    });
  });

  test("the caller's abort really ends a call on its way", async () => {
    lab.fault({ match: '/scale', kind: 'hang' });
    const controller = new AbortController();
    const before = lab.calls;
    const pending = scale(connected(TOKEN, 60_000), 2, controller.signal);
    const outcome = expect(pending).rejects.toMatchObject({ code: 'kubernetes-aborted', effect: 'unknown' });
    await eventually(
      () => lab.calls,
      (calls) => calls > before,
    );
    controller.abort();
    await outcome;
  });

  test('a cut connection leaves the effect unknown: it may have been done', async () => {
    lab.fault({ match: '/scale', kind: 'lostAnswer' });
    await expect(scale(connected(), 5)).rejects.toMatchObject({ code: 'kubernetes-unreachable', effect: 'unknown' });
    expect(wanted()).toBe(5);
  });

  test('an error of the server is not repeated word by word', async () => {
    lab.fault({ match: 'GET', times: 5, kind: 'http500' });
    const failed = connected().capacity('us-east-1', signal);
    await expect(failed).rejects.toMatchObject({
      message: 'Kubernetes of us-east-1 failed to list nodes and the pods of all namespaces (500 InternalError).',
      effect: 'unknown',
    });
  });

  test('a server that is not there proves that nothing was done', async () => {
    const gone = await startKubernetes({ name: 'gone', namespace: 'eden', tokens: { [TOKEN]: 'regent' }, nodes: [] });
    const text = gone.kubeconfig(TOKEN);
    await gone.close();
    await expect(scale(connected(TOKEN, 5000, 'gone', text))).rejects.toMatchObject({
      message: 'Kubernetes of us-east-1 could not be reached to scale deployment "task-service" to 2 (ECONNREFUSED).',
      effect: 'none',
    });
  });

  test('each region is asked with its own credentials', async () => {
    const other = await startKubernetes({ name: 'west', namespace: 'eden', tokens: { west: 'regent' }, nodes: NODES });
    closers.push(() => other.close());
    const east = JSON.parse(lab.kubeconfig(TOKEN)) as Record<string, unknown[]>;
    const west = JSON.parse(other.kubeconfig('west')) as Record<string, unknown[]>;
    const lists = ['clusters', 'users', 'contexts'].map((key) => [key, [...east[key]!, ...west[key]!]]);
    const file = kubeconfigFile(JSON.stringify({ ...east, ...Object.fromEntries(lists) }));
    closers.push(file.remove);
    const region = (context: string) => ({ kubeconfig: file.path, context, namespace: 'eden' });
    const cluster = kubernetesCluster({ regions: { e: region('primary'), w: region('west') }, timeoutMs: 5000 });
    closers.push(() => cluster.close());
    const [one, two] = await Promise.all([cluster.capacity('e', signal), cluster.capacity('w', signal)]);
    expect([one.nodes, two.nodes]).toEqual([2, 2]);
    await cluster.scale('e', 'deployment', 'task-service', 1, signal);
    expect(lab.ledger.at(-1)).toMatchObject({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/eden/deployments/task-service/scale',
      body: { spec: { replicas: 1 } },
      user: 'regent',
    });
  });

  test('a context or a file that is missing is found at the start', () => {
    expect(() => connected(TOKEN, 5000, 'nope')).toThrow('no context "nope"');
    const regions = { e: { kubeconfig: join(tmpdir(), 'no-such-kubeconfig'), context: 'a', namespace: 'eden' } };
    expect(() => kubernetesCluster({ regions, timeoutMs: 1000 })).toThrow('cannot read the kubeconfig');
  });
});
