/** The events a cluster writes about its pods: what people read when something does not come up. */
import { microTime, type Store, timestamp } from '../store.ts';
import type { KubeObject } from '../types.ts';

type Told = { store: Store; now: () => number };

const about = ({ kind, apiVersion, metadata }: KubeObject) => ({
  kind,
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
  apiVersion,
  resourceVersion: metadata.resourceVersion,
});

let sequence = 0;
const nameFor = (object: KubeObject, now: number): string => {
  sequence += 1;
  return `${object.metadata.name}.${(BigInt(now) * 1_000_000n + BigInt(sequence)).toString(16)}`;
};

const eventsAbout = ({ store }: Told, object: KubeObject, reason: string): KubeObject[] =>
  store
    .list('events', object.metadata.namespace)
    .filter((event) => event['reason'] === reason)
    .filter((event) => (event['involvedObject'] as { uid?: string }).uid === object.metadata.uid);

/** The scheduler's events: written twice at most per pod and message, later repetitions would only be noise. */
export function schedulingFailed(told: Told, pod: KubeObject, message: string): void {
  const same = eventsAbout(told, pod, 'FailedScheduling').filter((event) => event['message'] === message);
  if (same.length >= 2) return;
  const now = told.now();
  told.store.create('events', {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: nameFor(pod, now), namespace: pod.metadata.namespace ?? 'default' },
    involvedObject: about(pod),
    reason: 'FailedScheduling',
    message,
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    type: 'Warning',
    eventTime: microTime(now),
    action: 'Scheduling',
    reportingComponent: 'default-scheduler',
    reportingInstance: 'default-scheduler-lab',
  });
}

/** The kubelet's events: the same one again raises its count. */
export function kubeletEvent(
  told: Told,
  pod: KubeObject,
  event: { type: 'Normal' | 'Warning'; reason: string; message: string; host: string },
): void {
  const { type, reason, message, host } = event;
  const at = timestamp(told.now());
  const known = eventsAbout(told, pod, reason).find((one) => one['message'] === message);
  if (known) {
    told.store.update('events', known.metadata.namespace, known.metadata.name, (draft) => {
      draft['count'] = Number(draft['count'] ?? 1) + 1;
      draft['lastTimestamp'] = at;
    });
    return;
  }
  told.store.create('events', {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: nameFor(pod, told.now()), namespace: pod.metadata.namespace ?? 'default' },
    involvedObject: about(pod),
    reason,
    message,
    source: { component: 'kubelet', host },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    type,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  });
}
