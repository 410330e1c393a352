/** What is remembered of one region's database: when it last answered, where its log stood, how fast that grew. */
import { type DatabaseView, lsnDiff } from '../ports/database.ts';
import type { RegionHealth } from '../ports/watch.ts';

/** The highest rate of this long before the last answer counts, ms. */
const WINDOW_MS = 60_000;

export class DatabaseMemory {
  #last: { at: number; askedAt: number; view: DatabaseView } | null = null;
  #rates: { at: number; bytesPerSecond: number }[] = [];

  /** What it said, when it had been asked and by when it had answered (ms since the epoch). */
  saw(view: DatabaseView, at: number, askedAt: number): void {
    const last = this.#last;
    const ms = last === null ? 0 : at - last.at;
    // Another timeline, or a log that went back: what lies between is no growth.
    if (last !== null && ms > 0 && last.view.timeline === view.timeline) {
      const bytes = Math.max(0, lsnDiff(view.lsn, last.view.lsn));
      this.#rates.push({ at, bytesPerSecond: (bytes * 1000) / ms });
    }
    this.#rates = this.#rates.filter((one) => at - one.at <= WINDOW_MS);
    this.#last = { at, askedAt, view };
  }

  /** null before it has answered once. */
  get known(): RegionHealth['database'] {
    if (this.#last === null) return null;
    const { at, askedAt, view } = this.#last;
    return {
      at,
      askedAt,
      lsn: view.lsn,
      bytesPerSecond: Math.max(0, ...this.#rates.map((one) => one.bytesPerSecond)),
      rateSeen: this.#rates.length > 0,
      role: view.role,
      systemIdentifier: view.systemIdentifier,
    };
  }
  get last(): { at: number; view: DatabaseView } | null {
    return this.#last;
  }
}
