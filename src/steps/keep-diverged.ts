import { type Answer, done } from '../ports/answer.ts';
import { begin, judged } from './reprotect/job.ts';
import { streamsAlready, wayFound } from './reprotect/standing.ts';
import { defineStep } from './step.ts';

const ID = 'keep-diverged';
/** The program has a limit of its own; this is only the last resort. */
const BUDGET_MS = 6 * 3_600_000;

/** What only this server holds cannot be had from anywhere else once it follows again. */
export const keepDiverged = defineStep({
  id: ID,
  title: 'Keep what only {source} holds',
  about: {
    does: 'Puts aside what {source} wrote and {target} never had, before it is rewound or copied over: the log since the histories part. The program of `postgres.reprotect` does it, with the verb keep; where it lies is said here and at the end. Nothing is merged by itself. Nothing to do where the server can follow as it is.',
    asks: 'Looks at the program: whether it runs, how far it is, how it ended. Done when it has ended with 0.',
    whenItStops: [
      'No room: what it printed stands on the card. Make room beside the data, then press Retry.',
      'It cannot be kept, and nobody needs it: skip this, with that as the reason; it is then thrown away.',
    ],
  },
  phase: 'preparing',
  after: ['stop-for-standby'],
  repeat: 'idempotent',
  budgetMs: BUDGET_MS,
  uses: ['hook', 'jobs'],
  async check(handed): Promise<Answer> {
    const way = wayFound(handed);
    if (way === 'streams') return streamsAlready();
    if (way === 'rejoin') return done({ kept: null }, 'it wrote nothing of its own: nothing is thrown away');
    return await judged('keep', ID, handed);
  },
  run: async (handed) => await begin('keep', ID, handed),
  undo: async () => ({ kept: true }),
});
