import { lengthText } from '../lib/utc.ts';
import { type Answer, done, type Evidence } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** Waiting in front of it would take as long as the rule itself: the run is held at once, and somebody decides. */
const never = (why: string, evidence: Evidence): Answer => ({ is: 'notDone', why, evidence, final: true });

/** What has just come back may go again: the way home waits until it has stood for a while. */
export const soakPassed = defineCheck({
  id: 'soak-passed',
  title: 'See that the last move has stood long enough',
  about: {
    does: 'Looks how long the last move is over. A region that has just come back may go again, and two moves at once are hard to tell apart. It is a rule of the house: the way home works without it, and a named person may go on without it with a reason.',
    asks: 'Reads when the last run ended that moved the system, by Regent’s own record. Done when that was at least `failback.soak` ago.',
    whenItStops: [
      '“ended … ago”: wait, then press *Check again*. If it cannot wait, press *Go on without it…* and say why; that stays on show.',
      '“No run is known”: the system was moved by hand, or with another journal. Whoever knows since when goes on without it with that as the reason.',
    ],
  },
  phase: 'validating',
  rule: true,
  budgetMs: 0,
  when: ({ failback }) => failback.soakMs > 0,
  uses: ['records', 'clock'],
  async check({ records, clock, source, system }) {
    const { soakMs } = system.failback;
    const last = (await records.moves()).at(-1);
    const asked = `${lengthText(soakMs)} asked`;
    if (last === undefined)
      return never(`No run is known that moved the system: since when ${source} serves nobody can say (${asked}).`, {
        soakMinutesAsked: minutes(soakMs),
      });
    const since = clock.now() - last.endedAt;
    const evidence = {
      soakMinutesAsked: minutes(soakMs),
      minutesSince: minutes(since),
      lastMove: `${last.run}: ${last.source} → ${last.target}`,
    };
    return since >= soakMs
      ? done(evidence, `${last.run} ended ${lengthText(since)} ago (${asked})`)
      : never(
          `${last.run} ended ${lengthText(since)} ago, ${lengthText(soakMs - since)} too early (${asked}).`,
          evidence,
        );
  },
});

const minutes = (ms: number): number => Math.round((ms / 60_000) * 10) / 10;
