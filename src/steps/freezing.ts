/** The mark of a change freeze on the clusters: what sets it and what takes it away must mean the same thing. */
import type { Cluster } from '../ports/cluster.ts';

/** An annotation of the namespace: pipelines and people can see it where they are about to change something. */
export const FREEZE_ANNOTATION = 'regent.dev/change-freeze';

/** Begins with the run, so that it is known again; the rest is for whoever finds it. Nothing anybody typed stands in it. */
export const freezeText = (run: string, source: string, target: string): string =>
  `${run}: ${source} is being moved to ${target}. Change nothing here until this annotation is gone.`;

/** Whether this run set it. */
export const isOf = (run: string, value: string): boolean => value.split(/[:\s]/, 1)[0] === run;

/** Somebody else's mark, fit for a card. */
export function quoted(value: string): string {
  const line = value.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return `“${line.length > 80 ? `${line.slice(0, 79)}…` : line}”`;
}

/** How a person takes it away. */
export const byHand = (namespace: string): string =>
  `kubectl --context CONTEXT annotate namespace ${namespace} ${FREEZE_ANNOTATION}-`;

/** The marks of several regions, `null` where there is none. */
export async function marksIn(
  cluster: Cluster,
  regions: string[],
  signal: AbortSignal,
): Promise<Record<string, string | null>> {
  const values = await Promise.all(regions.map((region) => cluster.annotation(region, FREEZE_ANNOTATION, signal)));
  return Object.fromEntries(regions.map((region, index) => [region, values[index] ?? null]));
}
