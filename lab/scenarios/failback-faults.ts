/** What is left in the region that is home before the way back, and what people do about it: `run failback --fault NAME`. */
import { closeWay, leaveFences, openWay } from '../world/fences.ts';
import type { World } from '../world/world.ts';

export type LeftBehind = {
  about: string;
  leave(world: World, home: string, away: string): Promise<void>;
  /** The step at which the way home is held over it, and words its card must have. */
  heldAt: string;
  says: string[];
  /** What is done outside of Regent before Ana types the command. */
  first?(world: World, home: string): Promise<void>;
  command(home: string): string;
};

export const FAILBACK_FAULTS = {
  'stale-fence': {
    about: 'Postgres at home is read-only by its own configuration, and a policy denies its pods everything.',
    leave: leaveFences,
    heldAt: 'no-stale-fence',
    says: ['default_transaction_read_only', 'NetworkPolicy'],
    command: (home) => `/dr lift ${home} reason:"left from the last time, looked at"`,
  },
  'one-way': {
    about: 'Postgres at home lets nobody in from the region that serves: it could not become a standby.',
    leave: (world, home, away) => closeWay(world, away, home),
    heldAt: 'network-open',
    says: ['Postgres of us-east-1', 'us-west-2 → us-east-1'],
    first: openWay,
    command: () => '/dr retry network-open',
  },
} satisfies Record<string, LeftBehind>;
export type FailbackFault = keyof typeof FAILBACK_FAULTS;
