import { done, notDone } from '../ports/answer.ts';
import { defineStep } from './step.ts';

/** A fence made of SQL travels with the WAL: the new primary refuses connections until it is told otherwise. */
export const reopenTarget = defineStep({
  id: 'reopen-target',
  title: 'Open {target} to connections',
  about: {
    does: 'Opens the databases of {target} to connections. A fence made of SQL travels to the standby with the log, so the new primary would refuse everybody. Only in systems where a region is fenced by SQL alone.',
    asks: 'Reads which databases refuse connections in {target}. Done when none does.',
    whenItStops: [
      "Not allowed: Regent's role must own the databases (docs/postgres-role.md). By hand: `ALTER DATABASE … WITH ALLOW_CONNECTIONS true`, then Retry.",
    ],
  },
  phase: 'promoting',
  after: ['promote-postgres'],
  repeat: 'idempotent',
  budgetMs: 30_000,
  uses: ['database'],
  when: (system) => Object.values(system.regions).some((region) => region.fence.strategy === 'sql'),
  async check({ database, target, signal }) {
    const { closedDatabases } = await database.observe(target, signal);
    return closedDatabases.length === 0
      ? done({ closedDatabases }, 'every database takes connections')
      : notDone(`open ${closedDatabases.join(', ')}`, { closedDatabases });
  },
  async run({ database, target, signal }) {
    await database.reopen(target, signal);
    return undefined;
  },
  undo: { impossible: 'The standby has left recovery; going back is a failback.' },
});
