/** Giving up the fence that is kept over a lost region, because a person says so: written down, told, and at once so. */
import type { Announcement } from '../machine/types.ts';
import type { ReleasedFacts } from '../messages/released.ts';
import type { Clock } from '../ports/clock.ts';
import type { JournalEntry } from '../ports/journal.ts';
import { type Owed, RELEASED } from './owed.ts';

export type ReleasingWorld = {
  /** `Ledger.note`. */
  note(
    entry: Omit<JournalEntry, 'at' | 'deadline'>,
    delivery: string | null,
    announcements: Announcement[],
  ): Promise<boolean>;
  /** What is owed now, a halt or not. */
  owed(): Owed | null;
  /** Runs whose fence is over: this one joins them once it is written. */
  settled: Set<string>;
  clock: Clock;
};

export const keptFence = ({ note, owed, settled, clock }: ReleasingWorld) => ({
  owed,
  /** False: this delivery has acted before. */
  async release(
    { run, source, target }: Pick<Owed, 'run' | 'source' | 'target'>,
    person: string,
    reason: string,
    delivery: string,
  ): Promise<boolean> {
    const facts: ReleasedFacts = { run, region: source, target, by: person, at: clock.now(), reason };
    const announced = { slot: `released:${run}`, name: 'released', facts, broadcast: false };
    const noted = await note({ type: RELEASED, actor: `person:${person}`, data: facts }, delivery, [announced]);
    if (noted) settled.add(run);
    return noted;
  },
});
