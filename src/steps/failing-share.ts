/** How large a share of requests fails, by the metrics of a region: the question two steps ask. */
import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { System } from './system.ts';

/** 0.0123 → `1.2 %`: tiny shares must not read as none. */
const percent = (share: number, digits = 2): string => `${Number((share * 100).toPrecision(digits))} %`;

/** As many digits as tell it from its bound: "1 %, at most 1 %" would explain nothing. */
export const percentBeside = (share: number, bound: number): string => {
  const digits = [2, 3, 4, 6].find((count) => percent(share, count) !== percent(bound, count));
  return percent(share, digits);
};

/** @throws IntegrationError when the metrics do not answer, or refuse the query */
export async function failingShare(
  metrics: Metrics,
  { query, atMost }: NonNullable<System['errorRate']>,
  region: string,
  signal: AbortSignal,
): Promise<Answer> {
  const share = await metrics.value(region, query, signal);
  const evidence = { failedShare: share, atMostShare: atMost, query };
  if (share === null) return unknown(`no data yet about requests in ${region}`, evidence);
  if (share < 0 || share > 1.01)
    return unknown(`the query of verify.errorRate gives ${share}, which is no share from 0 to 1`, evidence);
  const seen = `${percentBeside(share, atMost)} of requests fail in ${region} (at most ${percent(atMost)})`;
  return share <= atMost ? done(evidence, seen) : notDone(seen, evidence);
}
