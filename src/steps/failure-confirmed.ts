import { tookText } from '../lib/duration.ts';
import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import type { RegionHealth } from '../ports/watch.ts';
import { defineCheck } from './step.ts';

/** Evidence older than this says nothing about now. */
const FRESH_MS = 60_000;
const CONFIRM_MS = 30_000;
const MOST = 5;

/** Whether the failure of the region that is declared lost is real, and lasts. */
export const failureConfirmed = defineCheck({
  id: 'failure-confirmed',
  title: 'See that {source} has failed, and stays so',
  about: {
    does: 'Asks whether {source} has really failed before anything rests on it. A blip is no disaster: trouble must have been seen twice, some time apart, by enough places.',
    asks: 'Takes what watching the regions has found, no older than a minute, and looks again where that is not enough. Done when {source} counts as confirmed or failed, was seen so at least twice 30 s apart (trigger.confirmAfter), and the newest look still shows it. It is told with the kind of failure, since when, and who saw it. Where somebody declared it by typing its name although nothing showed it, that counts, loudly, and stands among the overrides.',
    whenItStops: [
      '“answers”: {source} is well as far as anybody can see. Abort this run, or move away from it as planned. Where you know better, abort and declare it again with its name typed: `/dr declare {source} reason:"…" sure:{source}`.',
      '“seen only for”: it has not lasted long enough yet. Wait, then press Retry.',
      '“nobody can say”: see whether Regent reaches anything at all, and whether the places in trigger.vantages answer. The card names who looked.',
    ],
  },
  phase: 'validating',
  budgetMs: 180_000,
  uses: ['watch', 'clock'],
  proves: true,
  async check({ watch, clock, source, system, byName, signal }) {
    const confirmMs = system.trigger?.confirmMs ?? CONFIRM_MS;
    const known = watch.health(source);
    const first = judged(known, source, confirmMs, clock.now());
    // What is known suffices where it says yes; a no is worth another look.
    if (first.is === 'done') return first;
    const health = await watch.look(source, signal).catch((error) => {
      if (byName == null) throw error;
      return known;
    });
    const answer = judged(health, source, confirmMs, clock.now());
    return byName == null || answer.is === 'done' ? answer : declaredByName(answer);
  },
});

/** Whoever declared it has typed its name, knowing that nothing shows it: the gate and what is seen now stand for the proof. */
const declaredByName = ({ why, evidence }: Exclude<Answer, { is: 'done' }>): Answer =>
  done(
    { ...evidence, byName: true, warning: `declared by its name, not seen to have failed: ${why}` },
    `declared by its name: ${why}`,
  );

function judged(health: RegionHealth | null, source: string, confirmMs: number, now: number): Answer {
  if (health === null) return { is: 'unknown', why: `nobody watches ${source}`, evidence: {}, final: true };
  const { stage, since, at, failure, vantages, score, answering = [] } = health;
  const places = `${vantages.agree} of ${vantages.names.length} places (${vantages.names.join(', ') || 'none'})`;
  const evidence = {
    stage,
    kind: failure?.kind ?? null,
    seen: failure?.seen.slice(0, MOST) ?? [],
    since,
    seenAt: at,
    healthScore: score,
    vantages: vantages.names,
    vantagesAgree: vantages.agree,
    vantagesNeeded: vantages.needed,
  };
  if (at === null || now - at > FRESH_MS)
    return unknown(
      `nobody can say how ${source} is${at === null ? '' : `: last seen ${tookText(now - at)} ago`}`,
      evidence,
    );
  if (stage === 'quiet' && since === null) {
    if (score === null) return unknown(`nobody can say how ${source} is`, evidence);
    const who = answering.slice(0, MOST).join(', ') || 'it';
    const why = `${source} answers: ${who}; health ${score.toFixed(2)} of 1`;
    return { is: 'notDone', why, evidence: { ...evidence, answering }, final: true };
  }
  if (vantages.agree < vantages.needed)
    return notDone(
      `the newest look does not show it any more: ${places} see trouble, ${vantages.needed} must`,
      evidence,
    );
  const seenFor = at - (since ?? at);
  if ((stage !== 'confirmed' && stage !== 'failed') || seenFor < confirmMs)
    return notDone(`seen only for ${tookText(seenFor)}, ${tookText(confirmMs)} asked`, evidence);
  const kind = failure === null ? '' : `${failure.kind}, `;
  return done(evidence, `${stage}: ${kind}seen for ${tookText(seenFor)} by ${places}`);
}
