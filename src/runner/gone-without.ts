/** A step that the run does not wait for: its failure settles it, and stays on show as a warning. */
import type { StepNode } from '../machine/types.ts';
import type { NewEvent } from './ledger.ts';

/** The event that is written instead of a failure nobody waits for. `isOut`: its attempt waits for an outcome. */
export function goneWithout(event: NewEvent, node: StepNode, isOut: (attempt: number) => boolean): NewEvent {
  const failed = event.type === 'STEP_UNKNOWN' || (event.type === 'STEP_NOT_DONE' && !event.again);
  if (!failed || node.onFailure !== 'continue') return event;
  const { step, attempt, why } = event;
  const evidence = { ...event.evidence, warning: `“${node.title}” failed, the run went on: ${why}` };
  // One that never began has no attempt to end.
  return isOut(attempt)
    ? { type: 'STEP_DONE', step, attempt, evidence, summary: why }
    : { type: 'STEP_ALREADY_DONE', step, evidence, summary: why };
}
