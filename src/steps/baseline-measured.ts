import { rateText } from '../lib/rate.ts';
import { done } from '../ports/answer.ts';
import { reach } from './reaching.ts';
import { defineCheck } from './step.ts';

/** What {source} serves now, for the comparison after the switch. Nobody is kept waiting for it. */
export const baselineMeasured = defineCheck({
  id: 'baseline-measured',
  title: 'Measure how many requests {source} serves',
  about: {
    does: 'Writes down how many requests {source} serves in a second while all is well, so that the switch can be judged by it afterwards. Only where `verify.performance.throughput` is configured.',
    asks: 'Asks the metrics of {source} the query of `verify.performance.throughput`, once. Done in any case: where they give no number, what was measured before this run is compared with.',
    whenItStops: [
      '“refused the query”, or a 4xx: the query of `verify.performance.throughput` is not what this monitoring understands as one number, or it wants another token. Correct it for the next run, and skip this with that as the reason.',
    ],
  },
  phase: 'assessing',
  budgetMs: 60_000,
  uses: ['metrics'],
  proves: false,
  when: (system) => system.performance?.throughput != null,
  async check({ metrics, system, source, signal }) {
    const { query } = system.performance!.throughput!;
    const found = await reach(signal, (within) => metrics.value(source, query, within));
    if (found.answered && found.value !== null && found.value >= 0)
      return done({ usualPerSecond: found.value, query }, `${rateText(found.value)} requests/s in ${source}`);
    const why = found.answered ? (found.value === null ? 'no data' : `${found.value} is no rate`) : found.why;
    return done({ usualPerSecond: null, query, why }, `not measured: ${why}. What was measured before counts`);
  },
});
