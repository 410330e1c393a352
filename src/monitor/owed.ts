/**
 * Whether a region that was left in an emergency still has to be kept from taking writes, read off the runs and the
 * system stream: from the promotion on, past the end of the run, until the region is a standby again, another run has
 * to do with it, or somebody says that it is theirs now. Pure, so that a restart comes to the same.
 */
import { stepState } from '../machine/facts.ts';
import { type Context, REPROTECT } from '../machine/types.ts';
import type { JournalRow } from '../ports/journal.ts';

/** The step that lifts the fence of a region for its standby. */
const STARTS = 'start-standby';

export type Owed = { run: string; source: string; target: string; context: Context };

/** Events of the system stream that end it: by what was seen (`FENCE_SETTLED`), or by a person (`FENCE_RELEASED`). */
export const SETTLED = 'FENCE_SETTLED';
export const RELEASED = 'FENCE_RELEASED';

/** The runs whose fence is over, by rows of the system stream. */
export const settledRuns = (rows: Pick<JournalRow, 'type' | 'data'>[]): string[] =>
  rows.filter(({ type }) => type === SETTLED || type === RELEASED).map(({ data }) => String(data['run']));

const isDone = (c: Context, step: string): boolean => ['done', 'alreadyDone'].includes(stepState(c, step).status);

/**
 * The source is to take no writes any more: the target is promoted, or the run has found nobody to order the fence from
 * and still means to promote. A rollback gives the fence back first, and it is owed no longer.
 */
const hasLeft = (c: Context): boolean =>
  isDone(c, 'promote-postgres') ||
  (c.end === null && isDone(c, 'fence-lost-source') && stepState(c, 'fence-lost-source').evidence?.['owed'] === true);

/**
 * @param runs every run, oldest first
 * @param settled ids of the runs whose fence is over
 */
export function owedFence(runs: Context[], settled: Iterable<string>): Owed | null {
  const at = runs.findLastIndex(hasLeft);
  const last = runs[at];
  if (last?.mode !== 'emergency' || last.end === 'takenOver' || new Set(settled).has(last.run)) return null;
  const { run, source, target } = last;
  // A run that goes back there knows itself what it does to it. One that came to nothing leaves the fence owed.
  const later = runs.slice(at + 1).filter((one) => one.end === null);
  if (later.some((one) => one.target === source)) return null;
  // Nor one that starts it as a standby; until then, and once it is over, whatever comes up there is kept off.
  if (later.some((one) => one.runbook === REPROTECT && one.source === source && stepState(one, STARTS).attempt > 0))
    return null;
  return { run, source, target, context: last };
}
