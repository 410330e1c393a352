/**
 * The one client for everything Regent says by itself. Slack's own retries are off: they would post a card twice when
 * only the answer was lost, and a rate limit would hold up every other call. What may be repeated is repeated here.
 */
import { WebClient } from '@slack/web-api';
import { IntegrationError } from '../../lib/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { failureOf } from './failures.ts';
import { type Log, slackLogger } from './log.ts';
import { type Answers, isRepeatable, type MethodName } from './methods.ts';
import { unlessAborted } from './waiting.ts';

export type CallOptions = {
  signal: AbortSignal;
  /** Tries in all, counting those that were rate limited. Default 3. */
  tries?: number;
  /** Rate limits are waited for here; false where a queue does it. Default true. */
  waitOnLimit?: boolean;
};

export type Api = {
  /**
   * Calls a method. Tries again where that is harmless: what never left, and what is repeatable.
   * @throws RateLimited (`effect: 'none'`), IntegrationError; a call given up by its signal has an unknown effect
   */
  call<M extends MethodName>(method: M, args: Record<string, unknown>, options: CallOptions): Promise<Answers[M]>;
};

const FIRST_PAUSE_MS = 300;
/** Longer waits than this are the caller's to decide. */
const LONGEST_PAUSE_MS = 10_000;

/** @param options.timeoutMs how long one request may take */
export function createApi(options: { token: string; apiUrl: string; timeoutMs: number; clock: Clock; log: Log }): Api {
  const { clock } = options;
  // A fresh object each time and never `headers`: the packages write into what they are given.
  const client = new WebClient(options.token, {
    slackApiUrl: options.apiUrl,
    timeout: options.timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: slackLogger({ ...options.log, warn: options.log.debug }),
  });

  async function once<M extends MethodName>(method: M, args: Record<string, unknown>, signal: AbortSignal) {
    if (signal.aborted) throw givenUp(method, 'none');
    const call = client.apiCall(method, args);
    return (await unlessAborted(call, signal, () => givenUp(method, 'unknown'))) as Answers[M];
  }

  return {
    async call(method, args, { signal, tries = 3, waitOnLimit = true }) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(method, args, signal);
        } catch (thrown) {
          if (thrown instanceof IntegrationError) throw thrown;
          const failure = failureOf(method, thrown);
          const harmless = {
            limited: waitOnLimit,
            unsent: true,
            refused: false,
            unsure: isRepeatable(method),
          }[failure.kind];
          const pause = failure.kind === 'limited' ? failure.error.afterMs : FIRST_PAUSE_MS * 2 ** (attempt - 1);
          if (!harmless || attempt >= tries || pause > LONGEST_PAUSE_MS) throw failure.error;
          options.log.debug({ method, attempt, pause, why: failure.error.code }, 'calling Slack again');
          await clock.sleep(pause, signal);
          if (signal.aborted) throw failure.error;
        }
      }
    },
  };
}

/** A call its caller stopped waiting for. */
export function givenUp(operation: string, effect: 'none' | 'unknown'): IntegrationError {
  const what = effect === 'none' ? 'was not sent' : 'was given up before Slack answered';
  return new IntegrationError(`${operation} ${what}.`, { code: 'slack_given_up', system: 'slack', operation, effect });
}
