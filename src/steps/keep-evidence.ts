import { isKept, keepPicture, PICTURE_PORTS } from './keeping.ts';
import { defineStep } from './step.ts';

/** Before it is stopped: with the pods go their logs. */
export const keepEvidence = defineStep({
  id: 'keep-evidence',
  title: 'Keep the state and logs of {source}',
  about: {
    does: 'Writes down in a file of the run what {source} looks like before it is stopped for good: health, the roles and positions of Postgres and Redis, workloads, pods, nodes, newest events and the last log lines of every pod. Its SHA-256 stands in the journal. Only Regent’s own user can read it: logs may hold secrets.',
    asks: 'Whether the file is there. Where the cluster does not answer the file says so; it is written anew as soon as {source} answers.',
    whenItStops: [
      '“Evidence could not be written”: the folder is full or may not be written. Make room, press Retry; or skip this, and the next step stops pods whose logs nobody has.',
    ],
  },
  phase: 'securing',
  repeat: 'idempotent',
  budgetMs: 60_000,
  callMs: 20_000,
  uses: PICTURE_PORTS,
  check: (handed) => isKept('left', handed),
  run: (handed) => keepPicture('left', handed),
  undo: async () => ({}),
});
