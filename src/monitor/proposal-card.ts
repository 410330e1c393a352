/** What a proposal's card shows, gathered from what is watched and from the runs there are. */
import { hashOf } from '../lib/hash.ts';
import type { Json } from '../lib/json.ts';
import type { Announcement } from '../machine/types.ts';
import type { ProposalFacts } from '../messages/proposal.ts';
import type { Clock } from '../ports/clock.ts';
import type { RegionHealth } from '../ports/watch.ts';
import type { Proposal } from './proposals.ts';
import type { Sight } from './seen.ts';

export type RunSeen = { run: string; source: string; requestedAt: number; endedAt: number | null };
export type CardWorld = {
  watch: {
    health(region: string): RegionHealth | null;
    sights(region: string): Sight[];
    primary(): string | null;
  };
  regions: { name: string; role: 'data' | 'witness' }[];
  /** Every run, oldest first. */
  runs(): RunSeen[];
  confirmMs: number;
  /** A region with no more health than this is nowhere to go to. */
  healthyAbove: number;
  /** What was last seen longer ago than this says nothing about now, ms. */
  freshMs: number;
  clock: Clock;
};

/** Where it could go, best health first; `why` where it cannot go there now. */
export function targetsOf(region: string, world: CardWorld): ProposalFacts['targets'] {
  const { regions, watch, healthyAbove, clock, freshMs } = world;
  const isFresh = (at: number | null | undefined) => at != null && clock.now() - at <= freshMs;
  const problem = (health: RegionHealth | null): string | null => {
    if (health === null || !isFresh(health.at)) return 'nobody has looked at it';
    if (health.stage !== 'quiet') return 'it looks down too';
    if (health.score === null || health.score <= healthyAbove) return 'it is not well';
    return isFresh(health.database?.at) ? null : 'its Postgres does not answer';
  };
  return regions
    .filter(({ name, role }) => role === 'data' && name !== region)
    .map(({ name }) => ({ name, health: watch.health(name) }))
    .sort((a, b) => (b.health?.score ?? -1) - (a.health?.score ?? -1))
    .map(({ name, health }) => ({ region: name, why: problem(health) }));
}

/** The card, and a hash of what it says: the moment of each look would draw it anew every few seconds. */
export function cardOf(
  own: Proposal,
  recoveredAt: number | null,
  byItself: string,
  world: CardWorld,
): { hash: string; what: Pick<Announcement, 'slot' | 'name' | 'facts'> } {
  const { watch, regions, runs, confirmMs } = world;
  const { n, region, stage, since, dismissed, openedAt } = own;
  const health = watch.health(region);
  const primary = watch.primary();
  const isWitness = regions.find(({ name }) => name === region)?.role === 'witness';
  const database = health?.database ?? null;
  const facts: ProposalFacts = {
    n,
    region,
    role: isWitness ? 'witness' : primary === null ? 'unknown' : primary === region ? 'primary' : 'secondary',
    stage,
    since,
    kind: health?.failure?.kind ?? null,
    sights: watch.sights(region),
    agree: health?.vantages.agree ?? 0,
    needed: health?.vantages.needed ?? 1,
    score: health?.score ?? null,
    database: database && { at: database.at, bytesPerSecond: database.bytesPerSecond },
    targets: targetsOf(region, world),
    byItself,
    confirmMs,
    dismissed,
    recoveredAt,
    run: runs().findLast((one) => one.source === region && one.requestedAt >= openedAt)?.run ?? null,
  };
  const hash = hashOf({
    ...facts,
    score: facts.score === null ? null : Math.round(facts.score * 20),
    sights: facts.sights.map(({ at: _, ...one }) => one),
    database: database !== null,
  });
  return {
    hash,
    what: { slot: `proposal:${n}`, name: 'proposal', facts: facts as unknown as { [key: string]: Json } },
  };
}
