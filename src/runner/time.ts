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

/** The work's own result, or a rejection at the signal's abort: what does not heed its signal must not hang us. */
export async function heeding<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
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
