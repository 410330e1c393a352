import { failingShare } from './failing-share.ts';
import { defineCheck } from './step.ts';

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
  check: ({ metrics, system, target, signal }) => failingShare(metrics, system.errorRate!, target, signal),
});
