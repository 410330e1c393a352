import type { Answer } from '../ports/answer.ts';
import { begin, judged } from './reprotect/job.ts';
import { leftOut, streamsAlready, wayFound } from './reprotect/standing.ts';
import { defineStep } from './step.ts';

const ID = 'make-standby';
const BUDGET_MS = 6 * 3_600_000;

/** From here on what starts there follows: it is made a standby while it is down. */
export const makeStandby = defineStep({
  id: ID,
  title: 'Make {source} a standby of {target}',
  about: {
    does: 'Makes the stopped server of {source} a standby of {target}, in the way that was found: as it is, rewound, or by a new copy. The program of `postgres.reprotect` does it and makes the slot on {target}; the server is not started by it. What was shown at the gate is thrown away here. In a run that moves the system only as it is: nothing is thrown away, and a failure stops nothing.',
    asks: 'Looks at the program: whether it runs, how far it is, how it ended. Done when it has ended with 0.',
    whenItStops: [
      '“it ended with” a number: what it printed last stands behind it. Repair the cause, then press Retry: it begins anew.',
      'It cannot be rewound after all: abort this run, and ask for it again with `strategy:copy`.',
    ],
  },
  phase: 'securing',
  after: ['keep-diverged'],
  repeat: 'idempotent',
  budgetMs: BUDGET_MS,
  uses: ['hook', 'jobs'],
  async check(handed): Promise<Answer> {
    const out = leftOut(handed);
    if (out !== null) return out;
    const way = wayFound(handed);
    if (way === 'streams') return streamsAlready();
    if (way === null) return { is: 'unknown', why: 'nobody has looked what it holds', evidence: {}, final: true };
    return await judged(way, ID, handed);
  },
  async run(handed) {
    const way = wayFound(handed);
    return way === null || way === 'streams' ? undefined : await begin(way, ID, handed);
  },
  undo: { impossible: 'What it held is replaced; what only it had is kept beside it.' },
});
