/**
 * What is known of a region that came back: one card each time, edited as it becomes more. Every change is an event of
 * the system stream, and every order is preceded by one.
 */
import type { Announcement } from '../machine/types.ts';
import type { Zombie } from '../messages/zombie.ts';
import type { Clock } from '../ports/clock.ts';
import type { JournalEntry } from '../ports/journal.ts';
import type { Owed } from './owed.ts';

/** `Ledger.note`: throws when another leads now. */
export type Note = (
  entry: Omit<JournalEntry, 'at' | 'deadline'>,
  delivery: string | null,
  announcements: Announcement[],
) => Promise<unknown>;

export const ACTOR = 'runner';

export class RegionReturn {
  readonly #note: Note;
  readonly #clock: Clock;
  readonly #mayFollow: (region: string) => boolean;
  #turn: Promise<unknown> = Promise.resolve();
  #known: Zombie | null = null;
  #slot = '';

  /** `mayFollow`: whether the configuration says how a region is made a standby. */
  constructor(note: Note, clock: Clock, mayFollow: (region: string) => boolean) {
    this.#note = note;
    this.#clock = clock;
    this.#mayFollow = mayFollow;
  }

  /** Nothing is owed any more: whatever comes next is another return. */
  forget(): void {
    this.#known = null;
  }

  /**
   * Changes what is known and writes it down; people are told where it changed. Resolves once it is written.
   * `anew`: where what was known had ended in a fence that held, this is the region's next return.
   */
  tell(
    type: 'ZOMBIE_SEEN' | 'FENCE_ASSERTED',
    owed: Owed,
    change: (zombie: Zombie) => void,
    { anew = false, lookedAt = 0 }: { anew?: boolean; lookedAt?: number } = {},
  ): Promise<void> {
    return this.inTurn(async () => {
      const now = this.#clock.now();
      const known = this.#known?.run === owed.run && !(anew && this.#known.fencedAt !== null) ? this.#known : null;
      const zombie = structuredClone(known ?? fresh(owed, now, lookedAt, this.#mayFollow(owed.source)));
      change(zombie);
      const slot = known === null ? `zombie:${owed.run}:${now}` : this.#slot;
      const news = known === null || JSON.stringify(known) !== JSON.stringify(zombie);
      const announcement: Announcement = { slot, name: 'zombie', facts: zombie, broadcast: false };
      await this.#note({ type, actor: ACTOR, data: zombie }, null, news ? [announcement] : []);
      this.#known = zombie;
      this.#slot = slot;
    });
  }

  /** One after the other: two parts of a region come back at once. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

const fresh = ({ run, source, target }: Owed, now: number, lookedAt: number, mayFollow: boolean): Zombie => ({
  run,
  region: source,
  target,
  seenAt: now,
  unseenMs: lookedAt === 0 ? null : now - lookedAt,
  postgres: null,
  targetTimeline: null,
  promoted: null,
  leftAtLsn: null,
  walBytes: null,
  redis: false,
  fencedAt: null,
  how: [],
  trouble: [],
  ...(mayFollow ? { mayFollow } : {}),
});
