/** The one JSON object of a way there and home: each way as people read it ended, and the world as the servers say it is. */
import type { StatuspageIncident } from '../statuspage/types.ts';
import type { JournalEvent, JournalRead } from '../world/journal.ts';
import type { DatabaseSeen } from '../world/witness.ts';
import type { World } from '../world/world.ts';
import type { Writer } from '../writer/writer.ts';
import { FAILBACK_FAULTS, type FailbackFault } from './failback-faults.ts';
import type { Ending } from './play.ts';
import { type RedisReport, type RedisWrites, redisProblems } from './redis-report.ts';
import { type Reprotected, reprotectProblems } from './reprotect.ts';

export type Leg = Ending & {
  from: string;
  to: string;
  wallMs: number;
  /** Where it was held on purpose, and what its card said. */
  heldBefore: { at: string; said: string } | null;
};
export type RoundTripLeg = Leg & {
  /** As Redis was when the way had ended. */
  redis: RedisReport | null;
  /** Where people made the region that was left a standby, after a run that could not. */
  reprotected: Reprotected | null;
  /** What `/dr plan failback` said before it; null: there, or no answer. */
  plan: string | null;
};

type Seen = {
  scenario: string;
  times: number;
  reprotect?: 'run' | 'command' | 'built-in';
  fault: FailbackFault | null;
  world: World;
  legs: RoundTripLeg[];
  writer: Writer;
  longestOutageMs: number;
  lost: number;
  databasePrimary: string | null;
  standby: DatabaseSeen;
  lagBytes: number | null;
  timeline: number;
  redis: (RedisReport & Partial<RedisWrites>) | null;
  dns: Record<string, string[]>;
  fences: string[];
  announced: StatuspageIncident[];
  scripts: Record<string, number>;
  journal: JournalRead;
};
export type RoundTripReport = ReturnType<typeof roundTripReport>;

/** What only a way home asks, as people read it. */
const OWN_CHECKS = ['See that no fence is left', 'reach each other', 'has stood long enough'];

export function roundTripReport(seen: Seen) {
  const report = observed(seen);
  return { ...report, problems: problemsOf(report, seen.world) };
}

function observed(seen: Seen) {
  const { world, legs, writer, journal } = seen;
  const [home, away] = world.regions;
  const requests = journal.events.filter(({ type, data }) => type === 'REQUESTED' && data['runbook'] !== 'reprotect');
  return {
    scenario: seen.scenario,
    outcome: legs.every(({ outcome }) => outcome === 'completed')
      ? 'completed'
      : (legs.at(-1)?.outcome ?? 'notStarted'),
    home,
    away,
    times: seen.times,
    reprotect: seen.reprotect ?? 'run',
    fault: seen.fault,
    pace: world.pace,
    postgres: world.postgres.node(home).programs.version,
    transport: world.transport,
    runs: legs.map(({ from, to, outcome, heldAt, heldBefore, redis, reprotected, plan, wallMs, said }, index) => {
      const run = requests[index]?.stream ?? null;
      const events = journal.events.filter(({ stream }) => stream === run);
      return {
        run,
        runbook: requests[index]?.data['runbook'] ?? null,
        from,
        to,
        outcome,
        heldAt,
        heldBefore,
        wallMs,
        redis,
        reprotected,
        plannedFor: OWN_CHECKS.filter((title) => plan?.includes(title)),
        plan,
        waived: waivedIn(events),
        said,
      };
    }),
    /** What was lifted, by whom and why, by the record. */
    lifted: journal.events
      .filter(({ type }) => type === 'FENCE_LIFTED')
      .map(({ actor, data: { region, lifted, failed, reason } }) => ({ region, lifted, failed, by: actor, reason })),
    writer: {
      acknowledged: writer.acknowledged,
      refused: writer.refused,
      lost: seen.lost,
      longestOutageMs: seen.longestOutageMs,
    },
    databasePrimary: seen.databasePrimary,
    standby: { region: away, role: seen.standby.role, lagBytes: seen.lagBytes },
    promotions: seen.timeline - 1,
    /** How often it was written down that nothing follows the region that serves. */
    unprotected: journal.events.filter(({ type }) => type === 'UNPROTECTED').length,
    redis: seen.redis,
    dns: seen.dns,
    /** What still keeps a region from serving. */
    fences: seen.fences,
    /** What the status page tells customers ahead of time. */
    announced: seen.announced.map(({ name, status, components }) => ({ name, status, components: components.length })),
    scripts: seen.scripts,
    journal: { events: journal.events.length, verified: journal.verified },
  };
}

