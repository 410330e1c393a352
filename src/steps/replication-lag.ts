import { bytesText } from '../lib/bytes.ts';
import { done, notDone } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** Lag as measured: how long the standby takes to replay the position the primary has now. Idle is not lag. */
export const replicationLag = defineCheck({
  id: 'replication-lag',
  title: 'Measure replication lag',
  phase: 'assessing',
  after: ['source-is-primary'],
  budgetMs: 2 * 60_000,
  uses: ['database'],
  proves: true,
  async check({ database, source, target, bounds, system, signal }) {
    const lag = await database.lag(source, target, system.lagWithinMs, signal);
    const evidence = {
      lagBytes: lag.bytes,
      lagSeconds: Math.round(lag.seconds * 1000) / 1000,
      boundSeconds: bounds.lagSeconds,
      primaryLsn: lag.primaryLsn,
      standbyLsn: lag.standbyLsn,
    };
    const seen = `lag ${lag.seconds.toFixed(1)} s, ${bytesText(lag.bytes)} (bound ${bounds.lagSeconds} s)`;
    if (!lag.caughtUp) return notDone(`${target} had not caught up after ${lag.seconds.toFixed(1)} s`, evidence);
    return lag.seconds <= bounds.lagSeconds ? done(evidence, seen) : notDone(`${seen}: above the bound`, evidence);
  },
});
