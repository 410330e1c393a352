/** The one JSON object a scenario prints: what was seen from outside, beside what Regent's own record says. */

import type { JournalEvent, JournalRead } from '../world/journal.ts';
import type { World } from '../world/world.ts';
import type { Writer } from '../writer/writer.ts';
import type { Fault } from './faults.ts';
import type { Ending } from './play.ts';
import { type PoolerReport, poolerProblems } from './pooler-report.ts';
import { type RedisReport, type RedisWrites, redisProblems } from './redis-report.ts';
import { type Reprotected, reprotectProblems } from './reprotect.ts';

type Seen = {
  world: World;
  ending: Ending;
  wallMs: number;
  latencyMs: number;
  /** Of the drawn kill positions, null where none were drawn. */
  seed: number | null;
  killed: string[];
  journal: JournalRead;
  writer: Writer;
  rogue: { tried: number; acks: { id: number; at: number }[]; fencedAt: number | null };
  lost: number;
  oldPrimaryAcceptsWrites: boolean;
  databasePrimary: string | null;
  timeline: number;
  redis: (RedisReport & Partial<RedisWrites>) | null;
  deployments: Record<string, Record<string, { wanted: number; ready: number }>>;
  dns: Record<string, string[]>;
  scripts: Record<string, number>;
  configurationEqual: boolean | null;
  reverseReplication: { standby: boolean; streaming: boolean };
  mended: Reprotected | null;
  pooler: PoolerReport | null;
};
export type Report = ReturnType<typeof runReport> & { problems?: string[] };

const PHASES = ['validating', 'assessing', 'preparing', 'promoting', 'redirecting', 'verifying', 'securing', 'closing'];

export function runReport(seen: Seen) {
  const { world, journal, writer, rogue } = seen;
  const [from, to] = world.regions;
  const events = journal.events.filter(({ stream }) => stream !== 'system');
  const outage = writer.outage();
  const gates = gatesOf(events);
  const rules = rulesOf(events);
  const total = outage.longestMs;
  const people = outage.from === null ? 0 : peopleMs(gates, outage.from, outage.to ?? Date.now(), events);
  const fencedAt = rogue.fencedAt;
  const counters = world.slack.counters();
  return {
    outcome: seen.ending.outcome,
    heldAt: seen.ending.heldAt,
    said: seen.ending.said,
    runbook: 'planned',
    run: events[0]?.stream ?? null,
    from,
    to,
    pace: world.pace,
    transport: world.transport,
    postgres: world.postgres.primary.programs.version,
    latencyMs: seen.latencyMs,
    seed: seen.seed,
    killed: seen.killed,
    wallMs: seen.wallMs,
    phases: phasesOf(events),
    gates: gates.map(({ gate, decision, by, waitedMs }) => ({ gate, decision, by, waitedMs })),
    steps: stepsOf(events),
    overrides: events
      .filter(({ type }) => ['STEP_MARKED', 'STEP_SKIPPED'].includes(type))
      .map(({ type, data }) => ({
        rule:
          type === 'STEP_MARKED'
            ? `mark ${data['step']} ${data['as']}`
            : `${rules.has(String(data['step'])) ? 'waive' : 'skip'} ${data['step']}`,
        by: data['by'],
        reason: data['reason'],
      })),
    writer: {
      acknowledged: writer.acknowledged,
      refused: writer.refused,
      lost: seen.lost,
      outageMs: { machine: total - people, people },
    },
    rogue: {
      tried: rogue.tried,
      acknowledged: rogue.acks.length,
      // Without a fence every later acknowledgement counts, from when the run said it stood.
      acknowledgedAfterFence: rogue.acks.filter(({ at }) => at > (fencedAt ?? fenceClaimedAt(events))).length,
    },
    oldPrimaryAcceptsWrites: seen.oldPrimaryAcceptsWrites,
    databasePrimary: seen.databasePrimary,
    promotions: seen.timeline - 1,
    redisMaster: seen.redis?.master ?? null,
    redis: seen.redis,
    pooler: seen.pooler,
    deployments: seen.deployments,
    dns: seen.dns,
    dnsBatches: world.route53.ledger().length,
    slack: {
      headlineEdits: headlineEdits(world),
      threadReplies: counters.threadReplies,
      broadcasts: counters.broadcasts,
      rateLimited: counters.rateLimited,
    },
    /** Starts of each script, as the scripts themselves wrote down: `step: script` → how often. */
    scripts: seen.scripts,
    configurationEqual: seen.configurationEqual,
    reverseReplication: seen.reverseReplication,
    /** Where the run left the system without a standby: what was said, and what mended it. */
    mended: seen.mended,
    journal: { events: journal.events.length, verified: journal.verified },
  };
}

