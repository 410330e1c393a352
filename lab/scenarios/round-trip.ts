/**
 * `lab run round-trip`: there and home again in one world, as often as it is told, with the writer going on. And
 * `lab run failback --fault …`: something is left in the region that is home, and people must see to it on purpose.
 */
import type { PostgresVersion } from '../postgres/programs.ts';
import { fencesLeft } from '../world/fences.ts';
import { readJournal } from '../world/journal.ts';
import { SOAK_MS } from '../world/overlay.ts';
import { ANA } from '../world/people.ts';
import { scriptsRun } from '../world/scripts-witness.ts';
import * as witness from '../world/witness.ts';
import { type RedisKind, startWorld, type Transport, type World } from '../world/world.ts';
import { type RedisWriter, startRedisWriter } from '../writer/redis-writer.ts';
import { startWriter, type Writer } from '../writer/writer.ts';
import { until } from './emergency-people.ts';
import { FAILBACK_FAULTS, type FailbackFault, type LeftBehind } from './failback-faults.ts';
import { type Fault, fillSlots, freeSlots } from './faults.ts';
import { Supervised } from './kills.ts';
import { channelOf, type Ending, endings, heldSeen, playPlanned, transcript } from './play.ts';
import { redisReport, redisWrites } from './redis-report.ts';
import { reprotected } from './reprotect.ts';
import { type RoundTripLeg, type RoundTripReport, roundTripReport } from './round-trip-report.ts';

/**
 * Who makes the region that was left a standby: the house's own step in the run, people after it, where that step could
 * not, or Regent's own phase of the run.
 */
export const REPROTECT = ['run', 'command', 'built-in'] as const;

export type RoundTripOptions = {
  scenario: 'round-trip' | 'failback';
  times: number;
  fault: FailbackFault | null;
  pace: number;
  latencyMs: number;
  transport?: Transport;
  /** Default 18. */
  postgres?: PostgresVersion;
  /** Default sentinel. Given: its clients write at full speed all the way. */
  redis?: RedisKind;
  /** Default run. */
  reprotect?: (typeof REPROTECT)[number];
  say: (line: string) => void;
  /** Print what people read. */
  transcript: boolean;
  stop: AbortSignal;
};

const LEG_WITHIN_MS = 200_000;
/** Writes between two ways, so that each has something to carry. */
const WRITES_EACH = 300;
const ZERO_LAG_WITHIN_MS = 20_000;
const PLAN_WITHIN_MS = 30_000;

export async function roundTrip(options: RoundTripOptions): Promise<{ report: RoundTripReport; ok: boolean }> {
  const { pace, latencyMs, transport = 'socket', postgres, redis = 'sentinel', times, fault, say, stop } = options;
  const byCommand = options.reprotect === 'command';
  const world = await startWorld({
    ...(postgres && { postgres }),
    pace,
    latencyMs,
    softFence: false,
    redis,
    transport,
    standbyBuiltIn: options.reprotect === 'built-in',
    say,
  });
  const regent = new Supervised(world, { points: [], positions: 0, seed: 0 }, say);
  let writer: Writer | null = null;
  let redisWriter: RedisWriter | null = null;
  try {
    const [home, away] = world.regions;
    await regent.start();
    writer = startWriter({ url: world.product.writerUrl, lookup: world.resolver.lookup, everyMs: 20, clients: 4 });
    // At full speed it takes a core of its own: only where Redis is what is looked at.
    if (options.redis && world.redis) redisWriter = startRedisWriter(world.redis);
    const legs: RoundTripLeg[] = [];
    const stage = { world, writer, redisWriter, byCommand, say, stop };
    await announceWayHome(stage, away);
    for (let trip = 1; trip <= times; trip += 1) {
      legs.push(await leg(stage, home, away, `/dr failover ${home} reason:"maintenance ${trip}"`, null));
      if (legs.at(-1)!.outcome !== 'completed') break;
      const left = fault === null ? null : FAILBACK_FAULTS[fault];
      await left?.leave(world, home, away);
      await soak(stage);
      const mended = left && mending(world, left, home);
      const plan = await planOfWayHome(stage);
      legs.push({ ...(await leg(stage, away, home, '/dr failback reason:"home again"', mended)), plan });
      if (legs.at(-1)!.outcome !== 'completed') break;
    }
    if (options.transcript) say(`\n${transcript(world)}\n`);
    // Where a way stands still nobody may be writing any more: that is reported, not waited for.
    if (legs.every(({ outcome }) => outcome === 'completed')) await writes(stage);
    const outage = writer.outage();
    await writer.stop();
    const lagBytes = await lagAtEnd(world, home, away);
    await regent.stop();

    // From here on Regent is gone: what follows is asked of the servers, and of the journal it left.
    const primary = await witness.databasePrimary(world);
    const seen = await redisReport(world, away);
    const report = roundTripReport({
      ...options,
      world,
      legs,
      writer,
      longestOutageMs: outage.longestMs,
      lost: await witness.missingIn(world, primary ?? home, writer.acknowledgedIds),
      databasePrimary: primary,
      standby: await witness.databaseIn(world, away),
      lagBytes,
      timeline: await witness.timelineOf(world, primary ?? home),
      redis: seen && { ...seen, ...(redisWriter && (await redisWrites(world, seen, redisWriter))) },
      dns: witness.dnsValues(world),
      fences: await fencesLeft(world),
      announced: world.around.people.pages().filter(({ scheduled }) => scheduled !== null),
      scripts: scriptsRun(world),
      journal: readJournal(world.regent.journal),
    });
    for (const problem of report.problems) say(`✖ ${problem}`);
    return { report, ok: report.problems.length === 0 };
  } finally {
    await writer?.stop();
    await redisWriter?.stop();
    await regent.destroy();
    await world.close();
  }
}

