/**
 * The lab's command line.
 *   npm run lab                                the world, a page in the browser, Regent
 *   npm run -s lab -- run planned --json       a scenario; its last line is one JSON object
 *   npm run -s lab -- run emergency --json     the region that serves dies
 *   npm run -s lab -- run round-trip --json    there and home again
 *   npm run -s lab -- run emergency-and-home --json
 *   npm run -s lab -- run watched --json       the new region dies while it is only watched
 * `--world novacron` plays it in another world.
 */
import { AND_HOME, options, SCENARIOS, SOURCE_DIES, USAGE, Usage } from './options.ts';
import { pgbouncerProgram } from './pgbouncer/server.ts';
import { postgresAvailability } from './postgres/programs.ts';
import { emergency } from './scenarios/emergency.ts';
import { emergencyAndHome } from './scenarios/emergency-and-home.ts';
import type { EmergencyFault } from './scenarios/emergency-stories.ts';
import type { FailbackFault } from './scenarios/failback-faults.ts';
import type { FaultName } from './scenarios/faults.ts';
import {
  emergencyForPeople,
  homeForPeople,
  plannedForPeople,
  roundTripForPeople,
  watchedForPeople,
} from './scenarios/for-people.ts';
import { interactive } from './scenarios/interactive.ts';
import { planned } from './scenarios/planned.ts';
import { roundTrip } from './scenarios/round-trip.ts';
import { type WatchedFault, watched } from './scenarios/watched.ts';

async function main(): Promise<number> {
  const given = options();
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
  const found = postgresAvailability(given.postgres);
  if ('why' in found) throw new Error(`--postgres ${given.postgres}: ${found.why}`);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const [verb, scenario] = given.positionals;
  if (verb === undefined) return await interactive({ ...given, say, stop: stopping.signal });
  if (verb !== 'run' || scenario === undefined || !SCENARIOS.includes(scenario))
    throw new Usage(`“${given.positionals.join(' ')}” is not known.`);

  const over = <Report>(report: Report, ok: boolean, words: (report: Report) => string): number => {
    process.stdout.write(`${given.json ? JSON.stringify(report) : words(report)}\n`);
    return ok ? 0 : 1;
  };
  say(`pace ${given.pace}: every wait of the configuration is divided by it`);
  if (scenario !== 'emergency' && given.world !== 'eden')
    throw new Usage(
      `--world ${given.world}: run ${scenario} is played in Eden’s world. Try: run emergency --world ${given.world}.`,
    );
  if (scenario === 'round-trip' || scenario === 'failback') {
    const fault = given.fault as FailbackFault | null;
    const { report, ok } = await roundTrip({ ...given, scenario, fault, say, stop: stopping.signal });
    return over(report, ok, roundTripForPeople);
  }
  if (scenario === AND_HOME) {
    const { report, ok } = await emergencyAndHome({ ...given, say, stop: stopping.signal });
    return over(report, ok, homeForPeople);
  }
  if (scenario === 'watched') {
    const fault = given.fault as WatchedFault | null;
    const { report, ok } = await watched({ ...given, fault, say, stop: stopping.signal });
    return over(report, ok, watchedForPeople);
  }
  // It begins as planned and ends as an emergency, and is judged as one.
  if (scenario === 'emergency' || given.fault === SOURCE_DIES) {
    const fault = given.fault as EmergencyFault | null;
    const { report, ok } = await emergency({ ...given, fault, say, stop: stopping.signal });
    return over(report, ok, emergencyForPeople);
  }
  const fault = given.fault as FaultName | null;
  const pgbouncer = given.pooler ? pgbouncerProgram() : null;
  if (pgbouncer && 'why' in pgbouncer) throw new Error(`--pooler: ${pgbouncer.why}`);
  const { report, ok } = await planned({ ...given, fault, say, stop: stopping.signal });
  return over(report, ok, plannedForPeople);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${error instanceof Usage ? `${USAGE}\n` : ''}`);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
