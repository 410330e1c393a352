/**
 * Asking a region that may be gone. Every question has its own short time limit, whatever the call as a whole may take,
 * and silence is an answer; that a server refused is one too, and another.
 */
import { ConfigError, IntegrationError, sentenceOf } from '../lib/errors.ts';
import { type Answer, done } from '../ports/answer.ts';

/** How long a region that may be gone is given for one answer, ms: between regions an answer takes a tenth of it. */
export const REACH_MS = 2000;

export type Reached<T> = { answered: true; value: T } | { answered: false; why: string };

/**
 * @throws what the server refused (4xx, a missing right), and what is configured wrongly: asking somebody helps there,
 * waiting does not
 */
export async function reach<T>(
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
  ms = REACH_MS,
): Promise<Reached<T>> {
  signal.throwIfAborted();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  const late = Promise.withResolvers<never>();
  const onLate = () => late.reject(new Error(`no answer within ${ms / 1000} s`));
  limit.addEventListener('abort', onLate, { once: true });
  try {
    return { answered: true, value: await Promise.race([ask(limit), late.promise]) };
  } catch (error) {
    if (isRefusal(error)) throw error;
    signal.throwIfAborted();
    return { answered: false, why: limit.aborted ? `no answer within ${ms / 1000} s` : sentenceOf(error) };
  } finally {
    limit.removeEventListener('abort', onLate);
  }
}

/** Somebody is there and says no. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ConfigError || (error instanceof IntegrationError && /-4\d\d$/.test(error.code));

/** What cannot be ordered in a region that does not answer: done for this run, and owed. The keeper sees to it later. */
export const owed = (region: string, what: string, why: string): Answer =>
  done(
    { reached: false, owed: true, silent: why },
    `${region} does not answer: nothing could be ordered there; ${what} as soon as it answers`,
  );
