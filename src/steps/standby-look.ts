import { type Answer, done, notDone } from '../ports/answer.ts';
import { isFollowing } from '../ports/database.ts';
import { reach } from './reaching.ts';
import { askStanding, LOOK, standingText, streamsAlready, wayOf } from './reprotect/standing.ts';
import { defineCheck } from './step.ts';

/** Whoever decides must know what is thrown away: it is looked at first, and nothing is changed by that. */
export const standbyLook = defineCheck({
  id: LOOK,
  title: 'Look at what {source} holds',
  about: {
    does: 'Finds out how {source} can become a standby of {target}: as it is, where it was stopped cleanly and wrote nothing of its own; rewound to where the histories part; or by a new copy. Says what only {source} has, because that is thrown away in the last two cases, and kept first.',
    asks: 'Asks Postgres of {target} whether it serves, that of {source} whether it streams already, and the program of `postgres.reprotect` with the verb look. Done when there is a way by the strategy that was asked for, else by the configured one.',
    whenItStops: [
      '“cannot follow as it is” or “cannot be rewound”: the strategy that was asked for, or is configured, does not fit what was found. Abort this run, and ask for it again with another, like `strategy:copy`.',
      '“is no primary”: nobody serves in {target}. Look at both servers first, and abort.',
      'The program does not answer: run it by hand with the verb look, and see why.',
    ],
  },
  phase: 'validating',
  budgetMs: 60_000,
  callMs: 25_000,
  uses: ['database', 'hook', 'jobs'],
  proves: true,
  async check(handed): Promise<Answer> {
    const { database, source, target, values, system, signal } = handed;
    const [to, own] = await Promise.all([
      database.observe(target, signal),
      reach(signal, (limit) => database.observe(source, limit)),
    ]);
    if (to.role !== 'primary')
      return {
        is: 'notDone',
        why: `Postgres in ${target} is no primary`,
        evidence: { targetRole: to.role },
        final: true,
      };
    if (own.answered && isFollowing(own.value, to)) return streamsAlready({ way: 'streams' });
    const asked = await askStanding(handed);
    if ('answer' in asked) return asked.answer;
    const { standing } = asked;
    const evidence = { ...standing, sourceRole: own.answered ? own.value.role : null };
    if (standing.state === 'starting')
      return notDone(`Postgres in ${source} is starting: look again once it is up`, evidence);
    const way = wayOf(standing, values.strategy ?? system.regions[source]!.reprotect!.strategy);
    if (typeof way !== 'string') return { is: 'notDone', why: way.no, evidence, final: true };
    return done({ ...evidence, way }, standingText(way, standing));
  },
});
