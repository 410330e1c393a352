/** Waiting for the world by asking it again and again, never by a guess of how long it takes. */
import { setTimeout as delay } from 'node:timers/promises';

export type PollOptions = { withinMs: number; everyMs?: number; now?: () => number };

/**
 * Asks until `ask` returns something other than `undefined`, `null` or `false`, and returns that.
 * What `ask` throws is the world not being ready yet.
 * @throws Error `what` and the last problem, when `withinMs` have passed
 */
export async function poll<T>(
  what: string,
  ask: () => T | Promise<T>,
  { withinMs, everyMs = 20, now = () => performance.now() }: PollOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const until = now() + withinMs;
  let last = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false)
        return answer as Exclude<T, undefined | null | false>;
    } catch (error) {
      if (error instanceof GiveUp) throw new Error(`${what}: ${error.message}`);
      last = error instanceof Error ? error.message : String(error);
    }
    if (now() >= until) throw new Error(`${what}: not within ${withinMs} ms${last === '' ? '' : `; last: ${last}`}.`);
    await delay(everyMs);
  }
}

/** Thrown by an `ask` that knows that waiting is in vain. */
export class GiveUp extends Error {}
