/** The runs as the trigger counts them: what moved nothing is, once it is over, neither a reason to wait nor an answer. */
import { isForward, onlyWatched } from '../machine/due.ts';
import { isPassedOn, maySwitch } from '../machine/facts.ts';
import type { Snapshot } from '../machine/replay.ts';
import { LOST_SECONDARY, REPROTECT } from '../machine/types.ts';
import type { RunSeen } from './proposal-card.ts';

export const runsSeen = (runs: Snapshot[]): RunSeen[] =>
  runs
    .filter(({ context: { runbook, endedAt } }) => ![LOST_SECONDARY, REPROTECT].includes(runbook) || endedAt === null)
    .map(runSeen);

/** A run is over from when it is only watched: its region serves, and may fail like any other. */
function runSeen(snapshot: Snapshot): RunSeen {
  const { context } = snapshot;
  const { run, source, requestedAt, endedAt, watch, outage } = context;
  const isOver = endedAt !== null || isPassedOn(context) || onlyWatched(snapshot) !== null;
  return {
    run,
    source,
    requestedAt,
    endedAt: isOver ? (watch?.from ?? endedAt) : null,
    planned: !isOver && maySwitch(context) && isForward(snapshot) ? { hasStopped: outage.from !== null } : null,
  };
}
