/** Whether a stopped server can follow another one as it lies there, from its control file and the other's history. */
import { lsnValue } from './control-file.ts';
import type { ControlState } from './types.ts';

/** A running primary's place in history. `history` is the text of its timeline's history file, empty on the first. */
export type Lineage = { systemIdentifier: string; timeline: number; history: string };

/** One sentence saying why it cannot; null when all it ever wrote lies before the other one's history forks off. */
export function whyNotFollow(own: ControlState, primary: Lineage): string | null {
  if (own.state !== 'shut down' && own.state !== 'shut down in recovery')
    return `it was not stopped cleanly: its control file says "${own.state}"`;
  if (own.systemIdentifier !== primary.systemIdentifier)
    return `it is another database: system identifier ${own.systemIdentifier}, and ${primary.systemIdentifier} in the primary`;
  if (own.timeline === primary.timeline)
    return own.state === 'shut down in recovery'
      ? null
      : `it was a primary on timeline ${own.timeline}, where the other one writes too`;
  const fork = forkOf(primary.history, own.timeline);
  if (fork === null) return `its timeline ${own.timeline} is no ancestor of the primary's timeline ${primary.timeline}`;
  return lsnValue(own.checkpoint) < lsnValue(fork)
    ? null
    : `it wrote on after the primary's history forked off: its last checkpoint is at ${own.checkpoint}, the fork at ${fork}`;
}

/** Where a history leaves this timeline, `0/300A0E0`; null when it never was on it. */
export function forkOf(history: string, timeline: number): string | null {
  const lines = history.split('\n').map((line) => line.trim().split(/\s+/));
  return lines.find(([of]) => Number(of) === timeline)?.[1] ?? null;
}
