import { type Answer, done } from '../ports/answer.ts';
import { looked } from './reprotect/looked.ts';
import { LOOK, standingText, wayOf } from './reprotect/standing.ts';
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
    const { source, values, system } = handed;
    const seen = await looked(handed);
    if ('answer' in seen) return seen.answer;
    const { standing, sourceRole } = seen;
    const evidence = { ...standing, sourceRole };
    const way = wayOf(standing, values.strategy ?? system.regions[source]!.reprotect!.strategy);
    if (typeof way !== 'string') return { is: 'notDone', why: way.no, evidence, final: true };
    return done({ ...evidence, way }, standingText(way, standing));
  },
});
