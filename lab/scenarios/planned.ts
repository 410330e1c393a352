/** `lab run planned`: a whole planned failover under write load, played through Slack, judged from outside. */

import type { PostgresVersion } from '../postgres/programs.ts';
import { readJournal } from '../world/journal.ts';
import { configurationEqual, reverseReplication, scriptsRun } from '../world/scripts-witness.ts';
import * as witness from '../world/witness.ts';
import { type FenceKind, type RedisKind, startWorld, type Transport, type World } from '../world/world.ts';
import { type PooledWriter, startPooledWriter } from '../writer/pooled-writer.ts';
import { startRedisWriter } from '../writer/redis-writer.ts';
import { startRogue } from '../writer/rogue.ts';
import { startWriter } from '../writer/writer.ts';
import { type FaultName, faultNamed, freeSlots } from './faults.ts';
import { type KillPlan, Supervised } from './kills.ts';
import { type Ending, playPlanned, transcript } from './play.ts';
import { poolerReport } from './pooler-report.ts';
import { redisReport, redisWrites } from './redis-report.ts';
import { disagreements, type Report, runReport } from './report.ts';
import { reprotected } from './reprotect.ts';

export type PlannedOptions = {
  pace: number;
  latencyMs: number;
  fault: FaultName | null;
  fence: FenceKind;
  /** Default sentinel. */
  redis?: RedisKind;
  /** Default false. */
  pooler?: boolean;
  transport?: Transport;
  /** Default 18. */
  postgres?: PostgresVersion;
  kill: KillPlan;
  say: (line: string) => void;
  /** Print what people read. */
  transcript: boolean;
  /** Ends everything early and tidily. */
  stop: AbortSignal;
};

/** The load before the run is asked for: what must be there afterwards, and be enough to mean something. */
const WRITES_BEFORE = 300;
const WRITES_AT_LEAST = 1100;
const POOLED_CLIENTS = 4;
const RUN_WITHIN_MS = 400_000;
const AS_PLANNED = { outcome: 'completed' as const, promotions: 1, dnsBatches: 1 };

