/** A run that did not end as it should: what went wrong, and what there is to find out why. */
import { stepNode, stepState } from '../machine/facts.ts';
import type { Context, StepNode, StepState } from '../machine/types.ts';

/** The step whose failure sent the run back by itself; null where a person called it off. */
export function failedStep(c: Context): { step: StepNode; state: StepState } | null {
  for (const id of Object.keys(c.steps)) {
    const step = stepNode(c, id);
    const state = stepState(c, id);
    const wrong = ['notDone', 'unknown', 'undoIntended', 'undone', 'undoUnknown'].includes(state.status);
    if (step?.onFailure === 'rollback' && wrong && state.why !== null) return { step, state };
  }
  return null;
}

/** What was attempted is being put back now. */
export const isUndoing = (c: Context): boolean =>
  c.endedAt === null &&
  Object.values(c.steps).some(({ status }) => ['undoIntended', 'undone', 'undoUnknown'].includes(status));

/** Somebody has to find out why: an emergency that did not complete, or a run that a failed step sent back. */
export const hasFailed = (c: Context): boolean =>
  c.endedAt !== null && c.end !== 'completed' && (c.mode === 'emergency' || failedStep(c) !== null);

/** Where the picture of the region as it failed is kept: name of the file; null where there is none. */
export function keptPicture(c: Context): string | null {
  const { status, evidence } = stepState(c, 'record-failure');
  const file = evidence?.['file'];
  // Taking the run back leaves it where it is.
  return ['done', 'alreadyDone', 'undone'].includes(status) && typeof file === 'string' ? file : null;
}
