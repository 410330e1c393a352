import { type Answer, done, notDone } from '../ports/answer.ts';
import { looked } from './reprotect/looked.ts';
import { CAN_FOLLOW, standingText } from './reprotect/standing.ts';
import { defineCheck } from './step.ts';

/** Nobody is asked here: only what throws nothing away is a way. */
export const canFollow = defineCheck({
  id: CAN_FOLLOW,
  title: 'See whether {source} can follow {target} as it is',
  about: {
    does: 'Finds out whether the server that was left can become a standby of {target} without anything being thrown away: it was stopped cleanly by the fence and wrote nothing of its own. Only where `postgres.reprotect` of {source} is configured, and not with `inRun: false`. Where it cannot, nothing there is changed, the next three steps are left out, and the run goes on: {target} is UNPROTECTED until somebody decides with `/dr reprotect REGION`.',
    asks: 'Asks Postgres of {target} whether it serves, that of {source} whether it streams already, and the program of `postgres.reprotect` with the verb look. Done when it streams, or is stopped and can follow as it is.',
    whenItStops: [
      '“cannot follow as it is”: it wrote on by itself. `/dr reprotect REGION` looks again, says what only it has, and asks before anything is replaced.',
      '“still runs”: a fence of SQL alone stops no server. Stop it by hand, then `/dr reprotect REGION`.',
      'The program does not answer: run it by hand with the verb look, and see why.',
    ],
  },
  phase: 'securing',
  budgetMs: 60_000,
  callMs: 25_000,
  onFailure: 'continue',
  uses: ['database', 'hook', 'jobs'],
  whenLeaving: ({ reprotect }) => reprotect?.inRun === true,
  async check(handed): Promise<Answer> {
    const { source, system } = handed;
    const seen = await looked(handed);
    if ('answer' in seen) return seen.answer;
    const { standing, sourceRole } = seen;
    const evidence = { ...standing, sourceRole };
    const mend = `/dr reprotect ${source}`;
    const no = (why: string): Answer => ({ is: 'notDone', why, evidence, final: true });
    if (standing.state === 'running') {
      if (sourceRole === 'standby') return notDone(`${source} is a standby and does not stream yet: ${mend}`, evidence);
      const soft = system.regions[source]!.fence.strategy === 'sql' ? ', for its fence is SQL alone' : '';
      return no(`Postgres in ${source} still runs${soft}. Stop it by hand, then ${mend}`);
    }
    if (!standing.follows)
      return no(
        `${source} cannot follow as it is${standing.why === '' ? '' : `: ${standing.why}`}. Nothing was replaced: ${mend} asks how`,
      );
    return done({ ...evidence, way: 'rejoin' }, standingText('rejoin', standing));
  },
});
