/**
 * Disasters, done to the world and never to Regent. A region that dies takes its Postgres and its Redis with it, and
 * every way into it falls silent: nothing is refused, nobody answers. The Sentinels stand outside both regions.
 *
 * A region that is only cut off lives on inside: its Postgres, its pods, and the rogue, who is a client in there. Cut
 * are Regent, clients outside (the writer), the witness and the other regions' standbys. Redis and its Sentinels are left
 * alone: their own failover would change what Regent is to leave unchanged.
 */
import type { Relay } from '../lib/relay.ts';
import type { Ways } from './ways.ts';
import type { World } from './world.ts';

/** What is the matter with a world, kept beside it: which relays are silent follows from it alone. */
export type Trouble = {
  /** Regions no way leads into. */
  down: Set<string>;
  /** Of those, the ones whose Postgres came back by itself. */
  revived: Set<string>;
  /** Of those, the ones whose servers still reach the cluster of their lease. */
  leasing: Set<string>;
  isolated: boolean;
};
export const noTrouble = (): Trouble => ({
  down: new Set(),
  revived: new Set(),
  leasing: new Set(),
  isolated: false,
});

/** The region dies, without warning. Resolves with the moment it did (ms since the epoch) once its processes are gone. */
export async function killRegion(world: World, region: string): Promise<number> {
  world.trouble.down.add(region);
  world.trouble.revived.delete(region);
  world.trouble.leasing.delete(region);
  settle(world);
  const at = Date.now();
  await Promise.all([
    world.leases?.die(region),
    world.postgres.node(region).crash(),
    world.redis?.node(region).crash(),
  ]);
  world.around.provider?.say('critical', `We are investigating the loss of power in ${region}.`);
  return at;
}

/**
 * The network into the region is cut. `leasing`: all but its servers’ way to their lease, so that they go on. Returns when,
 * ms since the epoch.
 */
export function cutRegion(world: World, region: string, { leasing = false } = {}): number {
  world.trouble.down.add(region);
  if (leasing) world.trouble.leasing.add(region);
  settle(world);
  return Date.now();
}

/** The network into the region is there again; what died stays dead. */
export function healRegion(world: World, region: string): void {
  world.trouble.down.delete(region);
  world.trouble.revived.delete(region);
  world.trouble.leasing.delete(region);
  settle(world);
}

/**
 * The zombie: Postgres of a dead region is back at its old port, as writable as it was, while the rest is still dead.
 * It can be reached by everybody: by clients, by Regent, and by the standby where that still follows it.
 */
export async function revivePostgres(world: World, region: string): Promise<number> {
  await world.postgres.node(region).start();
  world.trouble.revived.add(region);
  settle(world);
  return Date.now();
}

/** Redis of a dead region is back as its own configuration file has it: as the master it began as. */
export async function reviveRedis(world: World, region: string): Promise<void> {
  await world.redis?.node(region).start();
}

/** All that Regent reaches falls silent, but Slack: every region, the witness, Route 53, pages and mail. Nobody else notices. */
export function isolateBot(world: World): void {
  world.trouble.isolated = true;
  settle(world);
}
export function healBot(world: World): void {
  world.trouble.isolated = false;
  settle(world);
}

/**
 * From now on no standby gets anything of what its primary writes, and none of them notices: writes that are on the
 * way when a region dies. Ends with `healReplication`; a killed or cut region ends it too.
 */
export function holdReplication(world: World): void {
  for (const relay of Object.values(waysOf(world).replication)) relay.silence();
}
export function healReplication(world: World): void {
  for (const relay of Object.values(waysOf(world).replication)) relay.speak();
}

/** Sets every relay as the trouble has it. */
function settle(world: World): void {
  const ways = waysOf(world);
  const { down, revived, leasing, isolated } = world.trouble;
  const set = (relay: Relay | null | undefined, silent: boolean) => {
    if (silent) relay?.silence();
    else relay?.speak();
  };
  for (const region of world.regions) {
    const gone = down.has(region);
    const into = ways.regions[region]!;
    for (const relay of [into.redis, into.kubernetes, into.ingress]) set(relay, isolated || gone);
    // What stands beside its server reaches the lease by a way of its own.
    set(world.leases?.ways.regions[region], gone && !leasing.has(region));
    set(world.relays.postgres[region], isolated || (gone && !revived.has(region)));
    if (gone) world.curtain.close(region);
    else world.curtain.open(region);
  }
  // A standby stands in one region and follows into another: either's cut is its own, a revived primary's is over.
  const cut = (region: string) => down.has(region) && !revived.has(region);
  for (const [region, relay] of Object.entries(ways.replication))
    set(relay, cut(region) || cut(world.postgres.primary.region));
  for (const relay of Object.values(ways.outside)) set(relay, isolated);
  set(ways.witness, isolated);
  set(world.leases?.ways.regent, isolated);
  set(world.relays.route53, isolated);
}

function waysOf({ ways }: World): Ways {
  if (ways === null)
    throw new Error('This world has no ways that can be cut: start it with startWorld({ disaster: { … } }).');
  return ways;
}
