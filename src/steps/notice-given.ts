import { lengthText, utcText } from '../lib/utc.ts';
import { type Answer, done, type Evidence } from '../ports/answer.ts';
import type { Notice } from '../ports/records.ts';
import { defineCheck } from './step.ts';

/** Waiting in front of it would not make it true: the run is held at once, and somebody decides. */
const never = (why: string, evidence: Evidence): Answer => ({ is: 'notDone', why, evidence, final: true });

/** The notice that speaks for this moment best: one whose time it is, else the next, else the latest that is over. */
function nearest(notices: Notice[], now: number): Notice | undefined {
  const earliestFirst = notices.toSorted((a, b) => a.from - b.from);
  const open = earliestFirst.filter(({ from, until }) => from <= now && now <= until);
  // Of several, the one given first: it is the one that may be old enough.
  return (
    open.toSorted((a, b) => a.at - b.at)[0] ??
    earliestFirst.find(({ from }) => from > now) ??
    notices.toSorted((a, b) => b.until - a.until)[0]
  );
}

/** Whether people were told long enough ahead that the source will be left at this time. */
export const noticeGiven = defineCheck({
  id: 'notice-given',
  title: 'Give notice before leaving {source}',
  about: {
    does: 'Looks whether people were told long enough ahead that {source} is left now. It is a rule of the house: the move works without it, and a named person may go on without it with a reason.',
    asks: 'Reads the notices of leaving {source} that were given with `/dr schedule` and not taken back. Done when one of them is old enough and its window has begun and is not over.',
    whenItStops: [
      '“Nobody was told”: give notice with `/dr schedule` and come back in its window. If it cannot wait, press *Go on without it…* and say why; that stays on show.',
      '“too late”: the window was announced, only not early enough. The people who were to be told can say whether it matters; go on without it with that as the reason.',
      '“begins at”: abort and start again in the window. Nothing has been changed so far.',
    ],
  },
  phase: 'validating',
  rule: true,
  budgetMs: 0,
  when: ({ rules }) => rules.noticeMs > 0,
  uses: ['records', 'clock'],
  async check({ records, clock, source, system }) {
    const { noticeMs } = system.rules;
    const now = clock.now();
    const ahead = lengthText(noticeMs);
    const notice = nearest(
      (await records.notices()).filter((one) => one.source === source),
      now,
    );
    const hours = (ms: number) => Math.round((ms / 3_600_000) * 10) / 10;
    const evidence = {
      hoursAsked: hours(noticeMs),
      ...(notice === undefined
        ? {}
        : {
            notice: notice.n,
            hoursSinceGiven: hours(now - notice.at),
            window: `${utcText(notice.from)} to ${utcText(notice.until)}`,
            by: notice.by,
          }),
    };
    if (notice === undefined || notice.until < now)
      return never(
        `Nobody was told ${ahead} ahead: no notice of leaving ${source} stands.${notice === undefined ? '' : ` The window of the last one ended at ${utcText(notice.until)}.`}`,
        evidence,
      );
    if (now < notice.from)
      return never(
        `The window of the notice begins at ${utcText(notice.from)}, in ${lengthText(notice.from - now)}.`,
        evidence,
      );
    const since = now - notice.at;
    if (since < noticeMs)
      return never(
        `The notice was given ${lengthText(since)} ago, ${lengthText(noticeMs - since)} too late.`,
        evidence,
      );
    return done(evidence, `told ${lengthText(since)} ago (${ahead} asked), window until ${utcText(notice.until)}`);
  },
});
