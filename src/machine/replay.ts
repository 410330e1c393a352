/** A run's state is never stored: it is what the machine makes of the run's events. */
import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import { failover } from './machine.ts';
import type { RunEvent } from './types.ts';

export type Snapshot = SnapshotFrom<typeof failover>;

export const initial = (): Snapshot => initialTransition(failover)[0];

/** Whether the machine takes this event now. A guard that throws is a bug and comes through. */
export const accepts = (snapshot: Snapshot, event: RunEvent): boolean => snapshot.can(event);

export const next = (snapshot: Snapshot, event: RunEvent): Snapshot => transition(failover, snapshot, event)[0];

/**
 * Replays events; stops at the first one this version of the machine refuses, and names it: the runner then holds the
 * run and asks, rather than reinterpreting what an older version did.
 */
export function replay(events: Iterable<RunEvent>): {
  snapshot: Snapshot;
  refused: { index: number; type: string } | null;
} {
  let snapshot = initial();
  let index = 0;
  for (const event of events) {
    if (!accepts(snapshot, event)) return { snapshot, refused: { index, type: event.type } };
    snapshot = next(snapshot, event);
    index += 1;
  }
  return { snapshot, refused: null };
}
