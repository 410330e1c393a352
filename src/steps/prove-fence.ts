import { type Answer, done, type Evidence, notDone, unknown } from '../ports/answer.ts';
import type { WriteAttempt } from '../ports/database.ts';
import { reach } from './reaching.ts';
import { bySelfFence, longestWaitMs } from './self-fence.ts';
import { defineCheck, type Ports } from './step.ts';

/** A write that tries to get round the fence, from a session of its own: the fence is what this could not do. */
export const proveFence = defineCheck({
  id: 'prove-fence',
  title: 'Prove {source} refuses writes',
  about: {
    does: 'Proves from outside that the fence holds, by trying to get round it; asked again right before the promotion.',
    asks: 'Opens a session of its own in {source}, sets it to read-write and tries a real change, which is rolled back. Done when nobody listens, when the cluster says that no pod is left, or, with SQL alone, when the session is refused. Where {source} is wholly silent and a self-fence is configured: done when its lease can be read and Regent has seen it unrenewed for the lease’s own duration and `selfFence`; that is waited for beyond the step’s time.',
    whenItStops: [
      '“a write got through”: {source} is not fenced. Something started it again, or there is a second way in. Stop Postgres there, then press Retry.',
      '“does not answer, which proves nothing”: make the network tell closed from silent, or ask the cluster; then press Check again.',
      '“a server there runs”: it renews its lease, so it lives and is only out of sight. Stop Postgres there by a way of your own; the run goes on when the lease has run out, or when somebody takes the risk.',
      'Its lease cannot be read, or is held by somebody else: the sentence says why. Mend that and press Check again; the self-fence proves nothing without it.',
    ],
  },
  phase: 'promoting',
  after: ['fence-source', 'fence-lost-source'],
  // Short: a write that gets through is no matter of patience, and a stopped server is silent at once.
  budgetMs: 15_000,
  waitsMs: (system, source) => longestWaitMs(system.regions[source]?.selfFence),
  uses: ['database', 'cluster', 'leases'],
  proves: true,
  async check({ database, cluster, leases, source, values, mode, evidenceOf, signal }) {
    const { strategy, ref, strength, selfFence } = values.fence;
    const look = (limit: AbortSignal) => cluster.workload(source, 'statefulset', ref, limit);
    // Of a region that may be gone each question has its own short time, and none waits for another.
    const lost = mode === 'emergency';
    const pods = lost && strategy === 'statefulset' ? reach(signal, look).catch(() => null) : null;
    const attempt = lost ? await shortly(database, source, signal) : await database.attemptWrite(source, signal);
    const how = attempt.how.replace(/\.$/, '');
    const evidence = { attempt: attempt.outcome, how, strategy, strength };
    if (attempt.outcome === 'accepted') return notDone(`a write got through the fence of ${source} (${how})`, evidence);
    // In an emergency nothing is waited for: SQL may have been all that could be reached, or there is only silence, and
    // what that is worth a person weighs.
    const nobodyKnows = (why: string, seen: Evidence): Answer =>
      lost ? { is: 'unknown', why, evidence: seen, final: true } : unknown(why, seen);
    if (strategy === 'sql')
      return attempt.outcome === 'refused'
        ? done(evidence, `a fresh session was refused (${how}); SQL only, the server still runs`)
        : nobodyKnows(`${source} does not answer: ${how}`, evidence);
    if (attempt.outcome === 'refused' && lost)
      return nobodyKnows(`Postgres in ${source} refuses writes (${how}) and still runs: it was to be stopped`, {
        ...evidence,
        strength: 'soft',
      });
    if (attempt.outcome === 'refused')
      return notDone(`Postgres in ${source} still answers (${how}): it was to be stopped`, evidence);
    // Silence proves nothing by itself: either the port refuses, or the cluster says that no pod is left.
    if (attempt.connectionRefused) return done(evidence, 'a write from a fresh session found nobody listening');
    if (strategy === 'statefulset') {
      const seen = lost ? await pods : { answered: true as const, value: await look(signal) };
      const set = seen?.answered ? seen.value : null;
      if (set?.wanted === 0 && set.pods === 0)
        return done(
          { ...evidence, pods: 0 },
          `no pod of ${ref} is left, a write from a fresh session was not answered`,
        );
    }
    const silence = `${source} does not answer, which proves nothing: ${how}`;
    // Of a server that answers no lease is asked: one that runs on without it is no self-fence.
    if (lost && selfFence !== undefined)
      return await bySelfFence({ leases, source, signal }, selfFence, evidenceOf('prove-fence'), silence, evidence);
    return nobodyKnows(silence, evidence);
  },
});

async function shortly(database: Ports['database'], source: string, signal: AbortSignal): Promise<WriteAttempt> {
  const seen = await reach(signal, (limit) => database.attemptWrite(source, limit));
  return seen.answered ? seen.value : { outcome: 'unreachable', how: seen.why, connectionRefused: false };
}
