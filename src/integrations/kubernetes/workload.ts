/** One workload as the port describes it, out of the API's objects. Pods are counted, statuses are not believed. */
import type {
  CoreV1Event,
  V1Deployment,
  V1HorizontalPodAutoscaler,
  V1LabelSelector,
  V1Pod,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { Workload } from '../../ports/cluster.ts';
import { hasEnded, podRequest } from './capacity.ts';

export type Found = { kind: 'deployment'; object: V1Deployment } | { kind: 'statefulset'; object: V1StatefulSet };

/** Kinds of owners whose pods count: a selector may also match what somebody started by hand. */
const OWNERS = { deployment: 'ReplicaSet', statefulset: 'StatefulSet' } as const;
const TARGETS = { deployment: 'Deployment', statefulset: 'StatefulSet' } as const;

/** On the pods' template: what changes it makes the controller replace them. */
export const RESTARTED = 'regent.dev/restarted';

/** The workload without its `trouble`, and its pods that are not ready. */
export function describe(
  found: Found,
  namespacePods: V1Pod[],
  autoscalers: V1HorizontalPodAutoscaler[],
): { workload: Workload; unready: V1Pod[] } {
  const { kind, object } = found;
  const name = object.metadata?.name ?? '';
  const pods = namespacePods.filter((pod) => isPodOf(found, pod));
  const ready = pods.filter((pod) => isReady(pod) && !pod.metadata?.deletionTimestamp);
  const autoscaler = autoscalers.find(
    ({ spec }) => spec?.scaleTargetRef.kind === TARGETS[kind] && spec.scaleTargetRef.name === name,
  );
  return {
    workload: {
      kind,
      name,
      wanted: object.spec?.replicas ?? 1,
      readyPods: ready.length,
      pods: pods.length,
      upToDate: isUpToDate(found),
      restarted: object.spec?.template.metadata?.annotations?.[RESTARTED] ?? null,
      autoscaler: autoscaler
        ? {
            name: autoscaler.metadata?.name ?? '',
            min: autoscaler.spec?.minReplicas ?? 1,
            max: autoscaler.spec?.maxReplicas ?? 1,
          }
        : null,
      request: podRequest(object.spec?.template.spec ?? { containers: [] }),
      unschedulable: pods.filter(findsNoNode).length,
      trouble: [],
    },
    unready: pods.filter((pod) => !ready.includes(pod) && !pod.metadata?.deletionTimestamp),
  };
}

/** Pods that have ended hold nothing and never come back (evicted ones stay listed for days): they do not count. */
export function isPodOf({ kind, object }: Found, pod: V1Pod): boolean {
  const owners = pod.metadata?.ownerReferences ?? [];
  const owned =
    kind === 'statefulset'
      ? owners.some((one) => one.kind === OWNERS[kind] && one.name === object.metadata?.name)
      : owners.some((one) => one.kind === OWNERS[kind]);
  const selector = object.spec?.selector;
  return owned && !hasEnded(pod) && selector !== undefined && selects(selector, pod.metadata?.labels ?? {});
}

const findsNoNode = (pod: V1Pod): boolean =>
  !pod.metadata?.deletionTimestamp &&
  (pod.status?.conditions ?? []).some((one) => one.type === 'PodScheduled' && one.status === 'False');

const isReady = (pod: V1Pod): boolean =>
  !hasEnded(pod) && (pod.status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');

/** The controller has seen the newest spec, and what exists is exactly what is wanted, all of the newest revision. */
function isUpToDate({ kind, object }: Found): boolean {
  const { status, metadata } = object;
  const wanted = object.spec?.replicas ?? 1;
  const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 1);
  if (!seen || (status?.replicas ?? 0) !== wanted) return false;
  if (kind === 'deployment') return (status?.updatedReplicas ?? 0) === wanted;
  const strategy = object.spec?.updateStrategy;
  if (strategy?.type === 'OnDelete') return true;
  return (object.status?.updatedReplicas ?? 0) >= wanted - (strategy?.rollingUpdate?.partition ?? 0);
}

export function selects(selector: V1LabelSelector, labels: Record<string, string>): boolean {
  const exact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    exact &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'In') return value !== undefined && values.includes(value);
      if (operator === 'NotIn') return value === undefined || !values.includes(value);
      return operator === 'Exists' ? value !== undefined : value === undefined;
    })
  );
}

/**
 * Why pods are not ready, at most three short sentences: their newest warnings, then what their own status says.
 * Warnings about the workload itself (`FailedCreate` of its ReplicaSet) count too: then there is no pod to blame.
 */
export function troubleOf(name: string, unready: V1Pod[], events: CoreV1Event[]): string[] {
  const uids = new Set(unready.map((pod) => pod.metadata?.uid));
  const warnings = events
    .filter((event) => event.type === 'Warning')
    .filter(
      ({ involvedObject: { uid, kind, name: subject = '' } }) =>
        uids.has(uid) || (kind !== 'Pod' && (subject === name || subject.startsWith(`${name}-`))),
    )
    .sort((a, b) => timeOf(b) - timeOf(a))
    .map((event) => sentence(event.reason, event.message));
  const states = unready.flatMap((pod) => [
    ...(pod.status?.conditions ?? [])
      .filter((one) => one.type === 'PodScheduled' && one.status === 'False')
      .map((one) => sentence('FailedScheduling', one.message)),
    ...(pod.status?.containerStatuses ?? [])
      .filter((one) => one.state?.waiting?.reason && one.state.waiting.reason !== 'ContainerCreating')
      .map((one) => sentence(one.state?.waiting?.reason, one.state?.waiting?.message)),
  ]);
  return [...new Set([...warnings, ...states])].slice(0, 3);
}

/** Times are dates or plain strings at run time, whatever their types say. */
const timeOf = (event: CoreV1Event): number => {
  const at =
    event.lastTimestamp ?? event.series?.lastObservedTime ?? event.eventTime ?? event.metadata.creationTimestamp;
  return at ? new Date(at).getTime() : 0;
};

function sentence(reason: string | undefined, message: string | undefined): string {
  const text = `${reason ?? 'Warning'}: ${(message ?? '').split('\n')[0]!.trim()}`;
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
