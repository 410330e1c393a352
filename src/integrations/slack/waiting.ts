/** Waiting with a limit, by the clock handed in. */
import type { Clock } from '../../ports/clock.ts';

/** What `within` answers when the time is up. */
export const LATE = Symbol('late');

/** The promise's value, or `LATE` after `ms`. The promise goes on by itself; a rejection before that is passed on. */
export async function within<T>(clock: Clock, promise: Promise<T>, ms: number): Promise<T | typeof LATE> {
  const waiting = new AbortController();
  try {
    return await Promise.race([promise, clock.sleep(ms, waiting.signal).then((): typeof LATE => LATE)]);
  } finally {
    waiting.abort();
    // Whoever was too late must not become an unhandled rejection.
    promise.catch(() => {});
  }
}

/** The promise's value, or what `aborted()` makes once the signal aborts. The work itself cannot be called back. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, aborted: () => Error): Promise<T> {
  promise.catch(() => {});
  if (signal.aborted) throw aborted();
  return await new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(aborted());
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Answers of `load` kept for `ttlMs`; calls at the same time share one. Failures are never kept. */
export function remembered<T>(clock: Clock, ttlMs: number, load: (id: string) => Promise<T>) {
  const known = new Map<string, { at: number; value: Promise<T> }>();
  return (id: string): Promise<T> => {
    const hit = known.get(id);
    if (hit && clock.now() - hit.at < ttlMs) return hit.value;
    for (const [key, { at }] of known) if (clock.now() - at >= ttlMs) known.delete(key);
    const value = load(id);
    const entry = { at: clock.now(), value };
    known.set(id, entry);
    value.catch(() => known.get(id) === entry && known.delete(id));
    return value;
  };
}
