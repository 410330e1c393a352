/** Whether a run holds clients back at poolers, and until when it may: read off its state alone, so that a restart comes to the same. */
import { gateNode, gateState, stepState } from '../machine/facts.ts';
import type { Context } from '../machine/types.ts';
import { PAUSES } from '../steps/pooling.ts';

const RELEASES = 'release-pools';
const PROMOTES = 'promote';

/** `since`: names the pause, where a run has paused more than once. */
export type HeldPools = { run: string; context: Context; since: number };

/** Runs that may hold clients back, oldest first; for those that are over only until `released` names them. */
export const heldPools = (runs: Context[], released: ReadonlySet<string>): HeldPools[] =>
  runs.flatMap((context) => {
    const { intendedAt, before } = stepState(context, PAUSES);
    // Nothing was sent without an intent; the first look of one comes with it.
    if (intendedAt === null || before === null || isReleased(context) || released.has(context.run)) return [];
    return [{ run: context.run, context, since: intendedAt }];
  });

/**
 * When they are to be let go at the latest, ms since the epoch: at once where nothing goes forward any more, where people
 * are asked first, or where the pause came to nothing.
 */
export function letGoAt({ context, since }: HeldPools, pauseMs: number, halted: boolean): number {
  const { status, evidence } = stepState(context, PAUSES);
  const stands = status === 'intended' || (status === 'done' && evidence?.['warning'] === undefined);
  const goesBack = status === 'undoIntended';
  const goesOn = context.endedAt === null && !halted && !waitsForPeople(context);
  return goesOn && (stands || goesBack) ? since + pauseMs : 0;
}

/** What was approved is no longer so, or the run goes on as an emergency: minutes, in which the source may serve still. */
const waitsForPeople = (c: Context): boolean =>
  c.end === null && gateNode(c, PROMOTES) !== undefined && gateState(c, PROMOTES).status !== 'approved';

/** The run itself has seen at its end that nobody waits, at any of them. */
function isReleased(c: Context): boolean {
  const { status, evidence } = stepState(c, RELEASES);
  const silent = evidence?.['silent'];
  return ['done', 'alreadyDone'].includes(status) && (!Array.isArray(silent) || silent.length === 0);
}
