/**
 * `lab run round-trip`: there and home again in one world, as often as it is told, with the writer going on. And
 * `lab run failback --fault stale-fence`: something is left in the region that is home, and must be lifted on purpose.
 */
import { fencesLeft, leaveFences } from '../world/fences.ts';
import { readJournal } from '../world/journal.ts';
import { SOAK_MS } from '../world/overlay.ts';
import { ANA } from '../world/people.ts';
import { scriptsRun } from '../world/scripts-witness.ts';
import * as witness from '../world/witness.ts';
import { startWorld, type Transport, type World } from '../world/world.ts';
import { startWriter, type Writer } from '../writer/writer.ts';
import { until } from './emergency-people.ts';
import type { Fault } from './faults.ts';
import { Supervised } from './kills.ts';
import { type Ending, heldSeen, playPlanned, transcript } from './play.ts';
import { type Leg, type RoundTripReport, roundTripReport } from './round-trip-report.ts';

/** What is left in the region that is home before the way back. */
export const FAILBACK_FAULTS = {
  'stale-fence': 'Postgres at home is read-only by its own configuration, and a policy denies its pods everything.',
} as const;
export type FailbackFault = keyof typeof FAILBACK_FAULTS;

export type RoundTripOptions = {
  scenario: 'round-trip' | 'failback';
  times: number;
  fault: FailbackFault | null;
  pace: number;
  latencyMs: number;
  transport?: Transport;
  say: (line: string) => void;
  /** Print what people read. */
  transcript: boolean;
  stop: AbortSignal;
};

const LEG_WITHIN_MS = 200_000;
/** Writes between two ways, so that each has something to carry. */
const WRITES_EACH = 300;
const ZERO_LAG_WITHIN_MS = 20_000;
const HELD_AT = 'no-stale-fence';

export async function roundTrip(options: RoundTripOptions): Promise<{ report: RoundTripReport; ok: boolean }> {
  const { pace, latencyMs, transport = 'socket', times, fault, say, stop } = options;
  const world = await startWorld({ pace, latencyMs, softFence: false, transport, say });
  const regent = new Supervised(world, { points: [], positions: 0, seed: 0 }, say);
  let writer: Writer | null = null;
  try {
    const [home, away] = world.regions;
    await regent.start();
    writer = startWriter({ url: world.product.writerUrl, lookup: world.resolver.lookup, everyMs: 20, clients: 4 });
    const legs: Leg[] = [];
    const stage = { world, writer, say, stop };
    for (let trip = 1; trip <= times; trip += 1) {
      legs.push(await leg(stage, home, away, `/dr failover ${home} reason:"maintenance ${trip}"`, null));
      if (legs.at(-1)!.outcome !== 'completed') break;
      if (fault !== null) await leaveFences(world, home);
      await soak(stage);
      const lifted = fault === null ? null : lifting(world, home);
      legs.push(await leg(stage, away, home, '/dr failback reason:"home again"', lifted));
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
      redisMaster: await witness.redisMaster(world),
      dns: witness.dnsValues(world),
      fences: await fencesLeft(world),
      scripts: scriptsRun(world),
      journal: readJournal(world.regent.journal),
    });
    for (const problem of report.problems) say(`✖ ${problem}`);
    return { report, ok: report.problems.length === 0 };
  } finally {
    await writer?.stop();
    await regent.destroy();
    await world.close();
  }
}

type Stage = { world: World; writer: Writer; say: (line: string) => void; stop: AbortSignal };

async function leg(
  stage: Stage,
  from: string,
  to: string,
  command: string,
  lifted: ReturnType<typeof lifting> | null,
): Promise<Leg> {
  const { world, say, stop } = stage;
  await writes(stage);
  const startedAt = Date.now();
  const ending: Ending = await playPlanned(world, {
    command,
    withinMs: LEG_WITHIN_MS,
    fault: lifted?.fault ?? null,
    say,
    stop,
  });
  say(`${from} → ${to}: ${ending.outcome}${ending.heldAt ? `, held at ${ending.heldAt}` : ''}`);
  return { from, to, ...ending, wallMs: Date.now() - startedAt, heldBefore: lifted?.held() ?? null };
}

/** Ana reads what holds the way home, and lifts it. */
export function lifting(world: World, home: string) {
  let held: Leg['heldBefore'] = null;
  const fault: Fault = {
    about: FAILBACK_FAULTS['stale-fence'],
    whenHeld: {
      at: HELD_AT,
      by: ANA,
      first: () => {
        held = { at: HELD_AT, said: heldSeen(world)?.said ?? '' };
      },
      command: `/dr lift ${home} reason:"left from the last time, looked at"`,
    },
    expect: { outcome: 'completed', promotions: 0, dnsBatches: 0 },
  };
  return { fault, held: () => held };
}

/** Until enough is written where it serves now. */
async function writes({ writer, stop }: Stage): Promise<void> {
  const wanted = writer.acknowledged + WRITES_EACH;
  await until(() => writer.acknowledged >= wanted, { withinMs: 60_000, stop, what: 'the writer' });
}

/** The house wants the last move to have stood for a while. */
export async function soak({ world, say, stop }: Omit<Stage, 'writer'>): Promise<void> {
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
