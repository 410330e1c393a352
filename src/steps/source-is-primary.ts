import { done, notDone } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** Who is primary is observed, never believed: the configuration only says how it began. */
export const sourceIsPrimary = defineCheck({
  id: 'source-is-primary',
  title: 'See that {source} is the primary',
  about: {
    does: 'Makes sure that the run begins from what is true: the configuration only says how the regions began.',
    asks: 'Asks both Postgres servers who they are. Done when {source} is the primary, {target} is a standby that streams now, and both carry the same system identifier.',
    whenItStops: [
      '“is a standby”, or “is itself a primary”: the regions have changed roles. Read `/dr status` and the last run, abort, and start with the region that really is the primary.',
      '“not copies of each other”: compare `postgres.url` of both regions with the servers they lead to.',
      '“not streaming”: repair the standby of {target} (its log, its connection to {source}), then press Retry.',
    ],
  },
  phase: 'validating',
  budgetMs: 60_000,
  uses: ['database'],
  proves: true,
  async check({ database, source, target, values, signal }) {
    const [from, to] = await Promise.all([database.observe(source, signal), database.observe(target, signal)]);
    const evidence = {
      sourceRole: from.role,
      targetRole: to.role,
      systemIdentifier: from.systemIdentifier,
      sourceTimeline: from.timeline,
      targetStreamsFrom: to.streamingFrom,
    };
    if (from.systemIdentifier !== values.database.systemIdentifier || to.systemIdentifier !== from.systemIdentifier)
      return notDone('the two databases are not copies of each other', evidence);
    if (from.role !== 'primary') return notDone(`Postgres in ${source} is a standby`, evidence);
    if (to.role !== 'standby') return notDone(`Postgres in ${target} is itself a primary`, evidence);
    if (to.streamingFrom === null) return notDone(`Postgres in ${target} is not streaming from anywhere`, evidence);
    return done(evidence, `Postgres writes in ${source}, ${target} streams from it`);
  },
});
