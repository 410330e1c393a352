import type { Evidence } from '../machine/types.ts';
import { type Kept, keptOf, onlyText, unlisted } from '../policy/kept.ts';
import { type Answer, done } from '../ports/answer.ts';
import { begin, judged } from './reprotect/job.ts';
import { streamsAlready, wayFound } from './reprotect/standing.ts';
import { defineStep, type StepFacts } from './step.ts';

const ID = 'keep-diverged';
/** The program has a limit of its own; this is only the last resort. */
const BUDGET_MS = 6 * 3_600_000;

/** What only this server holds cannot be had from anywhere else once it follows again. */
export const keepDiverged = defineStep({
  id: ID,
  title: 'Keep what only {source} holds',
  about: {
    does: 'Puts aside what {source} wrote and {target} never had, before it is rewound or copied over: the log since the histories part, and the keys of the rows only it has, by the tables of `reconcile`. The program of `postgres.reprotect` does it, with the verb keep; how many rows and transactions there are and where they lie is said here and at the end. Nothing is merged by itself. Nothing to do where the server can follow as it is.',
    asks: 'Looks at the program: whether it runs, how far it is, how it ended. Done when it has ended with 0 and has listed every table of `reconcile`.',
    whenItStops: [
      'No room: what it printed stands on the card. Make room beside the data, then press Retry.',
      '“are not listed”: the log is kept, and where it lies stands on the card. A name that is wrong: abort, mend `reconcile.tables`, restart Regent, ask again. A table without a primary key, or a server that does not start: skip this, and read the rows from what is kept. After the next step nobody can list them any more.',
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
    return listed(await judged('keep', ID, handed), handed);
  },
  async run(handed) {
    await begin('keep', ID, handed);
    return undefined;
  },
  undo: async () => ({ kept: true }),
});

/** Ended with 0 it has kept something; whether it has listed what was asked for is another question. */
function listed(answer: Answer, { source, system }: Pick<StepFacts, 'source' | 'system'>): Answer {
  if (answer.is !== 'done') return answer;
  const kept = keptOf(answer.evidence);
  if (kept === null) return no('its program did not say where it kept it', answer.evidence);
  const missing = unlisted(kept, system.reconcile ?? []);
  const why = kept.why ?? (missing.length === 0 ? null : 'its program did not say why');
  if (missing.length === 0)
    return done(evidenceOf(kept), `${onlyText(kept, source)}; kept in ${kept.kept}${why === null ? '' : ` (${why})`}`);
  const said = `the rows of ${missing.join(', ')} that only ${source} has are not listed: ${why}; kept in ${kept.kept}`;
  return no(said, evidenceOf(kept));
}

/** Doing it again as it is would come to the same. */
const no = (why: string, evidence: Evidence): Answer => ({ is: 'notDone', why, evidence, final: true, again: false });
const evidenceOf = (kept: Kept): Evidence => ({ ...kept }) as Evidence;
