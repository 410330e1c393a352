import { isKept, keepPicture, PICTURE_PORTS } from './keeping.ts';
import { defineStep } from './step.ts';

/** How it was when it failed: before anything is ordered there, and so before a rollback too. */
export const recordFailure = defineStep({
  id: 'record-failure',
  title: 'Record what {source} looks like',
  about: {
    does: 'Writes down in a file of the run what can still be seen of {source}: health from every vantage point, the roles and positions of Postgres and Redis, workloads, pods, nodes, newest events and last log lines. Its SHA-256 stands in the journal. It changes nothing in {source}.',
    asks: 'Whether the file is there. What does not answer is written down as silent; nothing waits for it.',
    whenItStops: [
      '“Evidence could not be written”: the folder is full or may not be written. Make room, press Retry; or skip this.',
    ],
  },
  phase: 'assessing',
  repeat: 'idempotent',
  budgetMs: 30_000,
  callMs: 20_000,
  uses: PICTURE_PORTS,
  check: (handed) => isKept('at-failure', handed),
  run: (handed) => keepPicture('at-failure', handed),
  // A file that says what was seen stays: it harms nobody, and whoever rolls back will want it.
  undo: async ({ evidenceOf }) => ({ ...evidenceOf('record-failure'), untouched: true }),
});
