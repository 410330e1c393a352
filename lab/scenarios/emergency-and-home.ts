/**
 * `lab run emergency-and-home`: the region that serves dies under write load with its last writes on the way, comes back
 * after its standby was promoted, is made a standby again, and serves again in the end. What only it had is counted by
 * the writer and by the servers, never by Regent.
 */

import { healRegion, revivePostgres, reviveRedis } from '../world/disaster.ts';
import { watchPromotion } from '../world/disaster-witness.ts';
import { type OnlyThere, onlyIn } from '../world/diverged-witness.ts';
import { fencesLeft } from '../world/fences.ts';
import { readJournal } from '../world/journal.ts';
import { type RegentProcess, startRegent } from '../world/regent.ts';
import * as witness from '../world/witness.ts';
import { startWorld, type Transport, type World } from '../world/world.ts';
import { startWriter, type Writer, type WriteSeen } from '../writer/writer.ts';
import { reconciliationProblems } from './aftermath.ts';
import { decideWhatIsAsked, until } from './emergency-people.ts';
import { SECURED_WITHIN_MS, unsecured } from './emergency-return.ts';
import { detectWithin, goOn, proposed, type Stage, strike } from './emergency-stage.ts';
import { FAILBACK_FAULTS } from './failback-faults.ts';
import { type HomeReport, homeReport, TABLE, type Way } from './home-report.ts';
import { type Ending, playPlanned, transcript } from './play.ts';
import { saysUnprotected } from './reprotect.ts';
import { lagAtEnd, mending, soak } from './round-trip.ts';
import type { Leg } from './round-trip-report.ts';

export type HomeOptions = {
  strategy: Way;
  pace: number;
  latencyMs: number;
  transport?: Transport;
  trigger: 'propose' | 'declare';
  /** How long its last writes are on the way when the region dies, ms of real time. */
  lagMs: number;
  say: (line: string) => void;
  /** Print what people read. */
  transcript: boolean;
  stop: AbortSignal;
};

/** pg_rewind and pg_basebackup come with Debian's Postgres alone. */
const POSTGRES = 15;
const WRITES_BEFORE = 300;
/** Between two runs, so that each has something to carry. */
const WRITES_BETWEEN = 100;
/** Regent has looked a few times before anything happens. */
const WATCHED_BEFORE_MS = 15_000;
const LEG_WITHIN_MS = 200_000;
const SEEN_WITHIN_MS = 30_000;

