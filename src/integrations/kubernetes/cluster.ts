/**
 * The port `cluster` over the Kubernetes API: workloads are read from the objects themselves, scaling goes through
 * the scale subresource, a change freeze is an annotation of the namespace; what secures a lost region stands in
 * securing.ts. Nothing else is ever written.
 */
import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { ConfigError } from '../../lib/errors.ts';
import type { Cluster, Workload } from '../../ports/cluster.ts';
import { capacityOf } from './capacity.ts';
import { type Apis, connect, type Region, type RegionOptions } from './client.ts';
import { configurationOf } from './configuration.ts';
import { statusOf } from './failure.ts';
import { everyPage } from './pages.ts';
import { securing } from './securing.ts';
import { type PodMetrics, usageOf } from './usage.ts';
import { describe, type Found, RESTARTED, troubleOf } from './workload.ts';
import { AS_MERGE_PATCH, withoutConflict } from './writing.ts';

export type KubernetesClusterOptions = {
  /** By region name. Without `kubeconfig` (a path) the usual places are searched, the service account of a pod too. */
  regions: { [region: string]: RegionOptions };
  /** Milliseconds one request may take, the reading of its answer included. */
  timeoutMs: number;
};

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
          if (kind === 'deployment') await apis.apps.patchNamespacedDeploymentScale(request, AS_MERGE_PATCH);
          else await apis.apps.patchNamespacedStatefulSetScale(request, AS_MERGE_PATCH);
        }),
      );
    },

    async restart(regionName, name, mark, signal) {
      const region = regionOf(regionName);
      const { namespace } = region;
      await region.call(`patch deployment "${name}"`, signal, ({ apps }) =>
        withoutConflict(async () => {
          const body = { spec: { template: { metadata: { annotations: { [RESTARTED]: mark } } } } };
          await apps.patchNamespacedDeployment({ name, namespace, body, fieldManager: 'regent' }, AS_MERGE_PATCH);
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

    async usage(regionName, names, signal) {
      const region = regionOf(regionName);
      const { namespace } = region;
      const what = `list what the pods of namespace "${namespace}" use`;
      return region.call(what, signal, async ({ apps, core, custom }) => {
        const metrics = await measured(custom, namespace);
        if (metrics === null) return null;
        const [deployments, pods] = await Promise.all([
          everyPage((page) => apps.listNamespacedDeployment({ namespace, ...page })),
          everyPage((page) => core.listNamespacedPod({ namespace, ...page })),
        ]);
        const wanted = deployments.filter(({ metadata }) => names.includes(metadata?.name ?? ''));
        return usageOf(wanted, pods, metrics);
      });
    },

    async configuration(regionName, names, signal) {
      const region = regionOf(regionName);
      const { namespace } = region;
      // Three calls, not one: a right that is missing is named by the call it was missed in.
      const list = <T>(what: string, one: (apis: Apis) => Promise<T>): Promise<T> =>
        region.call(`list ${what} in namespace "${namespace}"`, signal, one);
      const [deployments, configMaps, secrets] = await Promise.all([
        list('deployments', ({ apps }) => everyPage((page) => apps.listNamespacedDeployment({ namespace, ...page }))),
        list('configmaps', ({ core }) => everyPage((page) => core.listNamespacedConfigMap({ namespace, ...page }))),
        list('secrets', ({ core }) => everyPage((page) => core.listNamespacedSecret({ namespace, ...page }))),
      ]);
      return configurationOf(names, deployments, configMaps, secrets);
    },

    async annotation(regionName, key, signal) {
      const region = regionOf(regionName);
      const { namespace: name } = region;
      return region.call(`get namespace "${name}"`, signal, async ({ core }) => {
        const { metadata } = await core.readNamespace({ name });
        return metadata?.annotations?.[key] ?? null;
      });
    },

    async annotate(regionName, key, value, signal) {
      const region = regionOf(regionName);
      const { namespace: name } = region;
      await region.call(`patch namespace "${name}"`, signal, ({ core }) =>
        withoutConflict(async () => {
          // Of a merge patch null removes the key, and what it does not name stays as it is.
          const body = { metadata: { annotations: { [key]: value } } };
          await core.patchNamespace({ name, body, fieldManager: 'regent' }, AS_MERGE_PATCH);
        }),
      );
    },

    async workloads(regionName, signal) {
      const region = regionOf(regionName);
      const { namespace } = region;
      return region.call(`list the workloads of namespace "${namespace}"`, signal, async (apis) => {
        const [deployments, sets] = await Promise.all([
          everyPage((page) => apis.apps.listNamespacedDeployment({ namespace, ...page })),
          everyPage((page) => apis.apps.listNamespacedStatefulSet({ namespace, ...page })),
        ]);
        return complete(apis, namespace, [
          ...deployments.map((object): Found => ({ kind: 'deployment', object })),
          ...sets.map((object): Found => ({ kind: 'statefulset', object })),
        ]);
      });
    },

    ...securing(regionOf),

    async close() {
      await Promise.all([...regions.values()].map((region) => region.close()));
    },
  };
}

/** null where the cluster has no metrics API at all. */
async function measured(custom: Apis['custom'], namespace: string): Promise<PodMetrics[] | null> {
  try {
    const kind = { group: 'metrics.k8s.io', version: 'v1beta1', plural: 'pods' };
    const list = (await custom.listNamespacedCustomObject({ ...kind, namespace })) as { items?: PodMetrics[] };
    return list.items ?? [];
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
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
