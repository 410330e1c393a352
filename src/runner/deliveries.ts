/** What the thread shows of telling people outside: what got there, and what has not yet. Pure. */
import type { Delivery } from '../messages/told.ts';
import type { Kept } from './told-before.ts';
import type { Owed } from './ways.ts';

/** `times`: how often it has failed; `again`: when it is tried next, ms. */
export type Failure = { times: number; again: number; why: string; owed: Owed };

/** By slot, in the order of the ways and then of time. What is under way for the first time is not shown yet. */
export function deliveriesOf(told: Map<string, Kept>, failures: Map<string, Failure>, ways: string[]): Delivery[] {
  const rank = (slot: string): number => ways.indexOf(slot.split(':')[0]!);
  const shown = new Map<string, Delivery>();
  for (const [slot, { times, again, why, owed }] of failures)
    shown.set(slot, { ...placed(owed), state: 'waiting', at: again, nextTry: times + 1, why });
  for (const [slot, kept] of told) {
    const { state, at, why = null, left } = kept;
    // With some left to be reached it has been told all the same.
    if (state === 'tried' && left === undefined) continue;
    shown.set(slot, { ...placed(kept), state: state === 'gaveUp' ? 'gaveUp' : 'told', at, nextTry: 0, why });
  }
  return [...shown]
    .toSorted(([a, one], [b, other]) => rank(a) - rank(b) || one.at - other.at)
    .map(([, delivery]) => delivery);
}

const placed = ({ where, what }: { where: string; what: string }) => ({ where, what });
