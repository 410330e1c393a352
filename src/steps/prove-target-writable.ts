import { done } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/**
 * A row and a key of our own, written, read back in another session and removed: the only way to ask whether writes are
 * taken is to write. A write that fails may have been cut off anywhere: what is thrown is "unknown". DNS never moves
 * before this.
 */
export const proveTargetWritable = defineCheck({
  id: 'prove-target-writable',
  title: 'Prove {target} takes writes',
  about: {
    does: 'Proves that {target} takes writes before any client is sent there.',
    asks: 'Writes a row into every application database of {target} and a key into Redis, reads each back in another session, and removes both.',
    whenItStops: [
      '“waits for the standbys”: the new primary waits for one in the region that was left. The hint in the thread names the setting to reset.',
      '“not there for a second session”: the address leads to more than one server.',
      'No answer: look at Postgres and Redis in {target} themselves; press Check again as often as you like.',
    ],
  },
  phase: 'promoting',
  after: ['promote-postgres', 'reopen-target', 'switch-redis', 'promote-redis'],
  budgetMs: 60_000,
  uses: ['database', 'cache'],
  proves: true,
  async check({ database, cache, target, run, system, signal }) {
    const row = await database.proveWritable(target, run, signal);
    const key = system.cache === null ? null : await cache.proveWritable(target, run, signal);
    return done(
      { postgres: row, redis: key },
      `wrote and read back ${key === null ? 'a row' : 'a row and a key'}, and removed ${key === null ? 'it' : 'them'}`,
    );
  },
});
