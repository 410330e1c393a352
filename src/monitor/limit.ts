/** A time limit by the clock that was handed in. */
import type { Clock } from '../ports/clock.ts';

/** The answer, or a rejection after `ms`; what does not heed its signal does not hang us. */
export async function limited<T>(
  clock: Clock,
  ms: number,
  stop: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const late = new AbortController();
  const limit = clock.sleep(ms, AbortSignal.any([stop, over.signal])).then((): never => {
    late.abort();
    throw new Error(`no answer within ${ms / 1000} s`);
  });
  // It loses the race whenever an answer comes.
  limit.catch(() => {});
  try {
    return await Promise.race([ask(AbortSignal.any([stop, late.signal])), limit]);
  } finally {
    over.abort();
  }
}
