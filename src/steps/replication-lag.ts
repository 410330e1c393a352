import { bytesText } from '../lib/bytes.ts';
import { done, notDone } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** Lag as measured: how long the standby takes to replay the position the primary has now. Idle is not lag. */
export const replicationLag = defineCheck({
  id: 'replication-lag',
  title: 'Measure replication lag',
  about: {
    does: 'Says how far the standby is behind before people decide; asked again right before the first thing is stopped in {source}.',
    asks: "Takes the primary's position and measures how long the standby needs to replay it, so an idle primary is not lag. Done when the standby got there within `objectives.rpo`.",
    whenItStops: [
      'Above the bound: look for one large transaction or a load job in {source}, a slow network, a busy disk in {target}. Nothing has been stopped yet: wait, then press Retry.',
      '“had not caught up”: the measuring ended first. The time shown is the least the lag can be.',
    ],
  },
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
