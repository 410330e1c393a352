/** The one JSON object of a way there and home: each way as people read it ended, and the world as the servers say it is. */
import type { JournalEvent, JournalRead } from '../world/journal.ts';
import type { DatabaseSeen } from '../world/witness.ts';
import type { World } from '../world/world.ts';
import type { Writer } from '../writer/writer.ts';
import type { Ending } from './play.ts';

export type Leg = Ending & {
  from: string;
  to: string;
  wallMs: number;
  /** Where it was held on purpose, and what its card said. */
  heldBefore: { at: string; said: string } | null;
};

type Seen = {
  scenario: string;
  times: number;
  fault: string | null;
  world: World;
  legs: Leg[];
  writer: Writer;
  longestOutageMs: number;
  lost: number;
  databasePrimary: string | null;
  standby: DatabaseSeen;
  lagBytes: number | null;
  timeline: number;
  redisMaster: string | null;
  dns: Record<string, string[]>;
  fences: string[];
  scripts: Record<string, number>;
  journal: JournalRead;
};
export type RoundTripReport = ReturnType<typeof roundTripReport>;

export function roundTripReport(seen: Seen) {
  const report = observed(seen);
  return { ...report, problems: problemsOf(report, seen.world) };
}

function observed(seen: Seen) {
  const { world, legs, writer, journal } = seen;
  const [home, away] = world.regions;
  const requests = journal.events.filter(({ type }) => type === 'REQUESTED');
  return {
    scenario: seen.scenario,
    outcome: legs.every(({ outcome }) => outcome === 'completed')
      ? 'completed'
      : (legs.at(-1)?.outcome ?? 'notStarted'),
    home,
    away,
    times: seen.times,
    fault: seen.fault,
    pace: world.pace,
    transport: world.transport,
    runs: legs.map(({ from, to, outcome, heldAt, heldBefore, wallMs, said }, index) => {
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
    redisMaster: seen.redisMaster,
    dns: seen.dns,
    /** What still keeps a region from serving. */
    fences: seen.fences,
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
  for (const [index, { run, runbook, outcome, heldAt, waived }] of runs.entries()) {
    const wanted = index % 2 === 0 ? 'planned' : 'failback';
    expect(outcome === 'completed', `${run} was to be completed: ${outcome}${heldAt ? `, held at ${heldAt}` : ''}`);
    expect(runbook === wanted, `${run} went by the runbook ${runbook}, not ${wanted}`);
    expect(!waived.includes('soak-passed'), `${run} went home without having stood for a while`);
  }
  if (report.outcome !== 'completed') return problems;
  expect(report.databasePrimary === home, `Postgres takes writes in ${report.databasePrimary}, not in ${home} alone`);
  expect(report.standby.role === 'standby', `Postgres in ${away} is ${report.standby.role}, no standby`);
  expect(
    report.standby.lagBytes === 0,
    `${away} is ${report.standby.lagBytes ?? 'nobody knows how many'} bytes behind`,
  );
  expect(report.promotions === 2 * times, `${report.promotions} promotions`);
  expect(
    world.redis === null || report.redisMaster === home,
    `Redis is master in ${report.redisMaster}, not in ${home}`,
  );
  for (const one of report.fences) expect(false, `a fence is left: ${one}`);
  for (const [name, values] of Object.entries(report.dns))
    expect(values.join() === world.addresses[home], `${name} answers ${values.join(' ')}`);
  for (const [script, count] of Object.entries(report.scripts))
    expect(count === 2 * times, `${script} was run ${count} times in ${2 * times} runs`);
  if (report.fault !== null) {
    const [held, lifted] = [runs.at(-1)?.heldBefore, report.lifted.at(-1)];
    expect(held != null, 'the way home was not held at the fence that was left');
    for (const word of ['default_transaction_read_only', 'NetworkPolicy'])
      expect(held?.said.includes(word) === true, `the card did not name ${word}: ${held?.said ?? 'there was none'}`);
    expect(lifted?.by.startsWith('person:') === true, 'the record does not say who lifted it');
  }
  return problems;
}
