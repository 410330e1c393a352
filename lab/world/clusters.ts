/** A region's Kubernetes: its nodes, the product's services and their configuration, and the StatefulSet whose pod is the Postgres server itself. */
import { readFileSync } from 'node:fs';
import { rightsIn } from '../kubernetes/rbac.ts';
import { podTemplate, serviceConfiguration } from '../kubernetes/seeds.ts';
import { type KubernetesLab, startKubernetes } from '../kubernetes/start.ts';
import type { Pod, PodHandle } from '../kubernetes/types.ts';
import type { PostgresNode } from '../postgres/types.ts';
import type { RegionRuntime } from '../services/region.ts';
import type { WorldFile } from './file.ts';

const POSTGRES = 'postgres';
/** The rights the project tells people to give it: what is missing there shows here first. */
const ROLE = new URL('../../deploy/kubernetes-role.yml', import.meta.url);

/** What the StatefulSet's controller starts and stops. */
type Server = Pick<PostgresNode, 'start' | 'stop' | 'running'>;
/** Beside the server in its pod, where there is one: it begins and ends with it. */
type Beside = () => { end(stop: () => Promise<void>): Promise<void> };

type Options = {
  file: WorldFile;
  region: string;
  serves: boolean;
  runtime: Pick<RegionRuntime, 'startPod'>;
  postgres: Server;
  pace: number;
  latencyMs: number;
  token: string;
  /** The StatefulSet's controller says it stopped Postgres, and did not: a fence that is only a word. */
  softFence: boolean;
  guard?: Beside;
};

/** Standing by, a region keeps one pod of what only reads and none of what writes: failing over has to scale it up. */
const standbyReplicas = (writeHeavy: boolean | undefined): number => (writeHeavy ? 0 : 1);

export async function startCluster(options: Options): Promise<KubernetesLab> {
  const { file, region, serves, runtime, postgres, pace, latencyMs, token, softFence, guard } = options;
  const { organization } = file;
  const { namespace } = file.services;
  const { alias, kubernetes } = file.regions[region]!;
  const cluster = await startKubernetes({
    name: kubernetes!.context,
    tokens: { [token]: 'regent' },
    // As it says itself: for a system in another namespace that name is changed, in both places.
    may: rightsIn(
      readFileSync(ROLE, 'utf8')
        .replaceAll('namespace: eden', `namespace: ${namespace}`)
        .replaceAll('resourceNames: [eden]', `resourceNames: [${namespace}]`),
    ),
    nodes: [0, 1, 2].map((n) => ({
      name: `${alias}-node-${n}`,
      cpu: '4',
      memory: '16Gi',
      pods: 110,
    })),
    namespace,
    pace,
    latencyMs: 0,
    hooks: { startPod: (pod) => startPod(pod, runtime, postgres, softFence, guard) },
    delays: { readyMs: 1000, probeMs: 500 },
  });
  for (const object of serviceConfiguration(Object.keys(file.services.deployments), region, organization))
    cluster.apply(object);
  const meta = (name: string) => ({ name, namespace, labels: { app: name } });
  for (const [name, { replicas, writeHeavy }] of Object.entries(file.services.deployments))
    cluster.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta(name),
      spec: {
        replicas: serves ? replicas : standbyReplicas(writeHeavy),
        selector: { matchLabels: { app: name } },
        template: podTemplate(name, organization),
      },
    });
  cluster.apply({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: meta(POSTGRES),
    spec: {
      replicas: 1,
      serviceName: POSTGRES,
      selector: { matchLabels: { app: POSTGRES } },
      template: podTemplate(POSTGRES, organization),
    },
  });
  cluster.latencyMs = latencyMs;
  return cluster;
}

async function startPod(
  pod: Pod,
  runtime: Options['runtime'],
  postgres: Server,
  softFence: boolean,
  guard: Beside | undefined,
): Promise<PodHandle> {
  const app = pod.metadata.labels?.['app'] ?? '';
  if (app !== POSTGRES) return await runtime.startPod(app);
  await postgres.start();
  const beside = guard?.();
  return {
    ready: async () => postgres.running(),
    stop: async () => {
      const stopped = async () => {
        if (!softFence) await postgres.stop('fast');
      };
      await (beside?.end(stopped) ?? stopped());
    },
  };
}
