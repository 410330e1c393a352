/** Which resources the server knows, and what differs between them. Anything else answers as an unknown resource does. */

export type Resource = {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  /** Its `metadata.generation` rises with every change of the spec. */
  generation?: boolean;
  scale?: boolean;
  /** A PUT must name the version it replaces. */
  mustNameVersion?: boolean;
  /** Deleting marks the object; somebody else (the kubelet) removes it. */
  graceful?: boolean;
};

const core = (plural: string, kind: string, more: Partial<Resource> = {}): Resource => ({
  group: '',
  version: 'v1',
  plural,
  kind,
  namespaced: true,
  ...more,
});
const apps = (plural: string, kind: string, more: Partial<Resource> = {}): Resource => ({
  ...core(plural, kind, more),
  group: 'apps',
  generation: true,
});

export const RESOURCES: readonly Resource[] = [
  core('namespaces', 'Namespace', { namespaced: false }),
  core('nodes', 'Node', { namespaced: false }),
  core('pods', 'Pod', { graceful: true }),
  core('events', 'Event'),
  core('configmaps', 'ConfigMap'),
  core('secrets', 'Secret'),
  core('services', 'Service'),
  apps('deployments', 'Deployment', { scale: true }),
  apps('replicasets', 'ReplicaSet', { scale: true }),
  apps('statefulsets', 'StatefulSet', { scale: true }),
  { ...core('horizontalpodautoscalers', 'HorizontalPodAutoscaler'), group: 'autoscaling' },
  { ...core('networkpolicies', 'NetworkPolicy'), group: 'networking.k8s.io', generation: true },
  { ...core('pods', 'PodMetrics'), group: 'metrics.k8s.io', version: 'v1beta1' },
  { ...core('nodes', 'NodeMetrics'), group: 'metrics.k8s.io', version: 'v1beta1', namespaced: false },
  { ...core('leases', 'Lease'), group: 'coordination.k8s.io', mustNameVersion: true },
];

export const resourceOf = (group: string, version: string, plural: string): Resource | undefined =>
  RESOURCES.find((one) => one.group === group && one.version === version && one.plural === plural);

export const knowsGroupVersion = (group: string, version: string): boolean =>
  RESOURCES.some((one) => one.group === group && one.version === version);

export const resourceOfKind = (apiVersion: string, kind: string): Resource | undefined =>
  RESOURCES.find((one) => apiVersionOf(one) === apiVersion && one.kind === kind);

/** A resource of ours by its plural name alone: they are unique here. */
export function resourceNamed(plural: string): Resource {
  const found = RESOURCES.find((one) => one.plural === plural);
  if (!found) throw new Error(`The lab's Kubernetes knows no resource "${plural}".`);
  return found;
}

export const apiVersionOf = (resource: Resource): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;

/** `deployments.apps`, `pods`: how the API's messages name a resource. */
export const qualified = (resource: Resource): string =>
  resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
