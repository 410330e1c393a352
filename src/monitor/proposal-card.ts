/** What a proposal's card shows, gathered from what is watched and from the runs there are. */
import { hashOf } from '../lib/hash.ts';
import type { Json } from '../lib/json.ts';
import type { Announcement } from '../machine/types.ts';
import { isAsked, type ProposalFacts } from '../messages/proposal.ts';
import type { Delivery } from '../messages/told.ts';
import type { Clock } from '../ports/clock.ts';
import type { Around } from '../ports/surroundings.ts';
import type { RegionHealth } from '../ports/watch.ts';
import type { Proposal } from './proposals.ts';
import type { Sight } from './seen.ts';

export type RunSeen = {
  run: string;
  source: string;
  requestedAt: number;
  endedAt: number | null;
  /** A planned run that may go on as an emergency. `hasStopped`: it has stopped something in its source already. */
  planned?: { hasStopped: boolean } | null;
};
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
  /** What others say of the outage. */
  around?: Around;
  /** Whom a proposal was told outside the chat. */
  told?(n: number): Delivery[];
  clock: Clock;
};

/** The run that was declared for it; a planned run that may still go on as an emergency is none. */
export function declaredFor({ region, openedAt }: Proposal, runs: RunSeen[]): RunSeen | undefined {
  const under = runs.find((one) => one.source === region && one.endedAt === null);
  if (under?.planned) return undefined;
  return under ?? runs.findLast((one) => one.source === region && one.requestedAt >= openedAt);
}

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
): { hash: string; asks: boolean; what: Pick<Announcement, 'slot' | 'name' | 'facts'> } {
  const { watch, regions, runs, confirmMs } = world;
  const { n, region, stage, since, dismissed } = own;
  const health = watch.health(region);
  const primary = watch.primary();
  const isWitness = regions.find(({ name }) => name === region)?.role === 'witness';
  const database = health?.database ?? null;
  const around = world.around?.of(region);
  const under = runs().find((one) => one.source === region && one.endedAt === null);
  const declared = declaredFor(own, runs());
  const told = world.told?.(n) ?? [];
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
    run: declared?.run ?? null,
    runOver: declared !== undefined && declared.endedAt !== null,
    goesOn: under?.planned ? under.run : null,
    ...(around === undefined ? {} : { around }),
    ...(told.length === 0 ? {} : { told }),
  };
  const hash = hashOf({
    ...facts,
    score: facts.score === null ? null : Math.round(facts.score * 20),
    sights: facts.sights.map(({ at: _, ...one }) => one),
    database: database !== null,
    around: around && {
      alerts: around.alerts && { ...around.alerts, at: 0 },
      providers: around.providers.map(({ name, state }) => ({ name, state })),
      loss: around.loss && { ...around.loss, at: 0 },
    },
  });
  return {
    hash,
    asks: recoveredAt === null && isAsked(facts),
    what: { slot: `proposal:${n}`, name: 'proposal', facts: facts as unknown as { [key: string]: Json } },
  };
}
