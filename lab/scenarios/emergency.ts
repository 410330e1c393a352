/** `lab run emergency`: a region that dies under write load, played through Slack, judged from outside. */
import { lostBytes, redisFailovers, watchPromotion } from '../world/disaster-witness.ts';
import { readJournal } from '../world/journal.ts';
import { type RegentProcess, startRegent } from '../world/regent.ts';
import { configurationEqual, reverseReplication, scriptsRun } from '../world/scripts-witness.ts';
import * as witness from '../world/witness.ts';
import { startWorld, type Transport } from '../world/world.ts';
import { startRogue } from '../writer/rogue.ts';
import { startWriter } from '../writer/writer.ts';
import { until } from './emergency-people.ts';
import { type EmergencyReport, emergencyProblems, emergencyReport, type Loss, newestRun } from './emergency-report.ts';
import type { Stage, Story } from './emergency-stage.ts';
import { type EmergencyFault, expected, play } from './emergency-stories.ts';
import { transcript } from './play.ts';
import { runReport } from './report.ts';

export type EmergencyOptions = {
  pace: number;
  latencyMs: number;
  transport?: Transport;
  trigger: 'propose' | 'declare';
  onTimeout: 'escalate' | 'approve';
  fault: EmergencyFault | null;
  /** How long a region is cut, ms of the configuration's time. */
  blipMs: number;
  /** How long its last writes are on the way when a region dies, ms of real time. */
  lagMs: number;
  /** The Sentinels do not promote by themselves: Regent has to order it. */
  sentinelSlow: boolean;
  say: (line: string) => void;
  transcript: boolean;
  stop: AbortSignal;
};

const WRITES_BEFORE = 300;
/** Longer than any run lasts. */
const NEVER_DOWN_MS = 3_600_000;

export async function emergency(options: EmergencyOptions): Promise<{ report: EmergencyReport; ok: boolean }> {
  const { pace, latencyMs, fault, trigger, onTimeout, sentinelSlow, say, stop, transport = 'socket' } = options;
  const world = await startWorld({
    pace,
    latencyMs,
    softFence: false,
    transport,
    disaster: { trigger, onTimeout, ...(sentinelSlow && { sentinelDownAfterMs: NEVER_DOWN_MS }) },
    say,
  });
  const closers: (() => Promise<unknown>)[] = [];
  let regent: RegentProcess | null = null;
  try {
    const [from, to] = world.regions;
    regent = await startRegent(world);
    const acked = new Map<number, number>();
    const url = `http://task-service.${world.eden.dns[0]!.zoneName}:${world.ingressPort}`;
    const writer = startWriter({
      url,
      lookup: world.resolver.lookup,
      everyMs: 5,
      onWrite: ({ id, at, ms, ok }) => ok && acked.set(id, at + ms),
    });
    closers.push(() => writer.stop());
    const rogue = startRogue({ url: world.postgres.node(from).url('eden_app', 'eden_vault'), everyMs: 100 });
    closers.push(() => rogue.stop());
    const promotion = watchPromotion(world, to);
    closers.push(() => promotion.stop());
    await until(() => writer.acknowledged >= WRITES_BEFORE, { withinMs: 60_000, stop, what: 'the writer' });

    const changes = () => world.regions.reduce((sum, region) => sum + world.clusters[region]!.ledger.length, 0);
    const changesBefore = changes();
    const startedAt = Date.now();
    const over = new AbortController();
    const stage: Stage = {
      world,
      say,
      stop: AbortSignal.any([over.signal, stop]),
      from,
      to,
      trigger,
      peopleDecide: onTimeout !== 'approve',
      blipMs: options.blipMs,
      lagMs: options.lagMs,
      writer,
      promotedAt: promotion.at,
    };
    const story: Story = await play(fault, stage).finally(() => over.abort());
    const wallMs = Date.now() - startedAt;
    const clusterChanges = changes() - changesBefore;
    const { ending } = story;
    say(`it ended: ${ending.outcome}${ending.heldAt ? `, held at ${ending.heldAt}` : ''}`);
    if (options.transcript) say(`\n${transcript(world)}\n`);
    if (ending.outcome === 'completed')
      await until(() => writer.servedBy(to), { withinMs: 60_000, stop, what: 'writes in the other region' });
    const { since, longestMs } = writer.outage();
    const downtimeMs = since === null ? longestMs : Math.max(longestMs, Date.now() - since);
    const acceptsWrites = await witness.acceptsWrites(world, from);
    await Promise.all(closers.splice(0).map((close) => close()));
    await regent.stop();

    // From here on Regent is gone: what follows is asked of the servers, and of the journal it left.
    const databasePrimary = await witness.databasePrimary(world);
    const finalRegion = databasePrimary ?? (world.postgres.node(from).running() ? from : to);
    const journal = readJournal(world.regent.journal);
    const ids = await witness.missingIds(world, finalRegion, writer.acknowledgedIds);
    const lost = databasePrimary === null ? [] : [...new Set([...ids.database, ...ids.cache])].sort((a, b) => a - b);
    const base = runReport({
      world,
      ending,
      wallMs,
      latencyMs,
      seed: null,
      killed: [],
      journal: newestRun(journal),
      writer,
      rogue: { tried: rogue.tried, acks: rogue.acks(), fencedAt: null },
      lost: lost.length,
      oldPrimaryAcceptsWrites: acceptsWrites,
      databasePrimary,
      timeline: await witness.timelineOf(world, to),
      redisMaster: await witness.redisMaster(world),
      deployments: witness.deployments(world),
      dns: witness.dnsValues(world),
      scripts: scriptsRun(world),
      configurationEqual: configurationEqual(world),
      reverseReplication: await reverseReplication(world),
    });
    const times = lost.map((id) => acked.get(id)!);
    const loss: Loss = {
      ids: databasePrimary === null ? null : lost,
      from: times.length === 0 ? null : Math.min(...times),
      to: times.length === 0 ? null : Math.max(...times),
      bytes: promotion.at() === null || fault?.startsWith('zombie') ? null : await lostBytes(world, from, to),
    };
    const report = emergencyReport({
      base,
      journal,
      fault,
      trigger,
      onTimeout,
      story,
      promotedAt: promotion.at(),
      redisFailovers: await redisFailovers(world),
      rogueAcks: rogue.acks(),
      loss,
      downtimeMs,
      clusterChanges,
    });
    const problems = [...story.problems, ...emergencyProblems(report, world, expected(fault, options.blipMs))];
    for (const problem of problems) say(`✖ ${problem}`);
    return { report: { ...report, problems }, ok: problems.length === 0 };
  } finally {
    await Promise.all(closers.map((close) => close()));
    if (regent?.running()) await regent.kill();
    await world.close();
  }
}
