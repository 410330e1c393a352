/**
 * The one JSON object of `run emergency`: what `run planned` reports, and beside it how long each part of an emergency
 * took, what was lost as the writer counts it, and what had been approved to be lost.
 */
import type { JournalEvent, JournalRead } from '../world/journal.ts';
import type { Told } from '../world/told.ts';
import type { World } from '../world/world.ts';
import { RISKS } from './emergency-people.ts';
import type { Story } from './emergency-stage.ts';
import type { Expected } from './emergency-stories.ts';
import { redisProblems } from './redis-report.ts';
import type { runReport } from './report.ts';

export type Loss = {
  /** Acknowledged ids the final primary lacks, in Postgres or in Redis; null where there is no primary to ask. */
  ids: number[] | null;
  /** When the first and the last of them were acknowledged, ms since the epoch. */
  from: number | null;
  to: number | null;
  /** WAL the dead primary had written and the other region never got; null where nobody asked it. */
  bytes: number | null;
};

export type EmergencySeen = {
  base: ReturnType<typeof runReport>;
  journal: JournalRead;
  fault: string | null;
  trigger: 'propose' | 'declare';
  onTimeout: 'escalate' | 'approve';
  story: Story;
  promotedAt: number | null;
  redisFailovers: number | null;
  /** Failovers the Sentinels were ordered to do, and whether they do none by themselves. */
  sentinelOrders: number | null;
  sentinelSlow: boolean;
  rogueAcks: { at: number }[];
  loss: Loss;
  downtimeMs: number;
  /** Changes Regent sent to the clusters since the disaster. */
  clusterChanges: number;
};
export type EmergencyReport = ReturnType<typeof emergencyReport> & { told?: Told; problems?: string[] };

const SUSPICIONS = ['REGION_SUSPECTED', 'REGION_CONFIRMED', 'REGION_FAILED'];

/** The events of the newest run, and none of another. */
export function newestRun({ events, verified }: JournalRead): JournalRead {
  const run = events.findLast(({ type }) => type === 'REQUESTED')?.stream;
  return { events: events.filter(({ stream }) => stream === run), verified };
}

export function emergencyReport(seen: EmergencySeen) {
  const { base, journal, story, loss } = seen;
  const run = newestRun(journal).events;
  const suspected = journal.events.find(({ type, at }) => SUSPICIONS.includes(type) && at >= story.struckAt);
  const detectedAt = story.proposedAt ?? suspected?.at ?? null;
  const declaredAt = declared(run);
  const approved = approvedLoss(run);
  const between = (from: number | null, to: number | null) => (from === null || to === null ? null : to - from);
  return {
    ...base,
    runbook: 'emergency',
    fault: seen.fault,
    trigger: seen.trigger,
    onTimeout: seen.onTimeout,
    detectionMs: between(story.struckAt, detectedAt),
    decisionMs: between(detectedAt, declaredAt),
    /** How it ended once what stood in the way was repaired; null where the story is over before. */
    afterwards: story.afterwards?.outcome ?? null,
    executionMs: (story.afterwards ?? base).outcome === 'completed' ? between(declaredAt, story.endedAt) : null,
    downtimeMs: seen.downtimeMs,
    lostWrites: loss.ids?.length ?? null,
    /** From the first lost acknowledgement to the end of the region. */
    lostSeconds: loss.from === null ? 0 : Math.max(0, (story.struckAt - loss.from) / 1000),
    lostBytes: loss.bytes,
    approvedLossSeconds: approved?.seconds ?? null,
    approvedLossBytes: approved?.bytes ?? null,
    redisFailovers: seen.redisFailovers,
    sentinelOrders: seen.sentinelOrders,
    sentinelSlow: seen.sentinelSlow,
    clusterChanges: seen.clusterChanges,
    rogue: {
      tried: base.rogue.tried,
      acknowledged: base.rogue.acknowledged,
      acknowledgedAfterPromotion: seen.rogueAcks.filter(({ at }) => at > (seen.promotedAt ?? Number.POSITIVE_INFINITY))
        .length,
    },
    story: story.seen,
  };
}

/** The run is declared with its gate, or, where no gate is asked, with its beginning. */
const declared = (run: JournalEvent[]): number | null =>
  run.find(({ type, data }) => type === 'GATE_DECIDED' && data['gate'] === 'declare' && data['decision'] === 'approved')
    ?.at ??
  run.find(({ type }) => type === 'REQUESTED')?.at ??
  null;

