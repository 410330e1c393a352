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
  /** An autoscaler that would undo our scaling: its name and bounds. */
  autoscaler: { name: string; min: number; max: number } | null;
  /** Requests of one pod: `cpu` in cores, `memoryBytes`. */
  request: { cpu: number; memoryBytes: number };
  /** Why pods are not ready, from their newest warnings, at most three short sentences. */
  trouble: string[];
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
  capacity(region: string, signal: AbortSignal): Promise<Capacity>;
}
