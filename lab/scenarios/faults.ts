/**
 * What can go wrong on purpose, by name: `--fault NAME`. Each is done to the world, never to Regent; with it, what
 * people then do about it, and what the world must look like afterwards.
 */
import { execute } from '../postgres/roles.ts';
import { leaveFences } from '../world/fences.ts';
import { answering } from '../world/names.ts';
import { ANA, BO } from '../world/people.ts';
import type { World } from '../world/world.ts';
import type { Ending } from './play.ts';

type Outcome = Ending['outcome'];
export type Fault = {
  about: string;
  /** Done before the run is asked for. */
  before?(world: World): Promise<void> | void;
  /** Asked again and again while the run goes on; true once done. */
  during?(world: World): boolean;
  /** What somebody does when the run is held at this step: a command, typed by that person. */
  whenHeld?: { at: string; by: string; first?: (world: World) => unknown; command: string };
  /** How the run is to end, and how many promotions and DNS batches the servers are to have seen. */
  expect: {
    outcome: Outcome;
    promotions: number;
    dnsBatches: number;
    /** It leaves the system without a standby, and people make it one afterwards. */
    unprotected?: true;
  };
};

export const FAULTS = {
  'soft-fence': {
    about: 'The StatefulSet’s controller says Postgres was stopped and does not stop it.',
    expect: { outcome: 'completed', promotions: 1, dnsBatches: 1 },
  },
  'promote-fails': {
    about: 'Regent’s role may not promote: EXECUTE on pg_promote is revoked. Ana aborts.',
    async before(world) {
      for (const database of ['postgres', world.kind.database])
        await execute(world.postgres.primary.url('postgres', database), [
          'REVOKE EXECUTE ON FUNCTION pg_promote(boolean, integer) FROM regent',
        ]);
    },
    whenHeld: { at: 'promote-postgres', by: ANA, command: '/dr abort reason:"the standby cannot be promoted"' },
    expect: { outcome: 'rolledBack', promotions: 0, dnsBatches: 0 },
  },
  'promote-late': {
    about: 'The order to promote is on its way for longer than Regent waits, and then takes effect.',
    before(world) {
      world.relays.postgres[world.regions[1]]!.delayRequest(/pg_promote/, 3500);
    },
    expect: { outcome: 'completed', promotions: 1, dnsBatches: 1 },
  },
  'dns-control-plane-down': {
    about: 'Route 53’s API answers 503 from the fence on. Somebody changes the zone by hand; Bo marks it done.',
    during(world) {
      if (world.postgres.node(world.regions[0]).running()) return false;
      world.route53.fault({ kind: '503', times: Number.POSITIVE_INFINITY });
      return true;
    },
    whenHeld: {
      at: 'switch-dns',
      by: BO,
      first: changeZoneByHand,
      command: '/dr mark switch-dns done reason:"changed in the console, dig agrees"',
    },
    expect: { outcome: 'completed', promotions: 1, dnsBatches: 0 },
  },
  'dns-lost': {
    about: 'Route 53 takes the change, says INSYNC, and its servers never answer it.',
    before(world) {
      world.route53.mode({ lostChanges: true });
    },
    during(world) {
      if (world.route53.ledger().length === 0) return false;
      world.route53.mode({ lostChanges: false });
      return true;
    },
    expect: { outcome: 'completed', promotions: 1, dnsBatches: 2 },
  },
  'stale-fence': {
    about: 'Fences are left in the other region: Postgres read-only, a policy that denies everything. Ana lifts them.',
    before: (world) => leaveFences(world, world.regions[1]),
    whenHeld: {
      at: 'no-stale-fence',
      by: ANA,
      command: '/dr lift us-west-2 reason:"left from the last time, looked at"',
    },
    expect: { outcome: 'completed', promotions: 1, dnsBatches: 1 },
  },
  'reprotect-fails': {
    about: 'No replication slot is free in the other region: nothing can follow it. The run goes on; Ana mends it.',
    before: (world) => fillSlots(world, world.regions[1]),
    expect: { outcome: 'completed', promotions: 1, dnsBatches: 1, unprotected: true },
  },
} satisfies Record<string, Fault>;
export type FaultName = keyof typeof FAULTS;
export const faultNamed = (name: FaultName | null): Fault | null => (name === null ? null : FAULTS[name]);

const LEFT_OVER = 'left_over_';

/** As if standbys of long ago had left theirs: every slot the server may have is taken. */
export async function fillSlots(world: World, region: string): Promise<void> {
  const url = world.postgres.node(region).url('postgres', 'postgres');
  const [row] = await execute(url, [
    "SELECT current_setting('max_replication_slots')::int - (SELECT count(*)::int FROM pg_replication_slots) AS free",
  ]);
  for (let n = 0; n < Number(row?.['free']); n += 1)
    await execute(url, [`SELECT pg_create_physical_replication_slot('${LEFT_OVER}${n}')`]);
}

/** What somebody does about it before they ask again. */
export async function freeSlots(world: World, region: string): Promise<void> {
  await execute(world.postgres.node(region).url('postgres', 'postgres'), [
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE '${LEFT_OVER.replaceAll('_', '\\_')}%'`,
  ]);
}

/** As through the provider's console, past its API: the authority answers the other region. */
function changeZoneByHand(world: World): void {
  const zone = world.file.dns[0]!;
  world.authority.setAll(
    zone.zoneName,
    zone.records.map((record) => answering(record, world.regions[1], world.addresses)),
  );
}

/** The calls at which Regent can be killed between the call and its answer: `--kill promote-postgres,switch-dns`. */
export const KILL_POINTS = {
  'promote-postgres': /pg_promote/,
  'switch-dns': /POST \/2013-04-01\/hostedzone\/[^/]+\/rrset/,
} as const;
export type KillPoint = keyof typeof KILL_POINTS;
