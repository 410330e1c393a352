/** Deadlines by the clock that was handed in: AbortSignal.timeout knows only the real one. */
import type { Clock } from '../ports/clock.ts';

/** A signal that aborts after `ms`, or with its parent. `release` when the call is over, so that no timer is left. */
export function within(clock: Clock, ms: number, parent: AbortSignal): { signal: AbortSignal; release: () => void } {
  const late = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([parent, late.signal]);
  void clock.sleep(ms, AbortSignal.any([parent, over.signal])).then(() => {
    if (!over.signal.aborted) late.abort(new DOMException('no answer in time', 'TimeoutError'));
  });
  return { signal, release: () => over.abort() };
}

/** The system's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.max(0, ms));
      signal?.addEventListener('abort', finish, { once: true });
    }),
};
