/** What can go wrong on purpose, by name: `--fault NAME`. Each is done to the world, never to Regent. */
export const FAULTS = {
  'soft-fence': 'The StatefulSet’s controller says Postgres was stopped and does not stop it.',
} as const;
export type FaultName = keyof typeof FAULTS;

/** The calls at which Regent can be killed between the call and its answer: `--kill promote-postgres,switch-dns`. */
export const KILL_POINTS = {
  'promote-postgres': /pg_promote/,
  'switch-dns': /POST \/2013-04-01\/hostedzone\/[^/]+\/rrset/,
} as const;
export type KillPoint = keyof typeof KILL_POINTS;