/** Steps that are house rules, by the run's own list. */
const rulesOf = (events: JournalEvent[]): Set<string> =>
  new Set(
    ((events.find(({ type }) => type === 'REQUESTED')?.data['nodes'] ?? []) as { id: string; rule?: boolean }[])
      .filter(({ rule }) => rule === true)
      .map(({ id }) => id),
  );

const fenceClaimedAt = (events: JournalEvent[]): number =>
  events.find(({ type, data }) => ['STEP_DONE', 'STEP_ALREADY_DONE'].includes(type) && data['step'] === 'fence-source')
    ?.at ?? Number.POSITIVE_INFINITY;

function gatesOf(events: JournalEvent[]) {
  return events
    .filter(({ type }) => type === 'GATE_DECIDED')
    .map(({ at, data }) => {
      const asked = events.findLast(
        (one) => one.type === 'GATE_OPENED' && one.data['gate'] === data['gate'] && one.at <= at,
      );
      const by = events
        .filter((one) => one.type === 'VOTED' && one.data['gate'] === data['gate'] && one.at <= at)
        .map((one) => String(one.data['by']));
      return {
        gate: String(data['gate']),
        decision: String(data['decision']),
        by,
        waitedMs: at - (asked?.at ?? at),
        askedAt: asked?.at ?? at,
        decidedAt: at,
      };
    });
}

/** The part of the outage in which the machine waited for people: a gate was needed and not yet decided. */
function peopleMs(gates: ReturnType<typeof gatesOf>, from: number, to: number, events: JournalEvent[]): number {
  const written = events.findLast(
    ({ type, data }) => type === 'STEP_ALREADY_DONE' && data['step'] === 'prove-target-writable',
  )?.at;
  const dns = gates.find(({ gate }) => gate === 'dns');
  if (written === undefined || dns === undefined) return 0;
  return Math.max(0, Math.min(to, dns.decidedAt) - Math.max(from, written, dns.askedAt));
}

/** When each phase's first step was tried and its last one ended, from the record. */
function phasesOf(events: JournalEvent[]): { phase: string; ms: number }[] {
  const nodes = (events.find(({ type }) => type === 'REQUESTED')?.data['nodes'] ?? []) as {
    id: string;
    kind: string;
    phase: string;
  }[];
  let border = events[0]?.at ?? 0;
  return PHASES.flatMap((phase) => {
    const ids = new Set(nodes.filter((node) => node.kind === 'step' && node.phase === phase).map(({ id }) => id));
    const ends = events.filter(
      ({ type, data }) => ['STEP_DONE', 'STEP_ALREADY_DONE'].includes(type) && ids.has(String(data['step'])),
    );
    const last = ends.at(-1);
    if (ids.size === 0 || !last) return [];
    const ms = last.at - border;
    border = last.at;
    return [{ phase, ms }];
  });
}

