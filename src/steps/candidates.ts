/**
 * The regions that could take over, measured side by side: what each scores, and why one cannot. Asked when a run is
 * requested, of every region but the one that is left; silence is an answer, and never takes long.
 */
import { bytesText } from '../lib/bytes.ts';
import { sentenceOf } from '../lib/errors.ts';
import type { Mode } from '../machine/types.ts';
import { type Candidate, capacityFactor, linearFactor, rounded } from '../policy/scoring.ts';
import { type DatabaseView, held, lsnDiff } from '../ports/database.ts';
import type { RegionHealth } from '../ports/watch.ts';
import { measureLoss } from './loss.ts';
import { type Reached, reach } from './reaching.ts';
import { freeOverAsked, type Room, roomIn } from './room.ts';
import type { Ports } from './step.ts';
import type { System } from './system.ts';

/** How long each question may take, ms; lag is measured for less, so that its answer still arrives. */
const ASK_MS = 5000;
const LAG_MS = 3000;
/** A database that answered this lately may still feed its standbys, ms. */
const ALIVE_MS = 15_000;
/** What was seen longer ago than this says nothing about now, ms. */
const FRESH_MS = 60_000;

type AskedPorts = Pick<Ports, 'database' | 'cluster' | 'watch' | 'clock'>;
export type Choosing = {
  source: string;
  mode: Mode;
  /** Nobody has been asked yet: what people could answer for speaks against a region. */
  unattended: boolean;
};

type Seen = {
  region: string;
  database: Reached<{ view: DatabaseView; latencyMs: number }>;
  room: Reached<Room>;
  /** Behind the region that is left, seconds; null where nobody can say. */
  behindSeconds: number | null;
  /** What has not arrived yet although it was waited for. */
  late: boolean;
  health: RegionHealth | null;
};

export async function measureCandidates(
  choosing: Choosing,
  system: System,
  ports: AskedPorts,
  signal: AbortSignal,
): Promise<Candidate[]> {
  const { source } = choosing;
  const regions = Object.keys(system.regions).filter((region) => region !== source);
  await lookAgain(regions, ports, signal);
  const [seen, from] = await Promise.all([
    Promise.all(regions.map((region) => look(region, choosing, system, ports, signal))),
    // Of a region that is lost nothing is asked: it would only be waited for.
    choosing.mode === 'emergency' ? null : asked(signal, (limit) => ports.database.observe(source, limit)),
  ]);
  const origin = from?.answered
    ? from.value.systemIdentifier
    : (ports.watch.health(source)?.database?.systemIdentifier ?? null);
  const sure = seen.map((one) => problemOf(one, seen, origin, choosing, system, ports.clock.now()));
  const rivals = (test: (index: number) => boolean) => seen.filter((_, index) => sure[index] === null && test(index));
  // The one that holds the most of the log wins: whatever another has more to offer, it would cost writes.
  // While it is still written to they are never asked at the same moment, and nothing is lost by that yet.
  const lastSeen = ports.watch.health(source)?.database?.at ?? null;
  const isFed = lastSeen !== null && ports.clock.now() - lastSeen <= ALIVE_MS;
  if (choosing.mode === 'emergency' && !isFed) {
    const behind = seen.map((one) =>
      lacks(
        one,
        rivals(() => true),
      ),
    );
    for (const [index, why] of behind.entries()) sure[index] ??= why;
  }
  const full = seen.map(({ room }) => noRoom(room));
  // A region without room would only hold the run, where another has it.
  if (rivals((index) => full[index] === null).length > 0)
    for (const [index, why] of full.entries()) sure[index] ??= why;
  return seen.map((one, index) => ({
    region: one.region,
    factors: factorsOf(one, choosing, system),
    ineligible: sure[index]!,
  }));
}

/** As `reach`, and what was refused is a reason like any other. */
const asked = async <T>(
  signal: AbortSignal,
  ask: (limit: AbortSignal) => Promise<T>,
  ms = ASK_MS,
): Promise<Reached<T>> => reach(signal, ask, ms).catch((error) => ({ answered: false, why: sentenceOf(error) }));

/** Where what is known is too old, everybody is looked at once. */
async function lookAgain(regions: string[], { watch, clock }: AskedPorts, signal: AbortSignal): Promise<void> {
  const stale = regions.find((region) => {
    const { at = null, score = null } = watch.health(region) ?? {};
    return at === null || score === null || clock.now() - at > FRESH_MS;
  });
  if (stale !== undefined) await asked(signal, (limit) => watch.look(stale, limit));
}