const waivedIn = (events: JournalEvent[]): string[] =>
  events.filter(({ type }) => type === 'STEP_SKIPPED').map(({ data }) => String(data['step']));

/** Where what was seen from outside is not what a way there and home promises. */
function problemsOf(report: ReturnType<typeof observed>, world: World): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const { home, away, runs, times, writer } = report;
  expect(report.journal.verified, 'the journal’s chain does not verify');
  expect(writer.lost === 0, `${writer.lost} acknowledged writes are not in the final primary`);
  expect(runs.length === 2 * times, `${runs.length} runs were played, not ${2 * times}`);
  for (const [
    index,
    { run, runbook, from, to, outcome, heldAt, redis, reprotected, plannedFor, waived },
  ] of runs.entries()) {
    const wanted = index % 2 === 0 ? 'planned' : 'failback';
    expect(outcome === 'completed', `${run} was to be completed: ${outcome}${heldAt ? `, held at ${heldAt}` : ''}`);
    expect(runbook === wanted, `${run} went by the runbook ${runbook}, not ${wanted}`);
    if (wanted === 'failback')
      expect(plannedFor.length === OWN_CHECKS.length, `/dr plan failback spoke only of ${plannedFor.join(', ')}`);
    expect(!waived.includes('soak-passed'), `${run} went home without having stood for a while`);
    if (report.reprotect === 'command')
      for (const one of reprotectProblems(reprotected)) expect(false, `${run}: ${one}`);
    if (outcome === 'completed') for (const one of redisProblems(redis, from, to)) expect(false, `${run}: ${one}`);
  }
  if (report.outcome !== 'completed') return problems;
  expect(report.databasePrimary === home, `Postgres takes writes in ${report.databasePrimary}, not in ${home} alone`);
  expect(report.standby.role === 'standby', `Postgres in ${away} is ${report.standby.role}, no standby`);
  expect(
    report.standby.lagBytes === 0,
    `${away} is ${report.standby.lagBytes ?? 'nobody knows how many'} bytes behind`,
  );
  expect(report.promotions === 2 * times, `${report.promotions} promotions`);
  for (const one of redisProblems(report.redis, away, home)) expect(false, one);
  if (report.redis?.writers !== undefined)
    expect(report.redis.lost === 0, `${report.redis.lost ?? 'unknown'} acknowledged writes are not in the one master`);
  expect(
    report.announced.length === 1 && report.announced[0]!.status === 'scheduled',
    `the status page announces ${JSON.stringify(report.announced)}`,
  );
  for (const one of report.fences) expect(false, `a fence is left: ${one}`);
  for (const [name, values] of Object.entries(report.dns))
    expect(values.join() === world.addresses[home], `${name} answers ${values.join(' ')}`);
  // The step that could not is tried more than once.
  for (const [script, count] of Object.entries(report.scripts))
    if (report.reprotect !== 'command' || !script.startsWith('reverse-replication:'))
      expect(count === 2 * times, `${script} was run ${count} times in ${2 * times} runs`);
  if (report.reprotect === 'built-in') {
    expect(report.scripts['make-standby: standby.sh'] === 2 * times, 'the run’s own phase did not make the standbys');
    expect(report.unprotected === 0, `${report.unprotected} times it was said that nothing follows`);
  }
  if (report.fault !== null) {
    const { heldAt, says } = FAILBACK_FAULTS[report.fault];
    const [held, lifted] = [runs.at(-1)?.heldBefore, report.lifted.at(-1)];
    for (const word of says)
      expect(runs.at(-1)?.plan?.includes(word) === true, `/dr plan failback did not name ${word}`);
    expect(held?.at === heldAt, `the way home was not held at ${heldAt}`);
    for (const word of says)
      expect(held?.said.includes(word) === true, `the card did not name ${word}: ${held?.said ?? 'there was none'}`);
    if (report.fault === 'stale-fence')
      expect(lifted?.by.startsWith('person:') === true, 'the record does not say who lifted it');
  }
  return problems;
}