type Stage = {
  world: World;
  writer: Writer;
  redisWriter: RedisWriter | null;
  byCommand: boolean;
  say: (line: string) => void;
  stop: AbortSignal;
};

async function leg(
  stage: Stage,
  from: string,
  to: string,
  command: string,
  mended: ReturnType<typeof mending> | null,
): Promise<RoundTripLeg> {
  const { world, byCommand, say, stop } = stage;
  await writes(stage);
  if (byCommand) await fillSlots(world, to);
  const run = endings(world).length;
  const startedAt = Date.now();
  const ending: Ending = await playPlanned(world, {
    command,
    withinMs: LEG_WITHIN_MS,
    fault: mended?.fault ?? null,
    say,
    stop,
  });
  say(`${from} → ${to}: ${ending.outcome}${ending.heldAt ? `, held at ${ending.heldAt}` : ''}`);
  const wallMs = Date.now() - startedAt;
  const redis = await redisReport(world, from);
  if (byCommand) await freeSlots(world, to);
  const again = byCommand && ending.outcome === 'completed' ? await reprotected(world, from, { say, stop, run }) : null;
  return { from, to, ...ending, wallMs, heldBefore: mended?.held() ?? null, redis, reprotected: again, plan: null };
}

/** People are told of another way home, in two days: customers by the status page. */
async function announceWayHome({ world, say }: Pick<Stage, 'world' | 'say'>, away: string): Promise<void> {
  const at = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
  const command = `/dr schedule ${away} at:"${at}" for:4h reason:"home again"`;
  say(`${ANA} types ${command}`);
  await world.slack.command(ANA, channelOf(world), command, { smartQuotes: true });
}

/** What Ana reads of the way home before she asks for it; null: no answer. */
async function planOfWayHome({ world }: Pick<Stage, 'world'>): Promise<string | null> {
  const since = Date.now();
  await world.slack.command(ANA, channelOf(world), '/dr plan failback');
  const told = () =>
    world.slack.ephemerals(ANA).find(({ at, text }) => at >= since && text.includes('nothing was changed'));
  const seen = await world.slack.until(told, PLAN_WITHIN_MS, 'the plan of the way home').catch(() => undefined);
  return seen === undefined ? null : JSON.stringify(seen.blocks);
}

/** Ana reads what holds the way home, and does something about it. */
export function mending(world: World, { about, heldAt: at, first, command }: LeftBehind, home: string) {
  let held: RoundTripLeg['heldBefore'] = null;
  const fault: Fault = {
    about,
    whenHeld: {
      at,
      by: ANA,
      first: () => {
        held = { at, said: heldSeen(world)?.said ?? '' };
        return first?.(world, home);
      },
      command: command(home),
    },
    expect: { outcome: 'completed', promotions: 0, dnsBatches: 0 },
  };
  return { fault, held: () => held };
}

/** Until enough is written where it serves now. */
async function writes({ writer, redisWriter, stop }: Stage): Promise<void> {
  const wanted = writer.acknowledged + WRITES_EACH;
  const toRedis = (redisWriter?.acknowledged ?? 0) + WRITES_EACH;
  const bothWrite = () =>
    writer.acknowledged >= wanted && (redisWriter === null || redisWriter.acknowledged >= toRedis);
  await until(bothWrite, { withinMs: 60_000, stop, what: 'the writers' });
}

/** The house wants the last move to have stood for a while. */
export async function soak({ world, say, stop }: Pick<Stage, 'world' | 'say' | 'stop'>): Promise<void> {
  const ms = SOAK_MS / world.pace + 500;
  say(`the move stands for ${(ms / 1000).toFixed(1)} s`);
  const until = Date.now() + ms;
  while (Date.now() < until && !stop.aborted) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Bytes between what the primary has written and what the standby has replayed, once nobody writes; null: no answer. */
export async function lagAtEnd(world: World, primary: string, standby: string): Promise<number | null> {
  const deadline = Date.now() + ZERO_LAG_WITHIN_MS;
  for (;;) {
    const bytes = await witness.lagBetween(world, primary, standby).catch(() => null);
    if (bytes === 0 || Date.now() > deadline) return bytes;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
