/** What every controller of the lab's cluster is handed. */
import type { Store } from '../store.ts';
import type { Timers } from '../timers.ts';
import type { Condition, Delays, KubeObject, Pod } from '../types.ts';

export type Context = {
  store: Store;
  timers: Timers;
  delays: Delays;
  now: () => number;
  /** Asks for a pod's end; the kubelet removes it once it has really stopped. */
  deletePod: (pod: Pod) => void;
};

export const isOwnedBy = (object: KubeObject, owner: KubeObject): boolean =>
  (object.metadata.ownerReferences ?? []).some((one) => one.controller === true && one.uid === owner.metadata.uid);

/** The owner reference a controller leaves on what it makes. */
export const ownerOf = (owner: KubeObject) => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

export const isReady = (pod: Pod): boolean =>
  (pod.status.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');

/** Puts a condition at the end of the list when status or reason differ, as the real controllers do. */
export function withCondition(conditions: Condition[] | undefined, next: Condition): Condition[] {
  const before = (conditions ?? []).find((one) => one.type === next.type);
  if (before && before.status === next.status && before.reason === next.reason) return conditions ?? [];
  const since = before?.status === next.status ? before.lastTransitionTime : next.lastTransitionTime;
  const merged = since === undefined ? next : { ...next, lastTransitionTime: since };
  return [...(conditions ?? []).filter((one) => one.type !== next.type), merged];
}

/** Fields with zero are left out, as the API prints most counters. */
export const nonZero = <T extends Record<string, number>>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== 0)) as Partial<T>;

/** `namespace/name` for the work queues. */
export const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
export const fromKey = (key: string): [namespace: string, name: string] => {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
};
