/**
 * Requests sent again under one `Idempotency-Key`, because the answer was lost: the same answer, once more. What is older
 * than this process remembers, the journal does: it takes each key once.
 */
import { createHash } from 'node:crypto';

const KEPT_MS = 10 * 60_000;
const KEPT_MAX = 500;
const KEY = /^[!-~]{1,200}$/;

export const isKey = (key: string): boolean => KEY.test(key);

type Kept<T> = { asked: string; at: number; answer: Promise<T> };

export class Once<T> {
  readonly #now: () => number;
  readonly #keep: (answer: T) => boolean;
  readonly #kept = new Map<string, Kept<T>>();
  /** @param keep which answers stand: a no may be a yes when it is asked once more */
  constructor(now: () => number, keep: (answer: T) => boolean) {
    this.#now = now;
    this.#keep = keep;
  }

  /** The answer this key has had, or has coming; else that of `work`. Null: the key belongs to another request. */
  async take(key: string, asked: string, work: () => Promise<T>): Promise<T | null> {
    const now = this.#now();
    for (const [old, { at }] of this.#kept) if (now - at >= KEPT_MS) this.#kept.delete(old);
    const hash = createHash('sha256').update(asked).digest('hex');
    const known = this.#kept.get(key);
    if (known) return known.asked === hash ? await known.answer : null;
    const entry = { asked: hash, at: now, answer: work() };
    this.#kept.set(key, entry);
    const oldest = this.#kept.size > KEPT_MAX ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    const forget = () => this.#kept.get(key) === entry && this.#kept.delete(key);
    try {
      const answer = await entry.answer;
      if (!this.#keep(answer)) forget();
      return answer;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
