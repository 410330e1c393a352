import { done, notDone } from '../ports/answer.ts';
import { lsnDiff } from '../ports/database.ts';
import { askData, keptOf } from './data-answers.ts';
import { defineCheck } from './step.ts';

const LONGEST = 80;
const short = (answer: string): string => {
  if (answer.startsWith('sha256:')) return `${answer.slice(0, 'sha256:'.length + 12)}…`;
  return answer.length > LONGEST ? `${answer.slice(0, LONGEST)}…` : answer;
};

/** The last look before there is no way back: the same questions, asked of the region that is to be promoted. */
export const dataConsistent = defineCheck({
  id: 'data-consistent',
  title: 'See that {target} holds the same data',
  about: {
    does: 'Asks {target} what {source} was asked after its writers had stopped, and compares. It stands before the promotion: from here an abort still brings everything back. It may be skipped with a reason.',
    asks: 'First whether {target} has replayed the log as far as the answers of {source} reach, then the same queries. Done when every answer is the same.',
    whenItStops: [
      'Different answers: a writer that is not among the services marked `writeHeavy` wrote in {source} between the two questions; or a query depends on the moment it is asked (a clock, chance), and skipping it is right; or the replication is broken. Look for the rows with the named query in {target}.',
      'Rows are in {target} that {source} did not count: somebody wrote after the question. Nothing is lost; find the writer, then skip with that as the reason.',
      'Rows are missing in {target}, or you cannot tell: abort. {source} is started again with everything it has.',
      '“not yet”: the standby still replays. Wait, then press Retry.',
    ],
  },
  phase: 'promoting',
  after: ['prove-replicated', 'data-at-source'],
  budgetMs: 30_000,
  uses: ['database'],
  when: (system) => system.consistency.length > 0,
  proves: false,
  async check({ database, source, target, evidenceOf, endedOf, signal }) {
    const kept = keptOf(evidenceOf('data-at-source'));
    if (kept === null) {
      if (endedOf('data-at-source') === null) return notDone(`${source} has not been asked yet`);
      // Somebody has decided by name to go on without those answers: asking for the same decision twice helps nobody.
      const trouble = [`nothing was compared: no answers of ${source} were kept`];
      return done({ compared: 0, trouble }, trouble[0]);
    }
    // The questions that were asked then: the configuration may have changed since. Behind a fence of SQL alone nobody
    // can be asked any more, and the target was asked before it. One journey: clients wait for it.
    const asked =
      kept.targetAnswers === null
        ? await askData(database, target, kept.answers, signal)
        : { lsn: (await database.observe(target, signal)).lsn, answers: kept.targetAnswers };
    if ('refused' in asked) return asked.refused;
    const { lsn } = asked;
    const reach = { sourceLsn: kept.lsn, targetLsn: lsn };
    if (lsnDiff(lsn, kept.lsn) < 0) return notDone(`${target} has replayed ${lsn}, not yet ${kept.lsn}`, reach);
    const different = asked.answers.flatMap(({ name, answer }, index) => {
      const before = kept.answers[index]!.answer;
      return answer === before ? [] : [{ name, inSource: short(before), inTarget: short(answer) }];
    });
    const trouble = different.map(
      ({ name, inSource, inTarget }) => `${name}: ${source} ${inSource}, ${target} ${inTarget}`,
    );
    const evidence = { ...reach, compared: asked.answers.length, different, trouble };
    if (different.length > 0)
      return { is: 'notDone', why: `different answers: ${trouble.join('; ')}`, evidence, final: true };
    const count = asked.answers.length;
    return done(evidence, `${count} of ${count} answers the same, ${target} holds ${lsn}`);
  },
});
