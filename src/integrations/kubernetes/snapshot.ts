/**
 * What a region's cluster looked like when it was left, as JSON for whoever looks into it later: workloads, pods, nodes,
 * the newest events, and the last lines of every container's log. Bounded, so that it is read in seconds. What may not
 * or cannot be read is said in its place: half a picture is better than none.
 */
import type { CoreV1Event, V1Node, V1Pod } from '@kubernetes/client-node';
import type { Apis } from './client.ts';
import { statusOf } from './failure.ts';
import { everyPage } from './pages.ts';

const EVENTS = 200;
/** Pods whose logs are read, those that are not ready first. */
const PODS_WITH_LOGS = 50;
const LOG_LINES = 100;
const LOG_BYTES = 16_384;
/** Logs read side by side. */
const AT_ONCE = 8;

/** @returns at most about 1 MB of logs and 200 events, however large the namespace is */
export async function pictureOf(apis: Apis, region: string, namespace: string): Promise<string> {
  const { apps, core } = apis;
  const [deployments, sets, pods, nodes, events] = await Promise.all([
    orWhy(everyPage((page) => apps.listNamespacedDeployment({ namespace, ...page }))),
    orWhy(everyPage((page) => apps.listNamespacedStatefulSet({ namespace, ...page }))),
    everyPage((page) => core.listNamespacedPod({ namespace, ...page })),
    orWhy(everyPage((page) => core.listNode(page))),
    orWhy(everyPage((page) => core.listNamespacedEvent({ namespace, ...page }))),
  ]);
  const logs = await logsOf(apis, namespace, pods);
  const counts =
    (kind: string) => (all: { metadata?: { name?: string }; spec?: { replicas?: number }; status?: object }[]) =>
      all.map(({ metadata, spec, status }) => ({ kind, name: metadata?.name, wanted: spec?.replicas ?? 1, status }));
  return JSON.stringify(
    {
      region,
      namespace,
      workloads: [told(deployments, counts('deployment')), told(sets, counts('statefulset'))].flat(),
      pods: pods.map((pod) => podOf(pod)),
      nodes: told(nodes, (all) => all.map(nodeOf)),
      events: told(events, (all) => newest(all).map(eventOf)),
      logs,
    },
    null,
    2,
  );
}

type Unread = { unread: string };
const orWhy = <T>(asked: Promise<T>): Promise<T | Unread> => asked.catch((error: unknown) => unread(error));

/** A server's answer that it may not be read is part of the picture; a server that is silent has no picture. */
function unread(error: unknown): Unread {
  const status = statusOf(error);
  if (status === undefined) throw error;
  return { unread: `the cluster answered ${status}` };
}
const told = <T, U>(read: T | Unread, as: (value: T) => U): U | Unread =>
  typeof read === 'object' && read !== null && 'unread' in read ? read : as(read);

const isReady = (pod: V1Pod): boolean =>
  (pod.status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');

async function logsOf({ core }: Apis, namespace: string, pods: V1Pod[]): Promise<object[]> {
  const chosen = pods.toSorted((a, b) => Number(isReady(a)) - Number(isReady(b))).slice(0, PODS_WITH_LOGS);
  const wanted = chosen.flatMap(({ metadata, spec }) =>
    (spec?.containers ?? []).map(({ name }) => ({ pod: metadata?.name ?? '', container: name })),
  );
  const found: object[] = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE)
    found.push(
      ...(await Promise.all(
        wanted.slice(at, at + AT_ONCE).map(async ({ pod, container }) => {
          // Not `limitBytes`: the kubelet would keep the start of these lines, and the end is what matters.
          const log = await orWhy(core.readNamespacedPodLog({ name: pod, namespace, container, tailLines: LOG_LINES }));
          return { pod, container, ...told(log, (text) => ({ lines: lastOf(text) })) };
        }),
      )),
    );
  const left = pods.length - chosen.length;
  return left > 0 ? [...found, { unread: `the logs of ${left} more pods` }] : found;
}

const lastOf = (text: unknown): string[] =>
  String(text ?? '')
    .slice(-LOG_BYTES)
    .split('\n')
    .filter((line) => line !== '');

const podOf = ({ metadata, spec, status }: V1Pod) => ({
  name: metadata?.name,
  node: spec?.nodeName ?? null,
  phase: status?.phase,
  ending: metadata?.deletionTimestamp !== undefined,
  conditions: (status?.conditions ?? []).map(({ type, status: is, reason, message }) => ({
    type,
    is,
    reason,
    message,
  })),
  containers: (status?.containerStatuses ?? []).map(({ name, image, ready, restartCount, state, lastState }) => ({
    name,
    image,
    ready,
    restartCount,
    state,
    lastState,
  })),
});

const nodeOf = ({ metadata, spec, status }: V1Node) => ({
  name: metadata?.name,
  unschedulable: spec?.unschedulable === true,
  taints: spec?.taints ?? [],
  conditions: (status?.conditions ?? []).map(({ type, status: is, reason, message }) => ({
    type,
    is,
    reason,
    message,
  })),
});

/** Times are dates or plain strings at run time, whatever their types say. */
const timeOf = (event: CoreV1Event): number => {
  const at =
    event.lastTimestamp ?? event.series?.lastObservedTime ?? event.eventTime ?? event.metadata.creationTimestamp;
  return at ? new Date(at).getTime() : 0;
};
const newest = (events: CoreV1Event[]): CoreV1Event[] =>
  events.toSorted((a, b) => timeOf(b) - timeOf(a)).slice(0, EVENTS);
const eventOf = (event: CoreV1Event) => ({
  at: timeOf(event) === 0 ? null : new Date(timeOf(event)).toISOString(),
  type: event.type,
  reason: event.reason,
  about: `${event.involvedObject.kind}/${event.involvedObject.name}`,
  message: event.message,
  count: event.count,
});
