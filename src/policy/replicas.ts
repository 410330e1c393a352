/** How many pods of a service people may ask for. */

/** The configured most; without one three times what serves full load, and at least 10. */
export const mostReplicas = ({ replicas, maxReplicas }: { replicas: number; maxReplicas?: number }): number =>
  maxReplicas ?? Math.max(10, 3 * replicas);

type Scaled = { wanted: number; autoscaler: { min: number; max: number } | null };

/**
 * How many pods may help a service of which this much too much is asked (1.5: half as much again); null where no more
 * may be asked for, or its autoscaler would take them away again.
 */
export function moreReplicas(
  over: number,
  service: { replicas: number; maxReplicas?: number },
  { wanted, autoscaler }: Scaled,
): number | null {
  const most = Math.min(mostReplicas(service), autoscaler?.max ?? Number.POSITIVE_INFINITY);
  const asked = Math.min(most, Math.max(wanted + 1, Math.ceil(wanted * over)));
  return wanted > 0 && asked > wanted ? asked : null;
}
