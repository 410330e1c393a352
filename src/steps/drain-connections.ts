import { type Answer, done, notDone } from '../ports/answer.ts';
import { defineCheck } from './step.ts';

/** It waits for half of it at most, so that it ends by itself and never by its budget, which would hold the run. */
const BUDGET_MS = 10 * 60_000;
/** When the time is over one more look is taken, and no longer waited for than this. */
const LAST_LOOK_MS = 500;

const counted = (writing: number): string => `${writing} ${writing === 1 ? 'transaction' : 'transactions'}`;

/** A courtesy: what is half done may end by itself. It never holds anything up for longer than the house gives it. */
export const drainConnections = defineCheck({
  id: 'drain-connections',
  title: 'Let transactions in {source} end',
  about: {
    does: 'Gives transactions that have already written in {source} a moment to commit, so that the fence does not cut them off. `timings.openTransactions` says how long, half of its budget at most. Clients wait meanwhile.',
    asks: 'Counts the transactions of others that have written and are still open in {source}. Done when there is none, or when the time is over: what is left then is not committed, ends with the fence and is told so to its client.',
    whenItStops: [
      'It does not stop by itself: when the time is over it goes on, whether or not {source} answers.',
      'Held all the same: its budget in `timings.budgets` is shorter than one call takes. Skip it with that as the reason.',
    ],
  },
  phase: 'promoting',
  after: ['read-only-source'],
  budgetMs: BUDGET_MS,
  uses: ['database', 'clock'],
  when: (system) => system.drainMs > 0,
  async check({ database, clock, source, system, endedOf, signal }): Promise<Answer> {
    const since = endedOf('read-only-source');
    const waitedMs = since === null ? 0 : Math.max(0, clock.now() - since);
    const limitMs = Math.min(system.drainMs, (system.budgets['drain-connections'] ?? BUDGET_MS) / 2);
    const over = waitedMs >= limitMs;
    const times = { waitedSeconds: Math.round(waitedMs / 100) / 10, limitSeconds: limitMs / 1000 };
    const patience = AbortSignal.timeout(over ? LAST_LOOK_MS : Math.ceil(limitMs - waitedMs));
    try {
      const { writing, oldestSeconds } = await database.openTransactions(source, AbortSignal.any([signal, patience]));
      const evidence = { writing, oldestSeconds, ...times };
      if (writing === 0) return done(evidence, 'no transaction that has written is open');
      const open = `${counted(writing)} open, the oldest for ${oldestSeconds} s`;
      return over
        ? done(
            evidence,
            `${open}: not committed after ${times.limitSeconds} s, ${writing === 1 ? 'it ends' : 'they end'} with the fence`,
          )
        : notDone(`${open}; given ${times.limitSeconds} s`, evidence);
    } catch (error) {
      if (!over) throw error;
      return done(
        { writing: null, oldestSeconds: null, ...times },
        `${source} did not say what is open; whatever is, ends with the fence`,
      );
    }
  },
});
