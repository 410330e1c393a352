/** Objects every cluster has by itself: its nodes, and what each new namespace is given. */
import { randomSuffix } from './names.ts';
import { type Draft, type Store, timestamp } from './store.ts';

export type NodeSpec = { name: string; cpu: string; memory: string; pods: number };

export function nodeDraft({ name, cpu, memory, pods }: NodeSpec, index: number, now: number): Draft {
  const at = timestamp(now);
  const room = { cpu, 'ephemeral-storage': '100Gi', memory, pods: String(pods) };
  const condition = (type: string, status: string, reason: string, message?: string) => ({
    type,
    status,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
    reason,
    ...(message ? { message } : {}),
  });
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'node.kubernetes.io/instance-type': 'fake',
        'topology.kubernetes.io/zone': `zone-${'abc'[index % 3]}`,
        type: 'fake',
      },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
    },
    spec: {},
    status: {
      capacity: room,
      allocatable: room,
      phase: 'Running',
      conditions: [
        condition('Ready', 'True', 'KubeletReady', 'fake kubelet is posting ready status'),
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
      ],
      addresses: [
        { type: 'InternalIP', address: `127.0.0.${11 + index}` },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: {
        machineID: name,
        systemUUID: name,
        bootID: name,
        kernelVersion: '0',
        osImage: 'simulated',
        containerRuntimeVersion: 'fake://0',
        kubeletVersion: 'v1.20.2',
        kubeProxyVersion: 'v1.20.2',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  };
}

/** Gives each new namespace its certificate bundle and its default account's secret. */
export function seedNamespaces(store: Store): void {
  store.onChange(({ type, resource, object }) => {
    if (type !== 'ADDED' || resource.plural !== 'namespaces') return;
    const namespace = object.metadata.name;
    store.create('configmaps', {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'kube-root-ca.crt', namespace },
      data: { 'ca.crt': 'The lab speaks plain HTTP: there is no authority.\n' },
    });
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    store.create('secrets', {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: {
        name: `default-token-${randomSuffix()}`,
        namespace,
        annotations: {
          'kubernetes.io/service-account.name': 'default',
          'kubernetes.io/service-account.uid': object.metadata.uid,
        },
      },
      data: { 'ca.crt': encoded('none'), namespace: encoded(namespace), token: encoded('opens nothing') },
      type: 'kubernetes.io/service-account-token',
    });
  });
}

/** The secret pods of a namespace mount by themselves. */
export const accountSecret = (store: Store, namespace: string): string =>
  store.list('secrets', namespace).find((secret) => secret['type'] === 'kubernetes.io/service-account-token')?.metadata
    .name ?? 'default-token';

const REQUESTS = { cpu: '250m', memory: '256Mi' };

/** What a pod of a service runs and reads: one image, a ConfigMap and a Secret of its own name. The same in every region. */
export const podTemplate = (app: string, organization: string) => ({
  metadata: { labels: { app } },
  spec: {
    containers: [
      {
        name: app,
        image: `${organization}/${app}:1.4.2`,
        resources: { requests: REQUESTS },
        envFrom: [{ configMapRef: { name: app, optional: true } }, { secretRef: { name: app, optional: true } }],
      },
    ],
  },
});

/**
 * The configuration of the services, the same in every region, as somebody who deploys to both would leave it; and
 * Helm's record of its last release, which each cluster has of its own.
 */
export function serviceConfiguration(services: string[], region: string, organization: string): Draft[] {
  const object = (kind: string, name: string, more: object): Draft => ({
    apiVersion: 'v1',
    kind,
    metadata: { name },
    ...more,
  });
  return [
    ...services.flatMap((name) => [
      object('ConfigMap', name, { data: { LOG_LEVEL: 'info', SERVICE: name, WORKERS: '4' } }),
      object('Secret', name, { stringData: { DATABASE_PASSWORD: `lab-only-${name}` } }),
    ]),
    object('ConfigMap', 'feature-flags', { data: { 'flags.json': '{"newSearch":true,"betaExport":false}' } }),
    object('Secret', 'jwt', { stringData: { 'signing.key': 'lab-only: signs nothing that anybody trusts' } }),
    object('Secret', `sh.helm.release.v1.${organization}.v7`, {
      type: 'helm.sh/release.v1',
      stringData: { release: `lab-only: released to ${region}` },
    }),
  ];
}
