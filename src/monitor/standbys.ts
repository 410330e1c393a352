/** What is asked and written down by whoever looks after regions that should follow: changing nothing. */
import type { Announcement, Context } from '../machine/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { Database } from '../ports/database.ts';
import type { JournalEntry, JournalRow } from '../ports/journal.ts';

export type StandbyWorld = {
  database: Pick<Database, 'observe'>;
  /** Every run, oldest first. */
  runs(): Context[];
  /** The `system` stream, oldest first. */
  rows(): Promise<JournalRow[]>;
  /** `Ledger.note`. False: this delivery has acted before. */
  note(
    entry: Pick<JournalEntry, 'type' | 'actor' | 'data'>,
    delivery: string | null,
    announcements: Announcement[],
  ): Promise<boolean>;
  /** How long a look may take, ms. */
  callMs: number;
  clock: Clock;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  stop: AbortSignal;
};
