/**
 * A Kubernetes API server for the lab: the calls Regent makes and their neighbours, answered over plain HTTP as
 * a real server answered them (test/fixtures/kubernetes-recordings.json), with controllers that really start and
 * stop what the lab hands in. One per region.
 */
import type { AddressInfo } from 'node:net';
import { createApi, type Measure } from './api.ts';
import { runAutoscaler } from './controllers/autoscaler.ts';
import { type Context, isReady } from './controllers/context.ts';
import { runDeployments } from './controllers/deployments.ts';
import { runGarbageCollector } from './controllers/garbage.ts';
import { runKubelet } from './controllers/kubelet.ts';
import { runReplicaSets } from './controllers/replica-sets.ts';
import { runScheduler } from './controllers/scheduler.ts';
import { runStatefulSets } from './controllers/stateful-sets.ts';
import { prepared, validate } from './defaults.ts';
import type { Attempt } from './failures.ts';
import { createFaults, type Fault } from './faults.ts';
import { mergePatch } from './patch.ts';
import { resourceOfKind } from './resources.ts';
import { type NodeSpec, nodeDraft, seedNamespaces } from './seeds.ts';
import { selects } from './selectors.ts';
import { createHttpServer, type LedgerEntry } from './server.ts';
import { createStore, type Draft } from './store.ts';
import { createTimers } from './timers.ts';
import type { Delays, Hooks, KubeObject, Pod, PodHandle, Workload } from './types.ts';

export type KubernetesOptions = {
  /** The context and cluster name in the kubeconfig. */
  name: string;
  /** Bearer token → user name. */
  tokens: Record<string, string>;
  nodes: NodeSpec[];
  namespace: string;
  /** What pods stand for. Default: nothing, ready after `delays.readyMs`. */
  hooks?: Hooks;
  /** Divides every wait. Default: 1. */
  pace?: number;
  latencyMs?: number;
  now?: () => number;
  delays?: Partial<Delays>;
  /** What a named user may do. Default: everything. */
  may?: (attempt: Attempt) => boolean;
  /** What each container of a pod uses. Default: nothing is measured, and there is no metrics API. */
  measure?: Measure;
};

export type Counted = { [name: string]: { wanted: number; ready: number; pods: number } };

export type KubernetesLab = {
  url: string;
  name: string;
  namespace: string;
  /** A kubeconfig (JSON, which is YAML) with one context of this server's name. */
  kubeconfig(token: string): string;
  /** Every mutating request that was accepted, oldest first. */
  readonly ledger: readonly LedgerEntry[];
  /** All requests so far. */
  readonly calls: number;
  latencyMs: number;
  /** Creates the object, or merges it into the one there is (status included); nothing is written to the ledger. */
  apply(object: Draft): KubeObject;
  /** By default in this server's namespace; objects of the whole cluster are found too. */
  get(plural: string, name: string, namespace?: string): KubeObject | undefined;
  list(plural: string): KubeObject[];
  /** Wanted, ready and existing pods of each, counted from the pods. */
  deployments(): Counted;
  statefulSets(): Counted;
  fault(fault: Fault): void;
  clearFaults(): void;
  /** Stops every pod and the server. */
  close(): Promise<void>;
};

const DELAYS: Delays = { controllerMs: 20, readyMs: 1000, probeMs: 200, retryMs: 1000, autoscalerMs: 15_000 };

export async function startKubernetes(options: KubernetesOptions): Promise<KubernetesLab> {
  const { name, namespace, now = Date.now } = options;
  const timers = createTimers(options.pace ?? 1);
  const delays = { ...DELAYS, ...options.delays };
  const store = createStore(now);
  const faults = createFaults();
  const ledger: LedgerEntry[] = [];
  let calls = 0;
  let latencyMs = options.latencyMs ?? 0;

  const api = createApi({ store, now, log: (pod) => kubelet.log(pod), measure: options.measure });
  const context: Context = { store, timers, delays, now, deletePod: (pod) => void api.deletePod(pod) };
  const defaultHooks: Hooks = { startPod: async () => readyAfter(timers.sleep(delays.readyMs)) };
  seedNamespaces(store);
  const kubelet = runKubelet(context, options.hooks ?? defaultHooks);
  for (const run of [
    runDeployments,
    runReplicaSets,
    runStatefulSets,
    runScheduler,
    runAutoscaler,
    runGarbageCollector,
  ]) {
    run(context);
  }
  options.nodes.forEach((node, index) => {
    store.create('nodes', nodeDraft(node, index, now()));
  });
  for (const one of new Set(['default', 'kube-system', namespace])) createNamespace(one);

  function createNamespace(one: string): void {
    const draft: Draft = { kind: 'Namespace', apiVersion: 'v1', metadata: { name: one } };
    store.create('namespaces', prepared(resourceOfKind('v1', 'Namespace')!, draft));
  }

  const server = createHttpServer({
    store,
    timers,
    now,
    tokens: options.tokens,
    may: options.may ?? (() => true),
    latencyMs: () => latencyMs,
    takeFault: faults.take,
    handle: api.handle,
    onCall: () => {
      calls += 1;
    },
    onChange: (entry) => ledger.push(entry),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function apply(object: Draft): KubeObject {
    const resource = resourceOfKind(object.apiVersion, object.kind);
    if (!resource) throw new Error(`The lab's Kubernetes knows no ${object.kind} of ${object.apiVersion}.`);
    const metadata = {
      ...object.metadata,
      ...(resource.namespaced ? { namespace: object.metadata.namespace ?? namespace } : {}),
    };
    const known = store.get(resource.plural, metadata.namespace, metadata.name ?? '');
    if (known) {
      return store.update(resource.plural, metadata.namespace, known.metadata.name, (draft) => {
        Object.assign(draft, mergePatch(draft, { ...object, metadata }));
      });
    }
    const draft = prepared(resource, { ...object, metadata });
    validate(resource, draft);
    return store.create(resource.plural, draft);
  }

  function counted(plural: string): Counted {
    const pods = store.list<Pod>('pods', namespace);
    const entry = ({ metadata, spec }: Workload) => {
      const own = pods.filter((pod) => selects(spec.selector, pod.metadata.labels));
      const ready = own.filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp).length;
      return [metadata.name, { wanted: spec.replicas, ready, pods: own.length }] as const;
    };
    return Object.fromEntries(store.list<Workload>(plural, namespace).map(entry));
  }

  return {
    url,
    name,
    namespace,
    kubeconfig: (token) => kubeconfigText(name, url, namespace, token),
    ledger,
    get calls() {
      return calls;
    },
    get latencyMs() {
      return latencyMs;
    },
    set latencyMs(value: number) {
      latencyMs = value;
    },
    apply,
    get: (plural, one, where = namespace) => store.get(plural, where, one) ?? store.get(plural, undefined, one),
    list: (plural) => store.list(plural),
    deployments: () => counted('deployments'),
    statefulSets: () => counted('statefulsets'),
    fault: faults.add,
    clearFaults: faults.clear,
    async close() {
      timers.close();
      await kubelet.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function readyAfter(started: Promise<void>): PodHandle {
  let up = false;
  void started.then(() => {
    up = true;
  });
  return {
    ready: async () => up,
    stop: async () => {
      up = false;
    },
  };
}

/** Plain HTTP is only spoken by clients that were told not to verify. */
function kubeconfigText(name: string, url: string, namespace: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
  });
}
