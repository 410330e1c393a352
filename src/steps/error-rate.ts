import { done, notDone, unknown } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** 0.0123 → `1.2 %`: tiny shares must not read as none. */
const percent = (share: number, digits = 2): string => `${Number((share * 100).toPrecision(digits))} %`;

/** As many digits as tell it from its bound: "1 %, at most 1 %" would explain nothing. */
const percentBeside = (share: number, bound: number): string => {
  const digits = [2, 3, 4, 6].find((count) => percent(share, count) !== percent(bound, count));
  return percent(share, digits);
};

/** How well clients are served, counted by those who serve them; health endpoints only say that somebody is there. */
export const errorRate = defineCheck({
  id: 'error-rate',
  title: 'See how many requests fail in {target}',
  about: {
    does: 'Reads from the monitoring of {target} how large a share of requests fails. A service that answers its health check can still fail what users ask. Only where `verify.errorRate` is configured.',
    asks: 'Asks the metrics of {target} the query of `verify.errorRate`. Done when its one number is at most `atMost`. A query without data counts as unknown, never as zero: it is asked again for five minutes.',
    whenItStops: [
      '“requests fail”: the query counts over a while, so errors from the switch itself fade out of it. Open the same query in the monitoring, by service, and look at the log of the service that fails. There is no rollback now: repair it in {target}, then press Retry.',
      '“no data yet”: see whether clients reach {target} at all and whether its monitoring reads its services. Then press Retry.',
      '“refused the query” or “samples”: the query of `verify.errorRate` is not what this monitoring understands as one number. Correct it for the next run, look at the errors yourself, and skip this with what you saw as the reason.',
    ],
  },
  phase: 'verifying',
  after: ['public-health'],
  budgetMs: 5 * 60_000,
  uses: ['metrics'],
  proves: false,
  when: (system) => system.errorRate !== null,
  async check({ metrics, system, target, signal }) {
    const { query, atMost } = system.errorRate!;
    const share = await metrics.value(target, query, signal);
    const evidence = { failedShare: share, atMostShare: atMost, query };
    if (share === null) return unknown(`no data yet about requests in ${target}`, evidence);
    if (share < 0 || share > 1.01)
      return unknown(`the query of verify.errorRate gives ${share}, which is no share from 0 to 1`, evidence);
    const seen = `${percentBeside(share, atMost)} of requests fail in ${target} (at most ${percent(atMost)})`;
    return share <= atMost ? done(evidence, seen) : notDone(seen, evidence);
  },
});