/** The bound in the plan whose promotion was approved. */
export function approvedLoss(run: JournalEvent[]): { seconds: number; bytes: number } | null {
  const approved = run.findLast(
    ({ type, data }) => type === 'GATE_DECIDED' && data['gate'] === 'promote' && data['decision'] === 'approved',
  );
  const plans = run.flatMap(({ type, data }) =>
    type === 'PLANNED'
      ? [data['plan'] as { hash: string; bounds?: { loss?: { seconds: number; bytes: number } } }]
      : [],
  );
  return plans.find(({ hash }) => hash === approved?.data['hash'])?.bounds?.loss ?? null;
}

/** Where what was seen from outside is not what an emergency promises. */
export function emergencyProblems(report: EmergencyReport, world: World, wanted: Expected): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const { from, to, lostWrites, lostSeconds, lostBytes, approvedLossSeconds, approvedLossBytes } = report;
  const held = report.heldAt ? `, held at ${report.heldAt}` : '';
  expect(report.journal.verified, 'the journal’s chain does not verify');
  expect(
    wanted.outcomes.includes(report.outcome),
    `it was to end ${wanted.outcomes.join(' or ')}: ${report.outcome}${held}${report.said ? ` (${report.said})` : ''}`,
  );
  if (!wanted.outcomes.includes(report.outcome)) return problems;
  expect(report.promotions === wanted.promotions, `${report.promotions} promotions of Postgres`);
  expect(report.dnsBatches === wanted.dnsBatches, `${report.dnsBatches} DNS batches were accepted`);
  if (wanted.untouched) expect(report.clusterChanges === 0, `${report.clusterChanges} changes were sent to clusters`);
  if (wanted.promotions === 0) {
    if (report.fault === 'blip43') {
      expect(report.databasePrimary === from, `Postgres takes writes in ${report.databasePrimary}, not in ${from}`);
      expect(world.redis === null || report.redisMaster === from, `Redis is master in ${report.redisMaster}`);
      expect(lostWrites === 0, `${lostWrites} acknowledged writes are not in ${from}`);
    }
    return problems;
  }
  for (const { gate, by } of report.gates) {
    const byTime = report.onTimeout === 'approve' && ['promote', 'dns'].includes(gate);
    if (byTime) expect(by.length === 0, `${gate} was decided by ${by.join(' and ')}, not by time`);
    if (RISKS.includes(gate)) expect(by.length > 0, `${gate} was decided by nobody`);
    if (gate === 'unverified-fence' && report.fault === null)
      expect(!world.leases, 'somebody was asked about a fence that the lease of a dead server proves');
  }
  expect(!report.oldPrimaryAcceptsWrites, `Postgres in ${from} still accepts writes`);
  expect(report.databasePrimary === to, `Postgres is primary in ${report.databasePrimary}, not in ${to}`);
  problems.push(...redisProblems(report.redis, from, to));
  expect(world.redis === null || report.redisFailovers === 1, `${report.redisFailovers} failovers of Redis`);
  const orders = report.sentinelSlow ? 1 : 0;
  expect(
    world.redis === null || report.sentinelOrders === orders,
    `the Sentinels were ordered ${report.sentinelOrders} times to fail over, not ${orders}`,
  );
  expect(
    wanted.zombieWrites || report.rogue.acknowledgedAfterPromotion === 0,
    `${report.rogue.acknowledgedAfterPromotion} writes were acknowledged in ${from} after the promotion`,
  );
  if (lostWrites !== 0) {
    expect(
      approvedLossSeconds !== null && lostSeconds <= approvedLossSeconds,
      `writes of ${lostSeconds} s are lost, approved were ${approvedLossSeconds ?? 'none'}`,
    );
    expect(
      lostBytes === null || (approvedLossBytes !== null && lostBytes <= approvedLossBytes),
      `${lostBytes} bytes are lost, approved were ${approvedLossBytes ?? 'none'}`,
    );
  }
  for (const [name, values] of Object.entries(report.dns))
    expect(values.join() === world.addresses[to], `${name} answers ${values.join(' ')}`);
  for (const [name, { replicas }] of Object.entries(world.file.services.deployments)) {
    const ready = report.deployments[to]?.[name]?.ready ?? 0;
    expect(ready >= replicas, `${name} has ${ready} of ${replicas} pods ready in ${to}`);
  }
  return problems;
}
