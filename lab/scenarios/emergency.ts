/** `lab run emergency`: a region that dies under write load, played through Slack, judged from outside. */
import type { PostgresVersion } from '../postgres/programs.ts';
import { lostBytes, redisFailovers, watchPromotion } from '../world/disaster-witness.ts';
import { readJournal } from '../world/journal.ts';
import type { WorldName } from '../world/kinds.ts';
import { novaProblems } from '../world/nova-witness.ts';
import { type RegentProcess, startRegent } from '../world/regent.ts';
import { configurationEqual, reverseReplication, scriptsRun } from '../world/scripts-witness.ts';
import { toldBy, untold } from '../world/told.ts';
import * as witness from '../world/witness.ts';
import { type RedisKind, startWorld, type Transport } from '../world/world.ts';
import { startRogue } from '../writer/rogue.ts';
import { startWriter } from '../writer/writer.ts';
import { aftermathProblems, boundProblems } from './aftermath.ts';
import { until } from './emergency-people.ts';
import { type EmergencyReport, emergencyProblems, emergencyReport, type Loss, newestRun } from './emergency-report.ts';
import { sentinelOrders } from './emergency-sentinels.ts';
import type { Stage, Story } from './emergency-stage.ts';
import { type EmergencyFault, expected, play } from './emergency-stories.ts';
import { transcript } from './play.ts';
import { redisReport } from './redis-report.ts';
import { runReport } from './report.ts';

export type EmergencyOptions = {
  /** Default eden. */
  world?: WorldName;
  pace: number;
  latencyMs: number;
  transport?: Transport;
  /** Default sentinel. */
  redis?: RedisKind;
  /** Default 18. */
  postgres?: PostgresVersion;
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
/** Regent has looked a few times before anything happens: of what it never saw it can say nothing. */
const WATCHED_BEFORE_MS = 15_000;
/** What is usual can be known only of a region that has served for a while: the minute that monitoring looks back, and more. */
const SERVED_BEFORE_MS = 90_000;
const TOLD_WITHIN_MS = 20_000;
/** Longer than any run lasts. */
const NEVER_DOWN_MS = 3_600_000;

export async function emergency(options: EmergencyOptions): Promise<{ report: EmergencyReport; ok: boolean }> {
  const { pace, latencyMs, fault, trigger, onTimeout, sentinelSlow, say, stop } = options;
  const { transport = 'socket', redis = 'sentinel' } = options;
  const world = await startWorld({
    ...(options.world && { world: options.world }),
    ...(options.postgres && { postgres: options.postgres }),
    pace,
    latencyMs,
    softFence: false,
    redis,
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
    const writer = startWriter({
      url: world.product.writerUrl,
      lookup: world.resolver.lookup,
      everyMs: 20,
      clients: 4,
      onWrite: ({ id, at, ms, ok }) => ok && acked.set(id, at + ms),
    });
    closers.push(() => writer.stop());
    const rogue = startRogue({ url: world.product.database(from), everyMs: 100 });
    closers.push(() => rogue.stop());
    const promotion = watchPromotion(world, to);
    closers.push(() => promotion.stop());
    const servedAt = Date.now() + (fault === null ? SERVED_BEFORE_MS : WATCHED_BEFORE_MS) / pace;
    await until(() => writer.acknowledged >= WRITES_BEFORE && Date.now() >= servedAt, {
      withinMs: 60_000 + SERVED_BEFORE_MS / pace,
      stop,
      what: 'the writer',
    });

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
      decide: onTimeout === 'approve' ? 'risks' : 'everything',
      blipMs: options.blipMs,
      lagMs: options.lagMs,
      writer,
      promotedAt: promotion.at,
    };
    const story: Story = await play(fault, stage).finally(() => over.abort());
    const wallMs = Date.now() - startedAt;
    const clusterChanges = changes() - changesBefore;
    const { ending } = story;
    const last = story.afterwards ?? ending;
    say(`it ended: ${last.outcome}${last.heldAt ? `, held at ${last.heldAt}` : ''}`);
    if (options.transcript) say(`\n${transcript(world)}\n`);
    if (last.outcome === 'completed')
      await until(() => writer.servedBy(to), { withinMs: 60_000, stop, what: 'writes in the other region' });
    // Telling goes on after the end; what is never told is a problem of its own, below.
    const wasAborted = last !== ending;
    const outside = () =>
      last.outcome === 'completed' ? untold(world.around.people, world.file.notify, wasAborted ? 1 : 0) : [];
    await until(() => outside().length === 0, { withinMs: TOLD_WITHIN_MS, stop, what: 'people outside' }).catch(
      () => {},
    );
    // The plan begins with the end of a run that has left a region.
    const firstRun = `${world.file.organization}-1`;
    const hasLeft = fault === null && last.outcome === 'completed';
    const left = hasLeft ? await aftermathProblems(world, firstRun, from, stop) : [];
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
      redis: await redisReport(world, from),
      deployments: witness.deployments(world),
      dns: witness.dnsValues(world),
      scripts: scriptsRun(world),
      configurationEqual: configurationEqual(world),
      reverseReplication: await reverseReplication(world),
      mended: null,
      pooler: null,
    });
    const times = lost.map((id) => acked.get(id)!);
    const loss: Loss = {
      ids: databasePrimary === null ? null : lost,
      from: times.length === 0 ? null : Math.min(...times),
      to: times.length === 0 ? null : Math.max(...times),
      bytes:
        promotion.at() === null || fault?.startsWith('zombie') || fault === 'returns' || fault === 'out-of-sight'
          ? null
          : await lostBytes(world, from, to),
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
      sentinelOrders: sentinelOrders(world),
      sentinelSlow,
      rogueAcks: rogue.acks(),
      loss,
      downtimeMs,
      clusterChanges,
    });
    const own = world.nova && ending.outcome === 'completed' ? novaProblems(world.nova.seen(), from, to) : [];
    const seen = emergencyProblems(report, world, expected(fault, options.blipMs));
    const bound = hasLeft ? boundProblems(world, firstRun, report.approvedLossSeconds) : [];
    const problems = [...story.problems, ...seen, ...own, ...left, ...bound, ...outside()];
    for (const problem of problems) say(`✖ ${problem}`);
    return { report: { ...report, told: toldBy(world.around.people), problems }, ok: problems.length === 0 };
  } finally {
    await Promise.all(closers.map((close) => close()));
    if (regent?.running()) await regent.kill();
    await world.close();
  }
}
