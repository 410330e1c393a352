/** Time that moves only when a test says so. Nothing waits for real, and everything due happens in order. */
import type { Clock } from '../../src/ports/clock.ts';

/** Lets everything that waits for nothing outside the process go as far as it can. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export type HandClock = Clock & {
  /** Moves on by `ms`, waking each sleeper at its own time and letting it act before the next one. */
  advance(ms: number): Promise<void>;
  /** Moves on until it is so; throws when it is not within `ms`, rather than turning for ever. */
  until(isSo: () => boolean, ms?: number): Promise<void>;
  sleepers(): number;
};

export function handClock(start = 1_000_000): HandClock {
  let now = start;
  const sleeping = new Set<{ at: number; wake: () => void }>();
  const next = () => [...sleeping].sort((a, b) => a.at - b.at)[0];

  const clock: HandClock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = {
          at: now + Math.max(0, ms),
          wake: () => {
            sleeping.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleeping.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    async advance(ms) {
      const end = now + ms;
      await settled();
      for (let first = next(); first && first.at <= end; first = next()) {
        now = Math.max(now, first.at);
        first.wake();
        await settled();
      }
      now = end;
      await settled();
    },
    async until(isSo, ms = 3_600_000) {
      const end = now + ms;
      await settled();
      while (!isSo()) {
        const first = next();
        if (!first || first.at > end) throw new Error(`it did not come about within ${ms} ms`);
        now = Math.max(now, first.at);
        first.wake();
        await settled();
      }
    },
    sleepers: () => sleeping.size,
  };
  return clock;
}