export async function emergencyAndHome(options: HomeOptions): Promise<{ report: HomeReport; ok: boolean }> {
  const { strategy, pace, latencyMs, transport = 'socket', trigger, lagMs, say, stop } = options;
  const world = await startWorld({
    postgres: POSTGRES,
    pace,
    latencyMs,
    softFence: false,
    transport,
    disaster: { trigger, onTimeout: 'escalate' },
    say,
  });
  const over = new AbortController();
  const [home, away] = world.regions;
  const promotion = watchPromotion(world, away);
  let regent: RegentProcess | null = null;
  let writer: Writer | null = null;
  try {
    regent = await startRegent(world);
    const seen: WriteSeen[] = [];
    writer = startWriter({
      url: world.product.writerUrl,
      lookup: world.resolver.lookup,
      everyMs: 20,
      clients: 4,
      onWrite: (one) => void seen.push(one),
    });
    const stage: Stage = {
      world,
      say,
      stop: AbortSignal.any([over.signal, stop]),
      from: home,
      to: away,
      trigger,
      decide: 'everything',
      blipMs: 0,
      lagMs,
      writer,
      promotedAt: promotion.at,
    };
    const watchedAt = Date.now() + WATCHED_BEFORE_MS / pace;
    await until(() => writer!.acknowledged >= WRITES_BEFORE && Date.now() >= watchedAt, {
      withinMs: 60_000,
      stop,
      what: 'the writer',
    });

    const lost = await lose(stage).finally(() => over.abort());
    const legs: Leg[] = [lost.leg];
    let only: OnlyThere | null = null;
    const problems: string[] = [];
    const unprotected = { before: false, after: false };
    if (lost.leg.outcome === 'completed') {
      await writes(stage, stop);
      // Nobody has touched it yet: neither Regent, nor its own recovery.
      only = await onlyIn(world, home, away);
      say(`${home} died with ${only.ids.length} rows that ${away} lacks`);
      problems.push(...(await comesBack({ ...stage, stop })));
      unprotected.before = await saysUnprotected(world);
      if (problems.length === 0)
        legs.push(
          await leg(world, home, away, `/dr reprotect ${home} strategy:${strategy} reason:"it is back"`, options),
        );
    }
    if (legs[1]?.outcome === 'completed') {
      unprotected.after = await staysUnprotected(world, stop);
      if (only !== null)
        problems.push(
          ...(await reconciliationProblems(world, `${world.file.organization}-1`, TABLE, only.ids.length, stop)),
        );
      await writes(stage, stop);
      await soak({ world, say, stop });
      const lifted = mending(world, FAILBACK_FAULTS['stale-fence'], home);
      const last = await leg(world, away, home, '/dr failback reason:"home again"', {
        ...options,
        fault: lifted.fault,
      });
      legs.push({ ...last, heldBefore: lifted.held() });
      if (last.outcome === 'completed') {
        await writes(stage, stop);
        unprotected.after ||= await staysUnprotected(world, stop);
      }
    }
    if (options.transcript) say(`\n${transcript(world)}\n`);
    await writer.stop();
    const lagBytes = await lagAtEnd(world, home, away);
    await promotion.stop();
    await regent.stop();

    // From here on Regent is gone: what follows is asked of the servers, and of the journal it left.
    const primary = await witness.databasePrimary(world);
    const report = homeReport({
      world,
      strategy,
      trigger,
      legs,
      struckAt: lost.struckAt,
      writes: seen,
      missing: await witness.missingIds(world, primary ?? away, writer.acknowledgedIds),
      only,
      problems,
      unprotected,
      databasePrimary: primary,
      standby: await witness.databaseIn(world, away),
      lagBytes,
      timeline: await witness.timelineOf(world, primary ?? away),
      redisMaster: await witness.redisMaster(world),
      dns: witness.dnsValues(world),
      fences: await fencesLeft(world),
      journal: readJournal(world.regent.journal),
    });
    for (const problem of report.problems) say(`✖ ${problem}`);
    return { report, ok: report.problems.length === 0 };
  } finally {
    over.abort();
    await writer?.stop();
    await promotion.stop();
    if (regent?.running()) await regent.kill();
    await world.close();
  }
}

/** The region dies; people do what they are asked, until the other one serves. */
async function lose(stage: Stage) {
  const { from, to } = stage;
  decideWhatIsAsked(stage);
  const struckAt = await strike(stage);
  await proposed(stage, detectWithin(stage));
  const { ending, endedAt } = await goOn(stage);
  return { struckAt, leg: { from, to, ...ending, wallMs: endedAt - struckAt, heldBefore: null } };
}

/** It comes back as a whole, writable, and must be shut by what was owed; what is not is said, one sentence each. */
async function comesBack(stage: Stage): Promise<string[]> {
  const { world, from, say, stop } = stage;
  await Promise.all([revivePostgres(world, from), reviveRedis(world, from)]);
  healRegion(world, from);
  say(`${from} is back, with all that is in it`);
  return await until(async () => (await unsecured(stage)).length === 0, {
    withinMs: SECURED_WITHIN_MS,
    stop,
    what: `${from} to be secured`,
  }).then(
    () => [],
    async (error: Error) => [error.message, ...(await unsecured(stage))],
  );
}

async function leg(
  world: World,
  from: string,
  to: string,
  command: string,
  {
    say,
    stop,
    fault = null,
  }: Pick<HomeOptions, 'say' | 'stop'> & { fault?: Parameters<typeof playPlanned>[1]['fault'] },
) {
  const startedAt = Date.now();
  const ending: Ending = await playPlanned(world, { command, withinMs: LEG_WITHIN_MS, fault, say, stop });
  say(`${command}: ${ending.outcome}${ending.heldAt ? `, held at ${ending.heldAt}: ${ending.said}` : ''}`);
  return { from, to, ...ending, wallMs: Date.now() - startedAt, heldBefore: null };
}

/** It is looked at every few seconds who follows: until then the status says what was so. */
const staysUnprotected = (world: World, stop: AbortSignal): Promise<boolean> =>
  until(async () => !(await saysUnprotected(world)), { withinMs: SEEN_WITHIN_MS, stop, what: 'the status' }).then(
    () => false,
    () => true,
  );

/** Until enough is written where it serves now. */
async function writes({ writer }: Stage, stop: AbortSignal): Promise<void> {
  const wanted = writer.acknowledged + WRITES_BETWEEN;
  await until(() => writer.acknowledged >= wanted, { withinMs: 60_000, stop, what: 'the writer' });
}
