/** ReplicaSet controller: as many pods as wanted, unready and youngest go first. */
import { randomSuffix } from '../names.ts';
import { ended } from '../quantity.ts';
import { createQueue } from '../timers.ts';
import type { Pod, ReplicaSet } from '../types.ts';
import { type Context, fromKey, isOwnedBy, isReady, keyOf, nonZero } from './context.ts';
import { podDraft } from './pods.ts';

export function runReplicaSets(context: Context): void {
  const { store, timers, delays, deletePod } = context;

  const look = createQueue(timers, delays.controllerMs, (key) => {
    const set = store.get<ReplicaSet>('replicasets', ...fromKey(key));
    if (!set) return;
    const pods = activePods(context, set);
    for (let missing = set.spec.replicas - pods.length; missing > 0; missing -= 1) {
      const generateName = `${set.metadata.name}-`;
      const made = { name: `${generateName}${randomSuffix()}`, generateName, labels: {} };
      store.create('pods', podDraft(store, set, set.spec.template, made));
    }
    const surplus = pods.length - set.spec.replicas;
    if (surplus > 0) for (const pod of pods.sort(leastWorthFirst).slice(0, surplus)) deletePod(pod);
    tellStatus(context, set);
  });

  store.onChange(({ resource, object }) => {
    if (resource.plural === 'replicasets') look(keyOf(object));
    if (resource.plural !== 'pods') return;
    const owner = object.metadata.ownerReferences?.find((one) => one.kind === 'ReplicaSet');
    if (owner) look(`${object.metadata.namespace}/${owner.name}`);
  });
}

const activePods = ({ store }: Context, set: ReplicaSet): Pod[] =>
  store
    .list<Pod>('pods', set.metadata.namespace)
    .filter((pod) => isOwnedBy(pod, set) && !pod.metadata.deletionTimestamp && !ended(pod));

function tellStatus(context: Context, set: ReplicaSet): void {
  const pods = activePods(context, set);
  const ready = pods.filter(isReady).length;
  context.store.update<ReplicaSet>('replicasets', set.metadata.namespace, set.metadata.name, (draft) => {
    draft.status = {
      replicas: pods.length,
      ...nonZero({ fullyLabeledReplicas: pods.length, readyReplicas: ready, availableReplicas: ready }),
      observedGeneration: set.metadata.generation ?? 1,
    };
  });
}

function leastWorthFirst(a: Pod, b: Pod): number {
  const rank = (pod: Pod) => (pod.spec.nodeName ? 1 : 0) + (isReady(pod) ? 2 : 0);
  const newestFirst = Number(b.metadata.resourceVersion) - Number(a.metadata.resourceVersion);
  return rank(a) - rank(b) || newestFirst;
}