export async function planned(options: PlannedOptions): Promise<{ report: Report; ok: boolean }> {
  const { pace, latencyMs, fault, say, stop } = options;
  const { fence: kind, transport = 'socket', redis = 'sentinel', pooler = false, postgres } = options;
  const world = await startWorld({
    ...(postgres && { postgres }),
    pace,
    latencyMs,
    softFence: fault === 'soft-fence',
    fence: kind,
    redis,
    pooler,
    transport,
    say,
  });
  const regent = new Supervised(world, options.kill, say);
  const closers: (() => Promise<unknown>)[] = [];
  let pooled: PooledWriter | null = null;
  try {
    const [from, to] = world.regions;
    await regent.start();
    const writer = startWriter({
      url: world.product.writerUrl,
      lookup: world.resolver.lookup,
      everyMs: 20,
      clients: 4,
    });
    closers.push(() => writer.stop());
    const rogue = startRogue({ url: world.product.database(from), everyMs: 100 });
    closers.push(() => rogue.stop());
    // At full speed it takes a core of its own: only where Redis is what is looked at.
    const redisWriter = options.redis && world.redis ? startRedisWriter(world.redis) : null;
    closers.push(async () => redisWriter?.stop());
    pooled = world.pooler && startPooledWriter({ url: world.pooler.url, clients: POOLED_CLIENTS, everyMs: 20 });
    const bothWrite = () =>
      writer.acknowledged >= WRITES_BEFORE && (redisWriter === null || redisWriter.acknowledged >= WRITES_BEFORE);
    await until(bothWrite, stop, 60_000, 'the writers');

    const plan = faultNamed(fault);
    await plan?.before?.(world);
    const during = plan?.during;
    if (during !== undefined) {
      const timer = setInterval(() => during(world) && clearInterval(timer), 20);
      closers.push(async () => clearInterval(timer));
    }
    const fence = watchFence(world, from);
    closers.push(async () => fence.stop());
    const startedAt = Date.now();
    const played = playPlanned(world, {
      command: `/dr failover ${from} reason:"maintenance"`,
      withinMs: RUN_WITHIN_MS,
      fault: plan,
      say,
      stop,
    });
    const ending: Ending = await Promise.race([played, stopped(stop)]);
    const wallMs = Date.now() - startedAt;
    say(`the run ended: ${ending.outcome}${ending.heldAt ? `, held at ${ending.heldAt}` : ''}`);
    if (options.transcript) say(`\n${transcript(world)}\n`);
    if (ending.outcome === 'completed')
      await until(
        () => writer.acknowledged >= WRITES_AT_LEAST && writer.servedBy(to) && redisWriter?.servedBy(to) !== false,
        stop,
        60_000,
        'writes in the other region',
      );
    if (plan?.expect.unprotected) await freeSlots(world, to);
    const mended =
      plan?.expect.unprotected && ending.outcome === 'completed' ? await reprotected(world, from, { say, stop }) : null;
    const acceptsWrites = await witness.acceptsWrites(world, from);
    await Promise.all(closers.splice(0).map((close) => close()));
    // As it is while Regent lives: one that is told to stop lets everybody go.
    const paused = (await world.pooler?.paused()) ?? [];
    await regent.stop();

    // From here on Regent is gone: what follows is asked of the servers, and of the journal it left.
    const finalRegion = (await witness.databasePrimary(world)) ?? from;
    const seen = await redisReport(world, from);
    const report = runReport({
      world,
      ending,
      wallMs,
      latencyMs,
      seed: options.kill.positions > 0 ? options.kill.seed : null,
      killed: regent.killed,
      journal: readJournal(world.regent.journal),
      writer,
      rogue: { tried: rogue.tried, acks: rogue.acks(), fencedAt: fence.at() },
      lost: await witness.missingIn(world, finalRegion, writer.acknowledgedIds),
      oldPrimaryAcceptsWrites: acceptsWrites,
      databasePrimary: await witness.databasePrimary(world),
      timeline: await witness.timelineOf(world, finalRegion),
      redis: seen && { ...seen, ...(redisWriter && (await redisWrites(world, seen, redisWriter))) },
      deployments: witness.deployments(world),
      dns: witness.dnsValues(world),
      scripts: scriptsRun(world),
      configurationEqual: configurationEqual(world),
      reverseReplication: await reverseReplication(world),
      mended,
      pooler: await poolerReport(world, finalRegion, pooled, paused),
    });
    const problems = disagreements(report, world, plan?.expect ?? AS_PLANNED);
    for (const problem of problems) say(`✖ ${problem}`);
    return { report: { ...report, problems }, ok: problems.length === 0 };
  } finally {
    await Promise.all(closers.map((close) => close()));
    await regent.destroy();
    await world.close();
    // Held back it could not end before.
    await pooled?.stop();
  }
}

/** When the old primary's server process was seen to be gone for good. */
function watchFence(world: World, region: string): { at(): number | null; stop(): void } {
  let since: number | null = null;
  const timer = setInterval(() => {
    // It may run again later, as a standby: what counts is when it was first gone.
    if (!world.postgres.node(region).running()) since ??= Date.now();
  }, 20);
  return { at: () => since, stop: () => clearInterval(timer) };
}

async function until(test: () => boolean, stop: AbortSignal, withinMs: number, what: string): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!test()) {
    if (stop.aborted) throw new Error('stopped');
    if (Date.now() > deadline) throw new Error(`waited ${withinMs / 1000} s for ${what} in vain`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Rejects when the scenario is told to stop: everything is then closed on the way out. */
const stopped = (stop: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const tell = () => reject(new Error('stopped before the end'));
    if (stop.aborted) tell();
    else stop.addEventListener('abort', tell, { once: true });
  });
