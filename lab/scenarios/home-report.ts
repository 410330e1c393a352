/**
 * The one JSON object of `run emergency-and-home`: what the writer knows, what the dead server held as the lab read it
 * itself, and beside both what Regent said was lost.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { OnlyThere } from '../world/diverged-witness.ts';
import type { JournalEvent, JournalRead } from '../world/journal.ts';
import type { DatabaseSeen } from '../world/witness.ts';
import type { World } from '../world/world.ts';
import type { WriteSeen } from '../writer/writer.ts';
import { approvedLoss } from './emergency-report.ts';
import type { Leg } from './round-trip-report.ts';

export const WAYS = ['rewind', 'copy'] as const;
export type Way = (typeof WAYS)[number];

type Seen = {
  world: World;
  strategy: Way;
  trigger: string;
  legs: Leg[];
  struckAt: number;
  writes: WriteSeen[];
  /** Acknowledged ids the final primary lacks. */
  missing: { database: number[]; cache: number[] };
  /** Null where nobody could read the dead server. */
  only: OnlyThere | null;
  /** What was seen on the way that must not be: a region that came back and was not shut, a file that does not say it. */
  problems: string[];
  unprotected: { before: boolean; after: boolean };
  databasePrimary: string | null;
  standby: DatabaseSeen;
  lagBytes: number | null;
  timeline: number;
  redisMaster: string | null;
  dns: Record<string, string[]>;
  fences: string[];
  journal: JournalRead;
};
export type HomeReport = ReturnType<typeof homeReport>;

/** The table the writer's ids stand in. */
export const TABLE = 'tasks';
const RUNBOOKS = ['emergency', 'reprotect', 'failback'];

export function homeReport(seen: Seen) {
  const report = observed(seen);
  return { ...report, problems: [...seen.problems, ...problemsOf(report, seen)] };
}

function observed(seen: Seen) {
  const { world, legs, writes, struckAt, missing, only, journal } = seen;
  const [home, away] = world.regions;
  const requests = journal.events.filter(({ type }) => type === 'REQUESTED');
  const runs = legs.map(({ from, to, outcome, heldAt, heldBefore, wallMs, said }, index) => ({
    run: requests[index]?.stream ?? null,
    runbook: requests[index]?.data['runbook'] ?? null,
    from,
    to,
    outcome,
    heldAt,
    heldBefore,
    wallMs,
    said,
  }));
  const eventsOf = (index: number) => journal.events.filter(({ stream }) => stream === runs[index]?.run);
  const acknowledged = writes.filter(({ ok }) => ok);
  const lost = [...new Set([...missing.database, ...missing.cache])];
  const times = acknowledged.filter(({ id }) => lost.includes(id)).map(({ at, ms }) => at + ms);
  const kept = evidenceOf(eventsOf(1), 'keep-diverged');
  const approved = approvedLoss(eventsOf(0));
  return {
    scenario: 'emergency-and-home',
    outcome: legs.length === RUNBOOKS.length ? legs.at(-1)!.outcome : (legs.at(-1)?.outcome ?? 'notStarted'),
    home,
    away,
    postgres: world.postgres.primary.programs.version,
    trigger: seen.trigger,
    pace: world.pace,
    transport: world.transport,
    strategy: seen.strategy,
    /** How it was made a standby, by its program. */
    way: evidenceOf(eventsOf(1), 'make-standby')?.['way'] ?? null,
    runs,
    writer: { acknowledged: acknowledged.length, sent: writes.length },
    /** Of what the writer sent: what the dead server had committed and the one that was promoted never got. */
    lost: {
      count: only?.ids.length ?? null,
      ids: only?.ids ?? null,
      /** Of those, what somebody had been told is stored. */
      missing: missing.database,
    },
    /** Writes under way when the region died, answered by nobody. */
    unanswered: writes.filter(({ ok, at, ms }) => !ok && at <= struckAt && at + ms >= struckAt).map(({ id }) => id),
    redisLost: missing.cache.length,
    reportedLost: reported(kept),
    keys: keysIn(kept),
    lostSeconds: times.length === 0 ? 0 : Math.max(0, (struckAt - Math.min(...times)) / 1000),
    lostBytes: only?.bytes ?? null,
    approvedLossSeconds: approved?.seconds ?? null,
    approvedLossBytes: approved?.bytes ?? null,
    unprotected: seen.unprotected,
    databasePrimary: seen.databasePrimary,
    standby: { region: away, role: seen.standby.role, lagBytes: seen.lagBytes },
    promotions: seen.timeline - 1,
    redisMaster: seen.redisMaster,
    dns: seen.dns,
    /** What still keeps a region from serving. */
    fences: seen.fences,
    journal: { events: journal.events.length, verified: journal.verified },
  };
}

type Listed = { table: string; key: string[]; rows: number; file: string | null };
type Transactions = { count: number; firstAt: number; lastAt: number };

