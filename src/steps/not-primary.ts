import { type Answer, done, notDone } from '../ports/answer.ts';
import { reach } from './reaching.ts';
import { defineCheck } from './step.ts';

/** A region that serves is failed over, never taken out of service: that would be an outage of our making. */
export const notPrimary = defineCheck({
  id: 'not-primary',
  title: 'See that {target} serves, and {source} does not',
  about: {
    does: 'Makes sure that nothing is taken from clients: {source} may only be a standby, or silent, while {target} is the primary.',
    asks: 'Asks both Postgres servers who they are; {source} has a short time to answer, as it may be gone. Done when {target} is the primary and {source} is not.',
    whenItStops: [
      '“is a primary”: {source} serves, or two regions do. Abort, read `/dr status`, look at both servers; a region that serves is left with `/dr failover` or `/dr declare`.',
      '“is a standby”: nobody is seen to serve. Abort, and look at {target} first.',
    ],
  },
  phase: 'validating',
  budgetMs: 60_000,
  uses: ['database'],
  proves: true,
  async check({ database, source, target, signal }): Promise<Answer> {
    const [serves, left] = await Promise.all([
      database.observe(target, signal),
      reach(signal, (limit) => database.observe(source, limit)),
    ]);
    const evidence = {
      targetRole: serves.role,
      sourceRole: left.answered ? left.value.role : null,
      silent: left.answered ? null : left.why,
    };
    if (left.answered && left.value.role === 'primary')
      return { is: 'notDone', why: `Postgres in ${source} is a primary`, evidence, final: true };
    if (serves.role !== 'primary') return notDone(`Postgres in ${target} is a standby`, evidence);
    return done(evidence, `${target} is the primary; ${source} ${left.answered ? 'is a standby' : 'does not answer'}`);
  },
});