async function look(
  region: string,
  { source, mode }: Choosing,
  system: System,
  { database, cluster, watch, clock }: AskedPorts,
  signal: AbortSignal,
): Promise<Seen> {
  const timed = async (limit: AbortSignal) => {
    const began = clock.now();
    const view = await database.observe(region, limit);
    return { view, latencyMs: clock.now() - began };
  };
  const [seen, room, behind] = await Promise.all([
    asked(signal, async (limit) => {
      // The first answer may have had to open a connection.
      const [first, second] = [await timed(limit), await timed(limit)];
      return { view: second.view, latencyMs: Math.min(first.latencyMs, second.latencyMs) };
    }),
    asked(signal, (limit) => roomIn(cluster, region, system.deployments, limit)),
    mode === 'emergency'
      ? asked(signal, async (limit) => {
          const { seconds } = await measureLoss(database, watch, source, region, limit);
          return { seconds, late: false };
        })
      : asked(signal, async (limit) => {
          const withinMs = Math.min(system.lagWithinMs, LAG_MS);
          const { seconds, caughtUp } = await database.lag(source, region, withinMs, limit);
          return { seconds, late: !caughtUp };
        }),
  ]);
  return {
    region,
    database: seen,
    room,
    behindSeconds: behind.answered ? behind.value.seconds : null,
    late: behind.answered && behind.value.late,
    health: watch.health(region),
  };
}

/** Why a region cannot take over, whatever the others are like; null where nothing speaks against it. */
function problemOf(
  one: Seen,
  all: Seen[],
  origin: string | null,
  { source, mode, unattended }: Choosing,
  system: System,
  now: number,
): string | null {
  const { database, health, behindSeconds, late, room } = one;
  if (!database.answered) return `its Postgres does not answer: ${database.why}`;
  const { view } = database.value;
  if (view.role === 'primary') return 'its Postgres is a primary, not a standby';
  const views = all.flatMap(({ database: other }) => (other.answered ? [other.value.view] : []));
  const whose = origin ?? (views.every((other) => other.systemIdentifier === view.systemIdentifier) ? 'theirs' : null);
  if (whose === null) return `nobody can say whether its Postgres is a copy of that of ${source}`;
  if (whose !== 'theirs' && whose !== view.systemIdentifier)
    return `its Postgres is another database, not a copy of that of ${source} (system identifiers ${view.systemIdentifier} and ${whose})`;
  const newest = Math.max(...views.filter((other) => other.role === 'standby').map(({ timeline }) => timeline));
  if (view.timeline < newest) return `its Postgres is on the old timeline ${view.timeline}, another on ${newest}`;

  const boundSeconds = system.objectives.rpoMs / 1000;
  if (mode === 'planned' && behindSeconds === null) return `its lag behind ${source} could not be measured`;
  if (mode === 'planned' && (late || behindSeconds! > boundSeconds))
    return `its Postgres is ${late ? 'at least ' : ''}${behindSeconds!.toFixed(1)} s behind, the bound is ${boundSeconds} s${late ? ', and it had not caught up' : ''}`;
  // People can answer for a loss; where nobody is asked it speaks against the region.
  if (mode === 'emergency' && unattended && behindSeconds === null)
    return 'nobody can say how much would be lost there';
  if (mode === 'emergency' && unattended && behindSeconds! > boundSeconds)
    return `up to ${behindSeconds!.toFixed(1)} s of writes would be lost there, the bound is ${boundSeconds} s`;

  if (health === null || health.at === null || now - health.at > FRESH_MS) return 'nobody can say how it is';
  if (health.stage !== 'quiet') return 'it looks down too';
  const { healthyAbove } = system.scoring;
  if (health.score !== null && health.score <= healthyAbove)
    return `its health is ${health.score.toFixed(2)} of 1, more than ${healthyAbove} is needed`;
  if (!room.answered) return `its cluster does not answer: ${room.why}`;
  if (room.value.absent.length > 0) return `its cluster has no deployment ${room.value.absent.join(', ')}`;
  return null;
}

/** What an eligible standby has and this one lacks; null where it lacks nothing. */
function lacks({ region, database }: Seen, rivals: Seen[]): string | null {
  if (!database.answered) return null;
  const own = held(database.value.view);
  const most = rivals
    .flatMap((one) => (one.region !== region && one.database.answered ? [one.database.value.view] : []))
    .map((view) => ({ region: view.region, bytes: lsnDiff(held(view), own) }))
    .sort((a, b) => b.bytes - a.bytes)[0];
  return most && most.bytes > 0 ? `it lacks ${bytesText(most.bytes)} of the log that ${most.region} has` : null;
}

const noRoom = (room: Reached<Room>): string | null =>
  room.answered && room.value.missing.length > 0
    ? `it has no room for ${room.value.missing.map(({ name, pods }) => `${pods} of ${name}`).join(', ')}`
    : null;

function factorsOf(one: Seen, { mode }: Choosing, { scoring }: System): Candidate['factors'] {
  const { database, room, behindSeconds, health } = one;
  const { latencyLimitMs, freshnessLimitMs } = scoring;
  const share = room.answered ? freeOverAsked(room.value) : null;
  // In an emergency the log's positions guard what is lost: an age nobody knows costs the score, not the choice.
  const behindMs = behindSeconds !== null ? behindSeconds * 1000 : mode === 'emergency' ? freshnessLimitMs : null;
  const score = health?.score ?? null;
  return {
    health: score === null ? null : rounded(score),
    capacity: room.answered ? rounded(capacityFactor(share ?? 1, 1)) : null,
    latency: database.answered ? rounded(linearFactor(database.value.latencyMs, latencyLimitMs)) : null,
    freshness: behindMs === null ? null : rounded(linearFactor(behindMs, freshnessLimitMs)),
  };
}
