/** The container cluster of each region (Kubernetes). Names are those of the configured namespace. */

export type Workload = {
  kind: 'deployment' | 'statefulset';
  name: string;
  /** `spec.replicas`. */
  wanted: number;
  /** Ready pods counted from the pods themselves, not from a status that may lag behind. */
  readyPods: number;
  /** All pods that still exist, terminating ones included. */
  pods: number;
  /** The controller has seen the newest spec, and every wanted pod is of it. */
  upToDate: boolean;
  /** What `restart` left on what its pods are made from; null where nothing did. */
  restarted: string | null;
  /** An autoscaler that would undo our scaling: its name and bounds. */
  autoscaler: { name: string; min: number; max: number } | null;
  /** Requests of one pod: `cpu` in cores, `memoryBytes`. */
  request: { cpu: number; memoryBytes: number };
  /** Pods that find no node. */
  unschedulable: number;
  /** Why pods are not ready, from their newest warnings, at most three short sentences. */
  trouble: string[];
};

/** What the pods of one deployment use together: CPU in cores, memory in bytes. */
export type Usage = {
  name: string;
  /** Pods that were measured. */
  pods: number;
  cpu: { used: number; of: number | null };
  /** `of`: their limits, where they have none their requests, together; null where some pod has neither. */
  memory: { used: number; of: number | null };
};

export type Capacity = {
  /** Ready, schedulable nodes, and all nodes. */
  readyNodes: number;
  nodes: number;
  /** Names of the nodes that are not ready; one that only takes no new pods is not among them. */
  notReady: string[];
  /** Allocatable minus requests of all pods that have not ended, per usable node. */
  free: { node: string; cpu: number; memoryBytes: number; pods: number }[];
};

/** Whether pods of these requests fit on the free nodes: first fit, largest first. `missing` names what found no room. */
export type Fit = { fits: boolean; missing: { name: string; pods: number }[] };

export interface Cluster {
  /** One workload; null when it does not exist. */
  workload(region: string, kind: Workload['kind'], name: string, signal: AbortSignal): Promise<Workload | null>;
  /** Several deployments at once (one list call each for deployments, pods, autoscalers); missing ones are left out. */
  deployments(region: string, names: string[], signal: AbortSignal): Promise<Workload[]>;
  /** Sets `spec.replicas` through the scale subresource. Idempotent. Throws when the workload does not exist. */
  scale(region: string, kind: Workload['kind'], name: string, replicas: number, signal: AbortSignal): Promise<void>;
  /** Lets a deployment replace its pods one after the other, as a rollout does. The same mark again changes nothing. */
  restart(region: string, deployment: string, mark: string, signal: AbortSignal): Promise<void>;
  capacity(region: string, signal: AbortSignal): Promise<Capacity>;
  /** What deployments use now; null where the cluster measures nothing (no `metrics.k8s.io`). Those without a number are left out. */
  usage(region: string, deployments: string[], signal: AbortSignal): Promise<Usage[] | null>;
  /** What the workloads run on and are configured by. Hashes serve comparison only: they are never kept or shown. */
  configuration(region: string, deployments: string[], signal: AbortSignal): Promise<ClusterConfiguration>;
  /** An annotation of the configured namespace; null where it bears none of this name. */
  annotation(region: string, key: string, signal: AbortSignal): Promise<string | null>;
  /** Sets it, or removes it (`null`). Idempotent. */
  annotate(region: string, key: string, value: string | null, signal: AbortSignal): Promise<void>;
  /** Every deployment and stateful set of the namespace, deployments first, by name. */
  workloads(region: string, signal: AbortSignal): Promise<Workload[]>;
  /** Every node of the cluster, by name. */
  nodes(region: string, signal: AbortSignal): Promise<NodeView[]>;
  /** Whether these nodes take new pods (`on`: they do not). Idempotent. What runs there goes on running. */
  cordon(region: string, nodes: string[], on: boolean, signal: AbortSignal): Promise<void>;
  /** Whether a policy of this name stands in the namespace; `other` where it does not deny everything. */
  trafficDenied(region: string, name: string, signal: AbortSignal): Promise<'no' | 'yes' | 'other'>;
  /** Writes the policy of this name so that no pod of the namespace may be reached or reach anything, or removes it. Idempotent. */
  denyTraffic(region: string, name: string, on: boolean, signal: AbortSignal): Promise<void>;
  /** A label of the namespace and of every node, `namespace NAME` and `node NAME` → its value, null where it is absent. */
  labels(region: string, key: string, signal: AbortSignal): Promise<Record<string, string | null>>;
  /** Sets it on all of them, or removes it (`null`). Idempotent. */
  label(region: string, key: string, value: string | null, signal: AbortSignal): Promise<void>;
  /** Workloads, pods, nodes, their newest events and last log lines, as JSON text of bounded size. What may not be read is said in it. */
  snapshot(region: string, signal: AbortSignal): Promise<string>;
}

export type NodeView = {
  name: string;
  ready: boolean;
  /** Takes new pods: not cordoned. */
  schedulable: boolean;
  /** What it is short of: `MemoryPressure`, `DiskPressure`, `PIDPressure`. */
  pressure: string[];
};

export type ClusterConfiguration = {
  /** By deployment: the images of its containers, `container=image`, sorted. */
  images: Record<string, string[]>;
  /** By name: a digest of the data. Those every cluster makes for itself are left out. */
  configMaps: Record<string, string>;
  secrets: Record<string, string>;
};
