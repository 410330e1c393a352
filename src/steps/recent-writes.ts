import { type Answer, done, notDone } from '../ports/answer.ts';
import { clockUtc } from './loss.ts';
import { defineCheck } from './step.ts';

/** The heartbeat row says up to when the old writes are there, and that new ones are taken and kept. */
export const recentWrites = defineCheck({
  id: 'recent-writes',
  title: 'See recent writes in {target}',
  about: {
    does: 'Says up to when the writes of before are present in {target}, and sees that new ones are kept there.',
    asks: 'Reads the heartbeat row in {target}. Done when it is no older than the one {target} had before the promotion, and a new one has been written since.',
    whenItStops: [
      '“No new heartbeat”: Regent cannot write its own row in {target}. Its log says why; look whether the application can.',
      '“older than”: the server that answers now is not the one that was promoted. See where `postgres.url` of {target} leads.',
    ],
  },
  phase: 'verifying',
  budgetMs: 60_000,
  uses: ['database'],
  proves: false,
  async check({ database, target, evidenceOf, endedOf, signal }): Promise<Answer> {
    const before = evidenceOf('loss-measured')?.['heartbeatAt'];
    const had = typeof before === 'number' ? before : null;
    const promotedAt = endedOf('promote-postgres');
    const row = await database.lastBeat(target, signal);
    const evidence = { heartbeatAt: row?.at ?? null, heartbeatBeforeAt: had, promotedAt };
    if (row === null)
      return notDone(
        had === null ? `no new heartbeat in ${target} yet` : `the heartbeat row is gone from ${target}`,
        evidence,
      );
    if (had !== null && row.at < had)
      return {
        is: 'notDone',
        why: `the row in ${target} (${clockUtc(row.at)}) is older than the one it had (${clockUtc(had)})`,
        evidence,
        final: true,
      };
    if (row.at <= (promotedAt ?? had ?? Number.NEGATIVE_INFINITY))
      return notDone(`no new heartbeat in ${target} since its promotion; the last is of ${clockUtc(row.at)}`, evidence);
    const newest = `new ones arrive, the last at ${clockUtc(row.at)}`;
    return done(evidence, had === null ? newest : `writes up to ${clockUtc(had)} are there; ${newest}`);
  },
});
