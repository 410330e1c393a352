import { type Answer, done, notDone, unknown } from '../ports/answer.ts';
import { lossText, measureLoss } from './loss.ts';
import { defineCheck } from './step.ts';

/** A bound people can approve, and that the promotion is held to. More than the RPO is a decision of its own. */
export const lossMeasured = defineCheck({
  id: 'loss-measured',
  title: 'Measure what would be lost in {target}',
  about: {
    does: 'Says before people decide how much would be lost if {target} were promoted now without {source}: a bound in seconds and in bytes. Asked again right before the promotion, which refuses if it is worse than what was approved.',
    asks: 'Seconds: from the last heartbeat row {target} has, or from when it had the whole log of {source}, to when {source} was last seen alive. Bytes: where the log of {source} stood when last seen, less what {target} holds, and what may have been written since at the highest rate seen lately. {source} itself is not asked. Done when the seconds are within `objectives.rpo` and neither number is worse than the approved one.',
    whenItStops: [
      '“above the RPO”: nothing that waits here makes it less. If {source} can be reached again, let {target} catch up and press Retry; else the card “Accept data loss” asks people to answer for it.',
      '“was approved”: {source} has been seen alive since people approved, so more may be lost. They are asked again with the new numbers.',
      '“It cannot be said”: the thread names what is missing. A heartbeat row is missing where Regent has run too short a time before the failure, or its role lacks the right (docs/postgres-role.md).',
    ],
  },
  phase: 'assessing',
  after: ['failure-confirmed'],
  budgetMs: 30_000,
  uses: ['database', 'watch'],
  proves: true,
  async check({ database, watch, source, target, bounds, system, signal }): Promise<Answer> {
    const loss = await measureLoss(database, watch, source, target, signal);
    const { seconds, bytes } = loss;
    const boundSeconds = system.objectives.rpoMs / 1000;
    const worse =
      bounds.loss !== null &&
      seconds !== null &&
      bytes !== null &&
      (seconds > bounds.loss.seconds || bytes > bounds.loss.bytes);
    const evidence = {
      lossSeconds: seconds,
      lossBytes: bytes,
      boundSeconds,
      heartbeatAt: loss.heartbeatAt,
      targetLsn: loss.targetLsn,
      sourceLsn: loss.source?.lsn ?? null,
      sourceSeenAt: loss.source?.at ?? null,
      sourceUntil: loss.until,
      approvedSeconds: bounds.loss?.seconds ?? null,
      approvedBytes: bounds.loss?.bytes ?? null,
      worseThanApproved: worse,
      how: loss.how,
      missing: loss.missing,
    };
    if (seconds === null || bytes === null)
      return unknown(`it cannot be said what would be lost: ${loss.missing.join('; ')}`, evidence);
    const words = `at most ${lossText({ seconds, bytes })}`;
    if (!worse && seconds <= boundSeconds) return done(evidence, words);
    const why = worse
      ? `${words} would be lost now; ${words === `at most ${lossText(bounds.loss!)}` ? 'a little less' : `at most ${lossText(bounds.loss!)}`} was approved`
      : `${words} would be lost: above the RPO of ${boundSeconds} s`;
    // What it has received and not replayed yet is not lost: the numbers still become less.
    return loss.replaying
      ? notDone(`${why}; ${target} still replays`, evidence)
      : { is: 'notDone', why, evidence, final: true };
  },
});
