/** The shapes the lab's API server keeps and its controllers read: only the fields something here really uses. */

export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};

export type ObjectMeta = {
  name: string;
  generateName?: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
};

export type KubeObject = { apiVersion: string; kind: string; metadata: ObjectMeta; [field: string]: unknown };

export type Condition = {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastProbeTime?: null;
  lastUpdateTime?: string;
  lastTransitionTime?: string;
  lastHeartbeatTime?: string;
};

export type Container = {
  name: string;
  image: string;
  restartPolicy?: string;
  resources?: { requests?: Record<string, string | number> };
  volumeMounts?: unknown[];
};

export type PodSpec = {
  containers: Container[];
  initContainers?: Container[];
  overhead?: Record<string, string | number>;
  nodeName?: string;
  terminationGracePeriodSeconds?: number;
  [field: string]: unknown;
};

export type PodTemplate = {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpec;
};

export type LabelSelector = {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
};

export type Pod = KubeObject & {
  spec: PodSpec;
  status: {
    phase: string;
    conditions?: Condition[];
    hostIP?: string;
    podIP?: string;
    podIPs?: { ip: string }[];
    startTime?: string;
    containerStatuses?: unknown[];
    qosClass?: string;
  };
};

/** What Deployments and ReplicaSets share. */
export type Workload = KubeObject & {
  spec: { replicas: number; selector: LabelSelector; template: PodTemplate };
};

export type Deployment = Workload & {
  spec: {
    strategy: { type: string; rollingUpdate?: { maxUnavailable: string | number; maxSurge: string | number } };
    progressDeadlineSeconds: number;
  };
  status: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    unavailableReplicas?: number;
    conditions?: Condition[];
  };
};

export type ReplicaSet = Workload & {
  status: {
    replicas: number;
    fullyLabeledReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    observedGeneration?: number;
  };
};

export type StatefulSet = Workload & {
  spec: { serviceName: string; podManagementPolicy: string };
  status: {
    observedGeneration?: number;
    replicas: number;
    readyReplicas?: number;
    currentReplicas?: number;
    updatedReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
    collisionCount?: number;
  };
};

export type Node = KubeObject & {
  spec: { unschedulable?: boolean };
  status: {
    allocatable: Record<string, string>;
    conditions: Condition[];
    addresses: { type: string; address: string }[];
  };
};

export type Autoscaler = KubeObject & {
  spec: { scaleTargetRef: { kind: string; name: string }; minReplicas?: number; maxReplicas: number };
  status: { currentReplicas: number; desiredReplicas: number };
};

/** What a started pod really is: a process or an endpoint of the lab. */
export type PodHandle = {
  /** Polled; the pod is Ready only while this answers true. A rejection counts as false. */
  ready(): Promise<boolean>;
  /** Resolves once the thing has really stopped; only then does the pod disappear. */
  stop(): Promise<void>;
  /** What `kubectl logs` would print. */
  log?(): Promise<string>;
};

export type Hooks = { startPod(pod: Pod): Promise<PodHandle> };

/** Waits of the controllers in milliseconds, before they are divided by `pace`. */
export type Delays = {
  /** From a change to a controller having seen it. */
  controllerMs: number;
  /** How long a pod of the default hook takes to be ready. */
  readyMs: number;
  /** Between two readiness probes. */
  probeMs: number;
  /** Before a pod that could not be placed or started is tried again. */
  retryMs: number;
  /** Between two looks of the autoscaler. */
  autoscalerMs: number;
};
