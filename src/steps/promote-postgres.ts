import { done, notDone, unknown } from '../ports/answer.ts';
import { defineStep } from './step.ts';

/** Ordered, then observed: `pg_promote` answers before it is true, and false means "not yet". The point of no return. */
export const promotePostgres = defineStep({
  id: 'promote-postgres',
  title: 'Promote the standby Postgres',
  about: {
    does: 'Ends recovery in {target}: from here on it is a primary with a history of its own. The order is short, whether it took is observed.',
    asks: 'Asks the server of {target} whether it has left recovery, and whether it is the database the plan means.',
    whenItStops: [
      'Ordered and not seen: press Check again. Nothing is ordered twice unless it is surely not done.',
      '“another database”: `postgres.url` of {target} leads elsewhere now. Do not promote by hand before you know where.',
    ],
  },
  phase: 'promoting',
  after: ['prove-fence', 'prove-replicated', 'data-consistent'],
  repeat: 'verifiable',
  requires: {
    steps: ['prove-fence', 'prove-replicated', 'target-standby', 'loss-measured'],
    // What may be lost was approved as a bound: worse than that, it is asked again.
    gateFor: { 'loss-measured': 'promote' },
  },
  budgetMs: 2 * 60_000,
  uses: ['database'],
  async check({ database, target, values, signal }) {
    const view = await database.observe(target, signal);
    const evidence = {
      role: view.role,
      timeline: view.timeline,
      systemIdentifier: view.systemIdentifier,
      lsn: view.lsn,
    };
    if (view.systemIdentifier !== values.database.systemIdentifier)
      return unknown(`the server that answers for ${target} is another database (${view.systemIdentifier})`, evidence);
    return view.role === 'primary'
      ? done(evidence, `${target} left recovery, timeline ${view.timeline}`)
      : notDone(`standby on timeline ${view.timeline} → primary`, evidence);
  },
  async run({ database, target, signal }) {
    await database.promote(target, signal);
    return undefined;
  },
  undo: { impossible: 'The standby has left recovery; going back is a failback.' },
});
