/** What a failed call to Redis means: one sentence, and whether anything can have happened. */
import { ReplyError } from 'ioredis';
import { IntegrationError } from '../../lib/errors.ts';

export type Effect = 'none' | 'unknown';

type Details = {
  /** `Redis of us-east-1 (10.0.0.5:6379)` or `Sentinel 10.0.0.9:26379`. */
  who: string;
  operation: string;
  effect: Effect;
  aborted: boolean;
};

/** The server understood and said no. */
export function isReply(error: unknown): error is Error {
  return error instanceof ReplyError || (error instanceof Error && error.name === 'ReplyError');
}

export function failure(error: unknown, { who, operation, effect, aborted }: Details): IntegrationError {
  if (error instanceof IntegrationError) return error;
  const said = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
  const make = (code: string, message: string, hint?: string) =>
    new IntegrationError(message, {
      code: `redis-${code}`,
      system: 'redis',
      operation,
      effect,
      cause: error,
      ...(hint !== undefined && { hint }),
    });
  if (aborted) return make('aborted', `The call to ${who} was given up before it answered.`);
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b|invalid password|no password is set/i.test(said))
    return make('not-permitted', `${who} refuses us: ${said}.`, 'Correct user and password in its url.');
  if (isReply(error)) return make('refused', `${who} said: ${said}.`);
  if ((error as { code?: unknown } | null)?.code === 'ECONNREFUSED')
    return make('connection-refused', `${who} refuses connections: nobody listens there.`);
  return make('no-answer', `${who} did not answer in time: ${said}.`);
}
