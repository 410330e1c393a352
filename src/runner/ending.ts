/** A run that is only watched is in nobody's way: whoever declares the region lost that it watches ends it with that. */
import { onlyWatched } from '../machine/due.ts';
import type { Ends } from './face.ts';
import type { RunView } from './ledger.ts';

/** What is ended where `lost` is declared lost; null where nothing is, or the run under way is not over but for that. */
export function endedByLoss(active: RunView | undefined, lost: string): Ends | null {
  if (!active || active.refused !== null || onlyWatched(active.snapshot) === null) return null;
  const { run, target } = active.snapshot.context;
  return target === lost ? { run, why: `${lost} was declared lost`, lost } : null;
}
