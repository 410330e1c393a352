/**
 * Who goes on next is decided here, by a seed: every place where a process waits for something is a point at which it
 * can be overtaken, put to sleep or killed. Time moves only when nothing else is chosen.
 */
import type { Clock } from '../../../src/ports/clock.ts';

export type Random = { next(): number; chance(p: number): boolean; pick<T>(list: readonly T[]): T };

/** Mulberry32: small, good enough, and the same everywhere. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, chance: (p) => next() < p, pick: (list) => list[Math.floor(next() * list.length)]! };
}

/** One process: frozen it does nothing and hears nothing, dead it never will again. */
export type Process = { name: string; state: 'awake' | 'frozen' | 'dead'; frozenAt: number };
export type Point = { who: Process; what: string; go: () => void };
type Sleeper = { who: Process; at: number; wake: () => void };

export class Scheduler {
  now = 1_000_000;
  #points: Point[] = [];
  readonly #sleepers = new Set<Sleeper>();

  /** Waits to be chosen. */
  at(who: Process, what: string): Promise<void> {
    return new Promise((resolve) => {
      const point: Point = {
        who,
        what,
        go: () => {
          this.#points = this.#points.filter((one) => one !== point);
          resolve();
        },
      };
      this.#points.push(point);
    });
  }

  points(): Point[] {
    this.#points = this.#points.filter((point) => point.who.state !== 'dead');
    return this.#points.filter((point) => point.who.state === 'awake');
  }

  /** @param stopped a clock that stands still when its process was frozen: what no real clock may do */
  clockOf(who: Process, stopped = false): Clock {
    return {
      now: () => (stopped && who.frozenAt > 0 ? who.frozenAt : this.now),
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const sleeper: Sleeper = {
            who,
            at: this.now + Math.max(0, ms),
            wake: () => {
              this.#sleepers.delete(sleeper);
              signal?.removeEventListener('abort', sleeper.wake);
              resolve();
            },
          };
          this.#sleepers.add(sleeper);
          signal?.addEventListener('abort', sleeper.wake, { once: true });
        }),
    };
  }

  #due(who?: Process): Sleeper[] {
    return [...this.#sleepers]
      .filter((one) => one.who.state === 'awake' && (who === undefined || one.who === who))
      .sort((a, b) => a.at - b.at);
  }

  /** Moves on to whatever is to happen next; false when nothing is. */
  advance(): boolean {
    const [first] = this.#due();
    if (!first) return false;
    this.now = Math.max(this.now, first.at);
    for (const one of this.#due()) if (one.at <= this.now) one.wake();
    return true;
  }

  freeze(who: Process): void {
    who.state = 'frozen';
    who.frozenAt = this.now;
  }
  /** Its timers go off first, as they do in a process that was stopped and goes on. */
  thaw(who: Process): void {
    who.state = 'awake';
    for (const one of this.#due(who)) if (one.at <= this.now) one.wake();
  }
  kill(who: Process): void {
    who.state = 'dead';
    for (const one of this.#sleepers) if (one.who === who) this.#sleepers.delete(one);
  }
}

/** Lets every process go on as far as it can without being chosen. */
export const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
