/** Deployment controller: one ReplicaSet per template, rolled over within surge and unavailability, and the status. */
import { templateHash } from '../names.ts';
import { timestamp } from '../store.ts';
import { createQueue } from '../timers.ts';
import type { Condition, Deployment, Pod, ReplicaSet } from '../types.ts';
import { type Context, fromKey, isOwnedBy, keyOf, nonZero, ownerOf, withCondition } from './context.ts';
import { rollout, tolerance } from './rollout.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const revisionOf = (set: ReplicaSet): number => Number(set.metadata.annotations?.[REVISION] ?? 0);

export function runDeployments(context: Context): void {
  const { store, timers, delays } = context;
  /** Which attempt at progress a deadline belongs to. */
  const attempts = new Map<string, number>();

  const look = createQueue(timers, delays.controllerMs, (key) => {
    const deployment = store.get<Deployment>('deployments', ...fromKey(key));
    if (!deployment) return;
    const { current, created } = currentSet(context, deployment);
    const sets = store
      .list<ReplicaSet>('replicasets', deployment.metadata.namespace)
      .filter((set) => isOwnedBy(set, deployment));
    const olds = sets.filter((set) => set.metadata.uid !== current.metadata.uid);
    const oldPodsLeft = store
      .list<Pod>('pods', deployment.metadata.namespace)
      .some((pod) => olds.some((set) => isOwnedBy(pod, set)));
    for (const [set, replicas] of rollout(deployment, current, olds, oldPodsLeft)) {
      store.update<ReplicaSet>('replicasets', set.metadata.namespace, set.metadata.name, (draft) => {
        draft.spec.replicas = replicas;
      });
    }
    tellStatus(context, deployment, current, created);
    if (created) watchDeadline(key, deployment.spec.progressDeadlineSeconds);
  });

  function watchDeadline(key: string, seconds: number): void {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    timers.after(seconds * 1000, () => {
      const deployment = store.get<Deployment>('deployments', ...fromKey(key));
      if (!deployment || attempts.get(key) !== attempt) return;
      const progressing = deployment.status.conditions?.find((one) => one.type === 'Progressing');
      if (progressing?.reason === 'NewReplicaSetAvailable') return;
      const name = `${deployment.metadata.name}-${templateHash(deployment.spec.template)}`;
      const message = `ReplicaSet "${name}" has timed out progressing.`;
      setCondition(context, deployment, ['Progressing', 'False', 'ProgressDeadlineExceeded', message]);
    });
  }

  store.onChange(({ resource, object }) => {
    if (resource.plural === 'deployments') look(keyOf(object));
    if (resource.plural !== 'replicasets') return;
    const owner = object.metadata.ownerReferences?.find((one) => one.kind === 'Deployment');
    if (owner) look(`${object.metadata.namespace}/${owner.name}`);
  });
}

/** The ReplicaSet of the newest template, made when there is none. */
function currentSet({ store }: Context, deployment: Deployment): { current: ReplicaSet; created: boolean } {
  const { namespace, name } = deployment.metadata;
  const sets = store.list<ReplicaSet>('replicasets', namespace).filter((set) => isOwnedBy(set, deployment));
  const newest = Math.max(0, ...sets.map(revisionOf));
  const hash = templateHash(deployment.spec.template);
  const known = sets.find((set) => set.metadata.name === `${name}-${hash}`);
  const revision = String(known && revisionOf(known) === newest ? newest : newest + 1);
  const label = { 'pod-template-hash': hash };
  const { selector, template } = deployment.spec;
  const current = known
    ? store.update<ReplicaSet>('replicasets', namespace, known.metadata.name, (draft) => {
        draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: revision };
      })
    : (store.create('replicasets', {
        kind: 'ReplicaSet',
        apiVersion: 'apps/v1',
        metadata: {
          name: `${name}-${hash}`,
          ...(namespace ? { namespace } : {}),
          labels: { ...template.metadata?.labels, ...label },
          annotations: { [REVISION]: revision },
          ownerReferences: [ownerOf(deployment)],
        },
        spec: {
          replicas: 0,
          selector: { ...selector, matchLabels: { ...selector.matchLabels, ...label } },
          template: {
            ...template,
            metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...label } },
          },
        },
        status: { replicas: 0 },
      }) as ReplicaSet);
  store.update('deployments', namespace, name, (draft) => {
    draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: revision };
  });
  return { current, created: !known };
}

function tellStatus(context: Context, seen: Deployment, current: ReplicaSet, created: boolean): void {
  const { store } = context;
  const { namespace, name, generation = 1 } = seen.metadata;
  const sets = store.list<ReplicaSet>('replicasets', namespace).filter((set) => isOwnedBy(set, seen));
  const sum = (of: (set: ReplicaSet) => number | undefined) => sets.reduce((total, set) => total + (of(set) ?? 0), 0);
  const available = sum((set) => set.status.availableReplicas);
  const updated = store.get<ReplicaSet>('replicasets', namespace, current.metadata.name)?.status.replicas ?? 0;
  const replicas = sum((set) => set.status.replicas);
  if (created) {
    const message = `Created new replica set "${current.metadata.name}"`;
    setCondition(context, seen, ['Progressing', 'True', 'NewReplicaSetCreated', message]);
  }
  store.update<Deployment>('deployments', namespace, name, (draft) => {
    const { conditions } = draft.status;
    draft.status = {
      observedGeneration: generation,
      ...nonZero({
        replicas,
        updatedReplicas: updated,
        readyReplicas: sum((set) => set.status.readyReplicas),
        availableReplicas: available,
        unavailableReplicas: Math.max(0, sum((set) => set.spec.replicas) - available),
      }),
      ...(conditions ? { conditions } : {}),
    };
  });
  const enough = available >= seen.spec.replicas - tolerance(seen).unavailable;
  setCondition(
    context,
    seen,
    enough
      ? ['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.']
      : ['Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'],
  );
  if (updated === seen.spec.replicas && replicas === updated && available === updated) {
    const message = `ReplicaSet "${current.metadata.name}" has successfully progressed.`;
    setCondition(context, seen, ['Progressing', 'True', 'NewReplicaSetAvailable', message]);
  }
}

function setCondition(
  { store, now }: Context,
  { metadata }: Deployment,
  [type, status, reason, message]: [string, string, string, string],
): void {
  const at = timestamp(now());
  const next: Condition = { type, status, lastUpdateTime: at, lastTransitionTime: at, reason, message };
  store.update<Deployment>('deployments', metadata.namespace, metadata.name, (draft) => {
    draft.status.conditions = withCondition(draft.status.conditions, next);
  });
}
