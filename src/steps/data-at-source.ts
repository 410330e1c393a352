import { done, notDone } from '../ports/answer.ts';
import { lsnDiff } from '../ports/database.ts';
import { askData } from './data-answers.ts';
import { defineCheck } from './step.ts';

/** The last answers of the region that is left: what the other one must say too before it is promoted. */
export const dataAtSource = defineCheck({
  id: 'data-at-source',
  title: 'Ask {source} about its data',
  about: {
    does: 'Asks {source} the queries of `verify.data` once its writers are stopped, and keeps the answers: {target} must give the same ones before it is promoted. Writes are refused meanwhile.',
    asks: 'All queries in one read-only snapshot of the first application database, and the position in the log which that snapshot reaches. Done when each has an answer. A long answer is kept as its SHA-256. Where SQL alone is the fence, {target} is asked at once too: the fence closes its databases with those of {source}.',
    whenItStops: [
      '“is refused”, “did not end in time”: the named query is no plain SELECT, lacks a right, or is too slow. Grant the right and press Retry; or skip this with the reason, and nothing is compared in this run. Correct `verify.data` afterwards.',
      'No answer: Postgres in {source} is not reachable from here. Press Retry once it is. If it is lost, this is no planned run any more: abort.',
    ],
  },
  phase: 'promoting',
  // All three by name: what a system does not have is left out, and the others still hold.
  after: ['read-only-source', 'drain-connections', 'stop-writers'],
  // Clients wait.
  budgetMs: 30_000,
  uses: ['database'],
  when: (system) => system.consistency.length > 0,
  proves: false,
  async check({ database, source, target, values, system, signal }) {
    const asked = await askData(database, source, system.consistency, signal);
    if ('refused' in asked) return asked.refused;
    const { lsn, answers } = asked;
    const count = `${answers.length} ${answers.length === 1 ? 'answer' : 'answers'}`;
    const evidence = { lsn, asked: answers.length, answers };
    if (values.fence.strategy !== 'sql') return done(evidence, `${count} kept, the log at ${lsn}`);

    // This fence closes the databases, and that travels to the standby with the log: afterwards it cannot be asked.
    const standby = await database.observe(target, signal);
    if (lsnDiff(standby.lsn, lsn) < 0)
      return notDone(`${target} has replayed ${standby.lsn}, not yet ${lsn}`, evidence);
    const there = await askData(database, target, system.consistency, signal);
    if ('refused' in there) return there.refused;
    return done({ ...evidence, targetAnswers: there.answers }, `${count} kept of both regions, the log at ${lsn}`);
  },
});
