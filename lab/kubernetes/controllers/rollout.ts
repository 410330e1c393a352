/** How many pods each ReplicaSet of a Deployment should have now: pure arithmetic of a rolling update. */
import type { Deployment, ReplicaSet } from '../types.ts';

/** Surge rounds up, unavailability down; both zero would never move, so one pod may then be missing. */
export function tolerance({ spec }: Deployment): { surge: number; unavailable: number } {
  const given = spec.strategy.rollingUpdate;
  if (!given) return { surge: 0, unavailable: spec.replicas };
  const share = (value: string | number, round: (value: number) => number) =>
    typeof value === 'number' ? value : round((spec.replicas * Number.parseInt(value, 10)) / 100);
  const surge = share(given.maxSurge, Math.ceil);
  const unavailable = share(given.maxUnavailable, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Each set with the replicas it should have; `oldPodsLeft` holds a Recreate back. */
export function rollout(
  deployment: Deployment,
  current: ReplicaSet,
  olds: ReplicaSet[],
  oldPodsLeft: boolean,
): [ReplicaSet, number][] {
  const want = deployment.spec.replicas;
  const active = olds.filter((set) => set.spec.replicas > 0);
  if (deployment.spec.strategy.type === 'Recreate') {
    const mayStart = active.length === 0 && !oldPodsLeft;
    return [...active.map((set): [ReplicaSet, number] => [set, 0]), [current, mayStart ? want : current.spec.replicas]];
  }
  if (active.length === 0) return [[current, want]];
  const { surge, unavailable } = tolerance(deployment);
  const total = active.reduce((sum, set) => sum + set.spec.replicas, current.spec.replicas);
  const grown = Math.min(want, current.spec.replicas + Math.max(0, want + surge - total));
  const starting = current.spec.replicas - (current.status.availableReplicas ?? 0);
  let removable = Math.max(0, total - (want - unavailable) - starting);
  const shrunk = active.map((set): [ReplicaSet, number] => {
    const down = Math.min(set.spec.replicas, removable);
    removable -= down;
    return [set, set.spec.replicas - down];
  });
  return [[current, grown], ...shrunk];
}
