/** How long answers take, measured by asking ourselves: where no monitoring is asked for it. */
import type { Probe } from '../ports/probe.ts';
import type { Endpoint } from './asking.ts';

/** Of so many, one may be slow: the 19th of 20 is the one that 95 % stay under. */
const ASKED = 20;
const SLOW_ONES = 1;

/** `p95Ms`: Infinity where too many gave no answer. `asked`: how often; fewer than 20 where it was clear before. */
export type ResponseTime = { service: string; p95Ms: number; asked: number };

/**
 * What 95 % of the answers of each service stay under, names and connections included; services side by side, each asked
 * one after the other, and no longer than until it is clear that it is more than `atMostMs`.
 */
export async function responseTimes(
  probe: Probe,
  endpoints: Endpoint[],
  atMostMs: number,
  signal: AbortSignal,
): Promise<ResponseTime[]> {
  return await Promise.all(
    endpoints.map(async ({ service, url }) => {
      const took: number[] = [];
      const slow = () => took.filter((ms) => ms > atMostMs).length;
      while (took.length < ASKED && slow() <= SLOW_ONES) {
        signal.throwIfAborted();
        const { status, ms } = await probe.get(url, signal);
        took.push(status === null ? Number.POSITIVE_INFINITY : ms);
      }
      const sorted = took.toSorted((a, b) => a - b);
      return { service, p95Ms: sorted.at(-1 - SLOW_ONES)!, asked: took.length };
    }),
  );
}