/** What a step of a run proved last. */
const evidenceOf = (events: JournalEvent[], step: string): Record<string, unknown> | null =>
  (events.findLast(({ type, data }) => /^STEP_(ALREADY_)?DONE$/.test(type) && data['step'] === step)?.data[
    'evidence'
  ] as Record<string, unknown> | undefined) ?? null;

/** As the step's evidence has it. */
function reported(kept: Record<string, unknown> | null) {
  if (kept === null) return null;
  return {
    kept: (kept['kept'] ?? null) as string | null,
    files: Number(kept['files'] ?? 0),
    bytes: Number(kept['bytes'] ?? 0),
    forkLsn: (kept['forkLsn'] ?? null) as string | null,
    transactions: (kept['transactions'] ?? null) as Transactions | null,
    tables: (kept['tables'] ?? null) as Listed[] | null,
    why: (kept['why'] ?? null) as string | null,
  };
}

/** The ids in the file that the evidence names, as the lab reads it; null where there is none. */
function keysIn(kept: Record<string, unknown> | null): number[] | null {
  const file = reported(kept)?.tables?.find(({ table }) => table === TABLE)?.file;
  if (file == null || !existsSync(file)) return null;
  const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map(Number);
}

/** Where what was seen from outside is not what an emergency and the way home promise. */
function problemsOf(report: ReturnType<typeof observed>, { world, writes }: Seen): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const { home, runs, lost, reportedLost, keys, unanswered } = report;
  expect(report.journal.verified, 'the journal’s chain does not verify');
  for (const [index, { run, runbook, outcome, heldAt, said }] of runs.entries()) {
    expect(runbook === RUNBOOKS[index], `${run} went by the runbook ${runbook}, not ${RUNBOOKS[index]}`);
    expect(
      outcome === 'completed',
      `${run} was to be completed: ${outcome}${heldAt ? `, held at ${heldAt}` : ''} (${said})`,
    );
  }
  expect(runs.length === RUNBOOKS.length, `${runs.length} runs were played, not ${RUNBOOKS.length}`);
  if (runs.length < 2) return problems;

  expect(report.way === report.strategy, `it was made a standby by ${report.way}, not by ${report.strategy}`);
  expect(lost.count !== null && lost.count > 0, `nothing was lost: this has shown nothing`);
  const listed = new Set(keys);
  const sent = new Set(writes.map(({ id }) => id));
  const table = reportedLost?.tables?.find((one) => one.table === TABLE);
  expect(keys !== null, `Regent listed no keys of ${TABLE}: ${reportedLost?.why ?? 'it did not say why'}`);
  expect(table?.rows === listed.size, `${table?.rows} rows were reported, and ${listed.size} listed`);
  const has = (name: string, ids: Iterable<number>, within: Set<number>) => {
    const strange = [...ids].filter((id) => !within.has(id));
    expect(strange.length === 0, `${strange.length} ${name}: ${strange.slice(0, 10).join(', ')}`);
  };
  has('rows that only the dead server had are not listed', lost.ids ?? [], listed);
  has('listed rows are not what only the dead server had', listed, new Set(lost.ids));
  has('listed rows were never sent', listed, sent);
  const missing = lost.missing;
  has('acknowledged writes are lost and not listed', missing, listed);
  has(
    'listed rows were neither acknowledged and lost nor without an answer',
    listed,
    new Set([...missing, ...unanswered]),
  );
  const { transactions = null } = reportedLost ?? {};
  expect(
    transactions !== null && transactions.count >= listed.size,
    `${transactions?.count ?? 'no'} transactions for ${listed.size} rows`,
  );
  expect(
    report.approvedLossSeconds !== null && report.lostSeconds <= report.approvedLossSeconds,
    `writes of ${report.lostSeconds} s are lost, approved were ${report.approvedLossSeconds ?? 'none'}`,
  );
  expect(
    report.approvedLossBytes !== null && report.lostBytes !== null && report.lostBytes <= report.approvedLossBytes,
    `${report.lostBytes ?? 'nobody knows how many'} bytes are lost, approved were ${report.approvedLossBytes ?? 'none'}`,
  );
  expect(report.unprotected.before, '/dr status did not say that it was unprotected');
  if (report.outcome !== 'completed' || runs.length < RUNBOOKS.length) return problems;

  expect(!report.unprotected.after, '/dr status still said that it was unprotected');
  expect(report.databasePrimary === home, `Postgres takes writes in ${report.databasePrimary}, not in ${home} alone`);
  expect(report.standby.role === 'standby', `Postgres in ${report.away} is ${report.standby.role}, no standby`);
  expect(
    report.standby.lagBytes === 0,
    `${report.away} is ${report.standby.lagBytes ?? 'nobody knows how many'} bytes behind`,
  );
  expect(report.promotions === 2, `${report.promotions} promotions`);
  expect(
    world.redis === null || report.redisMaster === home,
    `Redis is master in ${report.redisMaster}, not in ${home}`,
  );
  for (const one of report.fences) expect(false, `a fence is left: ${one}`);
  for (const [name, values] of Object.entries(report.dns))
    expect(values.join() === world.addresses[home], `${name} answers ${values.join(' ')}`);
  return problems;
}
