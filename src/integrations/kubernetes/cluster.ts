/**
 * The port `cluster` over the Kubernetes API: workloads are read from the objects themselves, scaling goes through
 * the scale subresource, and nothing else is ever written.
 */
import { type CoreV1Event, PatchStrategy, setHeaderOptions, type V1Pod } from '@kubernetes/client-node';
import { ConfigError } from '../../lib/errors.ts';
import type { Cluster, Workload } from '../../ports/cluster.ts';
import { capacityOf } from './capacity.ts';
import { type Apis, connect, type Region, type RegionOptions } from './client.ts';
import { statusOf } from './failure.ts';
import { describe, type Found, troubleOf } from './workload.ts';

export type KubernetesClusterOptions = {
  /** By region name. Without `kubeconfig` (a path) the usual places are searched, the service account of a pod too. */
  regions: { [region: string]: RegionOptions };
  /** Milliseconds one request may take, the reading of its answer included. */
  timeoutMs: number;
};

/** How many objects one answer carries at most: large clusters answer in pages. */
const PAGE = 500;
/** A patch without a version is only refused when the server itself lost a race; the wanted value stays the same. */
const CONFLICT_TRIES = 4;

/** @throws ConfigError at once when a kubeconfig or context is missing. `close` lets go of idle connections. */
export function kubernetesCluster(options: KubernetesClusterOptions): Cluster & { close(): Promise<void> } {
  const regions = new Map(
    Object.entries(options.regions).map(([name, region]) => [name, connect(name, region, options.timeoutMs)]),
  );

  function regionOf(name: string): Region {
    const region = regions.get(name);
    if (region) return region;
    throw new ConfigError(`The region ${name} has no Kubernetes cluster.`, {
      code: 'kubernetes-region',
      hint: `Configured are: ${[...regions.keys()].join(', ')}.`,
    });
  }

  return {
    async workload(regionName, kind, name, signal) {
      const region = regionOf(regionName);
      return region.call(`read ${kind} "${name}"`, signal, async (apis) => {
        const found = await read(apis, region.namespace, kind, name);
        if (!found) return null;
        const [one] = await complete(apis, region.namespace, [found]);
        return one ?? null;
      });
    },

    async deployments(regionName, names, signal) {
      const region = regionOf(regionName);
      const { namespace } = region;
      return region.call(`list deployments in namespace "${namespace}"`, signal, async (apis) => {
        const all = await everyPage((page) => apis.apps.listNamespacedDeployment({ namespace, ...page }));
        const found = names.flatMap((name): Found[] => {
          const object = all.find((one) => one.metadata?.name === name);
          return object ? [{ kind: 'deployment', object }] : [];
        });
        return found.length === 0 ? [] : complete(apis, namespace, found);
      });
    },

    async scale(regionName, kind, name, replicas, signal) {
      if (!Number.isSafeInteger(replicas) || replicas < 0) {
        throw new RangeError(`${replicas} is no number of replicas for ${kind} "${name}"`);
      }
      const region = regionOf(regionName);
      const { namespace } = region;
      await region.call(`scale ${kind} "${name}" to ${replicas}`, signal, (apis) =>
        withoutConflict(async () => {
          const request = { name, namespace, body: { spec: { replicas } }, fieldManager: 'regent' };
          // The library's default is JSON patch, which takes a list of operations only.
          const header = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
          if (kind === 'deployment') await apis.apps.patchNamespacedDeploymentScale(request, header);
          else await apis.apps.patchNamespacedStatefulSetScale(request, header);
        }),
      );
    },

    async capacity(regionName, signal) {
      const region = regionOf(regionName);
      return region.call('list nodes and the pods of all namespaces', signal, async ({ core }) => {
        const living = 'status.phase!=Succeeded,status.phase!=Failed';
        const [nodes, pods] = await Promise.all([
          everyPage((page) => core.listNode(page)),
          everyPage((page) => core.listPodForAllNamespaces({ fieldSelector: living, ...page })),
        ]);
        return capacityOf(nodes, pods);
      });
    },

    async close() {
      await Promise.all([...regions.values()].map((region) => region.close()));
    },
  };
}

async function read(apis: Apis, namespace: string, kind: Workload['kind'], name: string): Promise<Found | null> {
  try {
    return kind === 'deployment'
      ? { kind, object: await apis.apps.readNamespacedDeployment({ name, namespace }) }
      : { kind, object: await apis.apps.readNamespacedStatefulSet({ name, namespace }) };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** Adds pods, autoscalers and, only where pods are missing, the newest warnings. */
async function complete({ core, autoscaling }: Apis, namespace: string, found: Found[]): Promise<Workload[]> {
  const [pods, autoscalers] = await Promise.all([
    everyPage((page) => core.listNamespacedPod({ namespace, ...page })),
    everyPage((page) => autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace, ...page })),
  ]);
  const described = found.map((one) => describe(one, pods, autoscalers));
  const troubled = described.filter(({ workload }) => workload.readyPods < workload.wanted);
  if (troubled.length === 0) return described.map(({ workload }) => workload);
  const events = await warnings(core, namespace);
  return described.map(({ workload, unready }: { workload: Workload; unready: V1Pod[] }) =>
    workload.readyPods < workload.wanted
      ? { ...workload, trouble: troubleOf(workload.name, unready, events) }
      : workload,
  );
}

/** Events explain, they decide nothing: a user who may not read them still gets the counts. */
async function warnings(core: Apis['core'], namespace: string): Promise<CoreV1Event[]> {
  try {
    return await everyPage((page) => core.listNamespacedEvent({ namespace, fieldSelector: 'type=Warning', ...page }));
  } catch (error) {
    if (statusOf(error) === 403) return [];
    throw error;
  }
}

type Page<T> = { items: T[]; metadata?: { _continue?: string } };

async function everyPage<T>(list: (page: { limit: number; _continue?: string }) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const page = await list({ limit: PAGE, ...(token ? { _continue: token } : {}) });
    all.push(...page.items);
    token = page.metadata?._continue;
  } while (token);
  return all;
}

async function withoutConflict(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (statusOf(error) !== 409 || tries === CONFLICT_TRIES) throw error;
    }
  }
}