function stepsOf(events: JournalEvent[]) {
  const steps = new Map<string, { id: string; outcome: string; attempts: number; ms: number; began: number }>();
  for (const { type, at, data } of events) {
    const id = data['step'];
    if (typeof id !== 'string') continue;
    const known = steps.get(id) ?? { id, outcome: 'none', attempts: 0, ms: 0, began: at };
    if (type === 'STEP_INTENDED')
      Object.assign(known, {
        attempts: known.attempts + 1,
        began: known.attempts === 0 ? at : known.began,
        outcome: 'intended',
      });
    else if (type.startsWith('STEP_') || type.startsWith('UNDO_'))
      Object.assign(known, {
        outcome: type
          .replace(/^STEP_/, '')
          .toLowerCase()
          .replaceAll('_', ' '),
        ms: at - known.began,
      });
    steps.set(id, known);
  }
  return [...steps.values()].map(({ began: _, ...step }) => step);
}

function headlineEdits(world: World): number {
  const channel = world.file.notify.channel;
  return world.slack.pins(channel).reduce((sum, message) => sum + message.edits, 0);
}

/** Where what was seen from outside is not what the run said, or not what a planned failover promises. */
export function disagreements(report: Report, world: World, wanted: Fault['expect']): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const { from, to } = report;
  const held = report.heldAt ? `, held at ${report.heldAt}` : '';
  expect(report.journal.verified, 'the journal’s chain does not verify');
  expect(report.writer.lost === 0, `${report.writer.lost} acknowledged writes are not in the final primary`);
  expect(report.outcome === wanted.outcome, `the run was to end ${wanted.outcome}: ${report.outcome}${held}`);
  problems.push(...poolerProblems(report.pooler, report.outcome));
  if (report.outcome !== wanted.outcome) return problems;
  expect(report.promotions === wanted.promotions, `${report.promotions} promotions`);
  expect(report.dnsBatches === wanted.dnsBatches, `${report.dnsBatches} DNS batches were accepted`);
  if (wanted.outcome === 'rolledBack') {
    expect(report.databasePrimary === from, `Postgres takes writes in ${report.databasePrimary}, not in ${from} again`);
    return problems;
  }
  expect(report.databasePrimary === to, `Postgres is primary in ${report.databasePrimary}, not in ${to}`);
  expect(!report.oldPrimaryAcceptsWrites, `Postgres in ${from} still accepts writes`);
  expect(
    report.rogue.acknowledgedAfterFence === 0,
    `${report.rogue.acknowledgedAfterFence} writes were acknowledged behind the fence`,
  );
  problems.push(...redisProblems(report.redis, from, to));
  const { acknowledged = 0, lost = 0 } = report.redis ?? {};
  expect(lost === 0, `${lost ?? 'an unknown number'} of ${acknowledged} writes acknowledged by Redis are lost`);
  for (const [script, times] of Object.entries(report.scripts)) {
    // The one that fails on purpose is tried again, as often as nobody is asked about.
    if (wanted.unprotected && script.startsWith('reverse-replication:')) continue;
    expect(times === 1, `${script} was run ${times} times`);
  }
  expect(Object.keys(report.scripts).length >= world.file.steps.length, 'not every script of the file was run');
  expect(report.configurationEqual !== false, 'the configuration files of the two regions differ');
  if (wanted.unprotected) for (const one of reprotectProblems(report.mended)) expect(false, one);
  expect(report.reverseReplication.streaming, `Postgres in ${from} does not follow ${to}`);
  expect(report.writer.acknowledged >= 1000, `only ${report.writer.acknowledged} writes were acknowledged`);
  for (const [name, values] of Object.entries(report.dns))
    expect(values.join() === world.addresses[to], `${name} answers ${values.join(' ')}`);
  for (const [name, { replicas }] of Object.entries(world.file.services.deployments)) {
    const seen = report.deployments[to]?.[name];
    expect(
      seen !== undefined && seen.ready >= replicas,
      `${name} has ${seen?.ready ?? 0} of ${replicas} pods ready in ${to}`,
    );
  }
  return problems;
}
