/** StatefulSet controller: ordinal pods, one after the other, each only when the one before is ready or really gone. */
import { templateHash } from '../names.ts';
import { createQueue } from '../timers.ts';
import type { Pod, StatefulSet } from '../types.ts';
import { type Context, fromKey, isOwnedBy, isReady, keyOf, nonZero } from './context.ts';
import { podDraft } from './pods.ts';

const HASH = 'controller-revision-hash';
const ordinalOf = (pod: Pod): number => Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? -1);
const isEnding = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;

export function runStatefulSets(context: Context): void {
  const { store, timers, delays } = context;

  const look = createQueue(timers, delays.controllerMs, (key) => {
    const set = store.get<StatefulSet>('statefulsets', ...fromKey(key));
    if (!set) return;
    const revision = `${set.metadata.name}-${templateHash(set.spec.template)}`;
    nextMove(context, set, revision);
    tellStatus(context, set, revision);
  });

  store.onChange(({ resource, object }) => {
    if (resource.plural === 'statefulsets') look(keyOf(object));
    if (resource.plural !== 'pods') return;
    const owner = object.metadata.ownerReferences?.find((one) => one.kind === 'StatefulSet');
    if (owner) look(`${object.metadata.namespace}/${owner.name}`);
  });
}

const podsOf = ({ store }: Context, set: StatefulSet): Pod[] =>
  store
    .list<Pod>('pods', set.metadata.namespace)
    .filter((pod) => isOwnedBy(pod, set))
    .sort((a, b) => ordinalOf(a) - ordinalOf(b));

function nextMove(context: Context, set: StatefulSet, revision: string): void {
  const { store, deletePod } = context;
  const oneByOne = set.spec.podManagementPolicy !== 'Parallel';
  const pods = podsOf(context, set);
  for (let ordinal = 0; ordinal < set.spec.replicas; ordinal += 1) {
    const pod = pods.find((one) => ordinalOf(one) === ordinal);
    if (!pod) store.create('pods', ordinalPod(context, set, ordinal, revision));
    if (oneByOne && (!pod || isEnding(pod) || !isReady(pod))) return;
  }
  const surplus = pods.filter((pod) => ordinalOf(pod) >= set.spec.replicas).reverse();
  for (const pod of oneByOne ? surplus.slice(0, 1) : surplus) if (!isEnding(pod)) deletePod(pod);
  if (surplus.length > 0) return;
  const outdated = pods.filter((pod) => pod.metadata.labels?.[HASH] !== revision);
  const last = outdated.at(-1);
  if (last && !pods.some(isEnding)) deletePod(last);
}

function ordinalPod({ store }: Context, set: StatefulSet, ordinal: number, revision: string) {
  const name = `${set.metadata.name}-${ordinal}`;
  return podDraft(store, set, set.spec.template, {
    name,
    generateName: `${set.metadata.name}-`,
    labels: { [HASH]: revision, 'statefulset.kubernetes.io/pod-name': name },
    spec: { hostname: name, subdomain: set.spec.serviceName },
  });
}

function tellStatus(context: Context, set: StatefulSet, revision: string): void {
  const pods = podsOf(context, set);
  const living = pods.filter((pod) => !isEnding(pod));
  const updated = living.filter((pod) => pod.metadata.labels?.[HASH] === revision).length;
  context.store.update<StatefulSet>('statefulsets', set.metadata.namespace, set.metadata.name, (draft) => {
    const before = draft.status.currentRevision ?? revision;
    const currentRevision = updated === living.length ? revision : before;
    const current = living.filter((pod) => pod.metadata.labels?.[HASH] === currentRevision).length;
    draft.status = {
      observedGeneration: set.metadata.generation ?? 1,
      replicas: pods.length,
      ...nonZero({
        readyReplicas: living.filter(isReady).length,
        currentReplicas: current,
        updatedReplicas: updated,
      }),
      currentRevision,
      updateRevision: revision,
      collisionCount: 0,
    };
  });
}
