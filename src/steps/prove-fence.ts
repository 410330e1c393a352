import { done, notDone, unknown } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** A write that tries to get round the fence, from a session of its own: the fence is what this could not do. */
export const proveFence = defineCheck({
  id: 'prove-fence',
  title: 'Prove {source} refuses writes',
  phase: 'promoting',
  after: ['fence-source'],
  // Short: a write that gets through is no matter of patience, and a stopped server is silent at once.
  budgetMs: 15_000,
  uses: ['database', 'cluster'],
  proves: true,
  async check({ database, cluster, source, values, signal }) {
    const { strategy, ref, strength } = values.fence;
    const attempt = await database.attemptWrite(source, signal);
    const evidence = { attempt: attempt.outcome, how: attempt.how, strategy, strength };
    if (attempt.outcome === 'accepted')
      return notDone(`a write got through the fence of ${source} (${attempt.how})`, evidence);
    if (strategy === 'sql')
      return attempt.outcome === 'refused'
        ? done(evidence, `a fresh session was refused (${attempt.how}); SQL only, the server still runs`)
        : unknown(`${source} does not answer: ${attempt.how}`, evidence);
    if (attempt.outcome === 'refused')
      return notDone(`Postgres in ${source} still answers (${attempt.how}): it was to be stopped`, evidence);
    // Silence proves nothing by itself: either the port refuses, or the cluster says that no pod is left.
    if (attempt.connectionRefused) return done(evidence, 'a write from a fresh session found nobody listening');
    if (strategy === 'statefulset') {
      const set = await cluster.workload(source, 'statefulset', ref, signal);
      if (set?.wanted === 0 && set.pods === 0)
        return done(
          { ...evidence, pods: 0 },
          `no pod of ${ref} is left, a write from a fresh session was not answered`,
        );
    }
    return unknown(`${source} does not answer, which proves nothing: ${attempt.how}`, evidence);
  },
});
