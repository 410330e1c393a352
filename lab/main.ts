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
import { parseArgs } from 'node:util';
import { parseDurationMs } from './lib/duration.ts';
import { pgbouncerProgram } from './pgbouncer/server.ts';
import {
  DEFAULT_POSTGRES,
  POSTGRES_VERSIONS,
  type PostgresVersion,
  postgresAvailability,
} from './postgres/programs.ts';
import { emergency } from './scenarios/emergency.ts';
import { emergencyAndHome } from './scenarios/emergency-and-home.ts';
import type { EmergencyReport } from './scenarios/emergency-report.ts';
import { type EmergencyFault, STORIES } from './scenarios/emergency-stories.ts';
import { FAILBACK_FAULTS, type FailbackFault } from './scenarios/failback-faults.ts';
import { FAULTS, type FaultName, KILL_POINTS, type KillPoint } from './scenarios/faults.ts';
import { type HomeReport, WAYS } from './scenarios/home-report.ts';
import { interactive } from './scenarios/interactive.ts';
import type { KillPlan } from './scenarios/kills.ts';
import { planned } from './scenarios/planned.ts';
import type { RedisWrites } from './scenarios/redis-report.ts';
import { REPROTECT, roundTrip } from './scenarios/round-trip.ts';
import type { RoundTripReport } from './scenarios/round-trip-report.ts';
import { WATCHED_FAULTS, type WatchedFault, watched } from './scenarios/watched.ts';
import { WORLD_NAMES } from './world/kinds.ts';
import type { FenceKind, RedisKind, Transport } from './world/world.ts';

const FENCES: FenceKind[] = ['statefulset', 'http', 'sql'];
const REDIS: RedisKind[] = ['sentinel', 'direct'];
const TRANSPORTS: Transport[] = ['socket', 'http'];
const TRIGGERS = ['propose', 'declare'] as const;
const ON_TIMEOUT = ['escalate', 'approve'] as const;
const SOURCE_DIES: EmergencyFault = 'source-dies';
const POSTGRES = POSTGRES_VERSIONS.map(String);
const USAGE = `npm run lab [-- --world ${WORLD_NAMES.join('|')}] [--postgres ${POSTGRES.join('|')}] [--pace 10] [--transport ${TRANSPORTS.join('|')}]
npm run -s lab -- run planned [--postgres ${POSTGRES.join('|')}] [--json] [--transcript] [--pace 10] [--latency 200ms] [--fault ${Object.keys(FAULTS).join('|')}|${SOURCE_DIES}] [--fence ${FENCES.join('|')}] [--redis ${REDIS.join('|')}] [--pooler] [--transport ${TRANSPORTS.join('|')}] [--kill ${Object.keys(KILL_POINTS).join(',')}|N] [--seed S]
npm run -s lab -- run round-trip [--times 3] [--reprotect ${REPROTECT.join('|')}] [--postgres ${POSTGRES.join('|')}] [--redis ${REDIS.join('|')}] [--json] [--transcript] [--pace 10] [--latency 200ms] [--transport ${TRANSPORTS.join('|')}]
npm run -s lab -- run failback [--fault ${Object.keys(FAILBACK_FAULTS).join('|')}] [--postgres ${POSTGRES.join('|')}] [--redis ${REDIS.join('|')}] [--json] [--transcript] [--pace 10]
npm run -s lab -- run emergency-and-home [--strategy ${WAYS.join('|')}] [--json] [--transcript] [--pace 10] [--latency 200ms] [--trigger ${TRIGGERS.join('|')}] [--lag 200ms] [--transport ${TRANSPORTS.join('|')}]
npm run -s lab -- run watched [--fault ${Object.keys(WATCHED_FAULTS).join('|')}] [--json] [--transcript] [--pace 10] [--transport ${TRANSPORTS.join('|')}]
npm run -s lab -- run emergency [--world ${WORLD_NAMES.join('|')}] [--postgres ${POSTGRES.join('|')}] [--json] [--transcript] [--pace 10] [--latency 200ms] [--trigger ${TRIGGERS.join('|')}] [--fault ${Object.keys(STORIES).join('|')}] [--blip 43] [--lag 200ms] [--redis ${REDIS.join('|')}] [--sentinel-slow] [--onTimeout ${ON_TIMEOUT.join('|')}] [--transport ${TRANSPORTS.join('|')}]`;

const BLIP: EmergencyFault = 'blip43';

const AND_HOME = 'emergency-and-home';
const SCENARIOS = ['planned', 'emergency', 'round-trip', 'failback', 'watched', AND_HOME];

class Usage extends Error {}

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      world: { type: 'string', default: 'eden' },
      postgres: { type: 'string' },
      json: { type: 'boolean', default: false },
      pace: { type: 'string' },
      latency: { type: 'string', default: '0ms' },
      fault: { type: 'string' },
      kill: { type: 'string', default: '' },
      seed: { type: 'string' },
      fence: { type: 'string', default: 'statefulset' },
      redis: { type: 'string' },
      pooler: { type: 'boolean', default: false },
      transport: { type: 'string', default: 'socket' },
      port: { type: 'string', default: '0' },
      transcript: { type: 'boolean', default: false },
      trigger: { type: 'string', default: 'propose' },
      onTimeout: { type: 'string', default: 'escalate' },
      blip: { type: 'string' },
      lag: { type: 'string', default: '200ms' },
      times: { type: 'string', default: '1' },
      strategy: { type: 'string', default: 'rewind' },
      reprotect: { type: 'string', default: 'run' },
      'sentinel-slow': { type: 'boolean', default: false },
    },
  });
  const isEmergency = positionals[1] === 'emergency';
  const { blip } = values;
  const fault = values.fault ?? (isEmergency && blip !== undefined ? BLIP : undefined);
  // A short cut is a question of seconds as they are.
  const pace = Number(values.pace ?? (isEmergency && fault === BLIP ? '1' : '10'));
  if (!(pace >= 1 && pace <= 60))
    throw new Usage(`--pace ${values.pace}: give a number from 1 to 60; every wait is divided by it.`);
  const latencyMs = parseDurationMs(values.latency);
  if (latencyMs === null) throw new Usage(`--latency ${values.latency}: give a duration, like 200ms.`);
  const faults = faultsOf(positionals[1]);
  if (fault !== undefined && !faults.includes(fault))
    throw new Usage(
      `--fault ${fault}: ${faults.length === 0 ? 'this scenario has none' : `known faults are ${faults.join(', ')}`}.`,
    );
  const times = Number(values.times);
  if (!(Number.isInteger(times) && times >= 1 && times <= 20))
    throw new Usage(`--times ${values.times}: give a whole number from 1 to 20.`);
  const lagMs = parseDurationMs(values.lag);
  if (lagMs === null) throw new Usage(`--lag ${values.lag}: give a duration, like 200ms.`);
  if (blip !== undefined && !(Number(blip) >= 1 && Number(blip) <= 600))
    throw new Usage(`--blip ${blip}: give the seconds a region is cut off, 1 to 600.`);
  const outOfSight: EmergencyFault = 'out-of-sight';
  if (fault === outOfSight && values.world !== 'novacron')
    throw new Usage(`--fault ${fault}: only NovaCron’s servers stop themselves. Add --world novacron.`);
  const kill = killPlan(values.kill, values.seed);
  if (!FENCES.includes(values.fence as FenceKind))
    throw new Usage(`--fence ${values.fence}: known fences are ${FENCES.join(', ')}.`);
  if (!TRANSPORTS.includes(values.transport as Transport))
    throw new Usage(`--transport ${values.transport}: give ${TRANSPORTS.join(' or ')}.`);
  const redis = values.redis === undefined ? undefined : oneOf(REDIS, '--redis', values.redis);
  if (redis === 'direct' && values['sentinel-slow'])
    throw new Usage('--sentinel-slow: with --redis direct there are no Sentinels. Take one of the two out.');
  return {
    positionals,
    world: oneOf(WORLD_NAMES, '--world', values.world),
    postgres: postgresFor(positionals[1], values.postgres),
    transport: values.transport as Transport,
    fence: values.fence as FenceKind,
    ...(redis && { redis }),
    pooler: values.pooler,
    json: values.json,
    transcript: values.transcript,
    pace,
    latencyMs,
    port: Number(values.port),
    fault: fault ?? null,
    kill,
    trigger: oneOf(TRIGGERS, '--trigger', values.trigger),
    onTimeout: oneOf(ON_TIMEOUT, '--onTimeout', values.onTimeout),
    blipMs: Number(blip ?? 43) * 1000,
    lagMs,
    times,
    strategy: oneOf(WAYS, '--strategy', values.strategy),
    reprotect: oneOf(REPROTECT, '--reprotect', values.reprotect),
    sentinelSlow: values['sentinel-slow'],
  };
}

/** Only Debian's Postgres has what rewinds a server and copies one. */
function postgresFor(scenario: string | undefined, given: string | undefined): PostgresVersion {
  if (scenario !== AND_HOME)
    return Number(oneOf(POSTGRES, '--postgres', given ?? String(DEFAULT_POSTGRES))) as PostgresVersion;
  if (given !== undefined && given !== '15')
    throw new Usage(
      `--postgres ${given}: run ${AND_HOME} needs pg_rewind and pg_basebackup, which only Debian's Postgres 15 has here. Leave it out.`,
    );
  return 15;
}

/** What can go wrong on purpose in each scenario. */
function faultsOf(scenario: string | undefined): string[] {
  if (scenario === 'emergency') return Object.keys(STORIES);
  if (scenario === 'failback') return Object.keys(FAILBACK_FAULTS);
  if (scenario === 'watched') return Object.keys(WATCHED_FAULTS);
  return scenario !== 'planned' ? [] : [...Object.keys(FAULTS), SOURCE_DIES];
}

function oneOf<T extends string>(known: readonly T[], option: string, given: string): T {
  const found = known.find((one) => one === given);
  if (found === undefined) throw new Usage(`${option} ${given}: give ${known.join(' or ')}.`);
  return found;
}

/** `promote-postgres,switch-dns`, or a number: those two and as many drawn positions as are missing. */
function killPlan(kill: string, seed: string | undefined): KillPlan {
  const points = Object.keys(KILL_POINTS) as KillPoint[];
  const drawn = seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(seed);
  if (!Number.isInteger(drawn)) throw new Usage(`--seed ${seed}: give a whole number.`);
  if (/^\d+$/.test(kill)) {
    const count = Number(kill);
    if (count < points.length || count > 20)
      throw new Usage(`--kill ${kill}: give ${points.length} to 20; ${points.join(' and ')} are always among them.`);
    return { points, positions: count - points.length, seed: drawn };
  }
  const named = kill.split(',').filter((point) => point !== '');
  const unknown = named.find((point) => !(point in KILL_POINTS));
  if (unknown !== undefined) throw new Usage(`--kill ${unknown}: give a number, or of ${points.join(', ')}.`);
  return { points: named as KillPoint[], positions: 0, seed: drawn };
}

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

  say(`pace ${given.pace}: every wait of the configuration is divided by it`);
  if (scenario !== 'emergency' && given.world !== 'eden')
    throw new Usage(
      `--world ${given.world}: run ${scenario} is played in Eden’s world. Try: run emergency --world ${given.world}.`,
    );
  if (scenario === 'round-trip' || scenario === 'failback') {
    const fault = given.fault as FailbackFault | null;
    const { report, ok } = await roundTrip({ ...given, scenario, fault, say, stop: stopping.signal });
    process.stdout.write(given.json ? `${JSON.stringify(report)}\n` : `${roundTripForPeople(report)}\n`);
    return ok ? 0 : 1;
  }
  if (scenario === AND_HOME) {
    const { report, ok } = await emergencyAndHome({ ...given, say, stop: stopping.signal });
    process.stdout.write(given.json ? `${JSON.stringify(report)}\n` : `${homeForPeople(report)}\n`);
    return ok ? 0 : 1;
  }
  if (scenario === 'watched') {
    const fault = given.fault as WatchedFault | null;
    const { report, ok } = await watched({ ...given, fault, say, stop: stopping.signal });
    const words = `${ok ? '✔' : '✖'} watched: ${report.outcome}, ${report.to} → ${report.from}, ${report.lost} writes lost`;
    process.stdout.write(given.json ? `${JSON.stringify(report)}\n` : `${words}\n`);
    return ok ? 0 : 1;
  }
  // It begins as planned and ends as an emergency, and is judged as one.
  if (scenario === 'emergency' || given.fault === SOURCE_DIES) {
    const fault = given.fault as EmergencyFault | null;
    const { report, ok } = await emergency({ ...given, fault, say, stop: stopping.signal });
    process.stdout.write(given.json ? `${JSON.stringify(report)}\n` : `${emergencyForPeople(report)}\n`);
    return ok ? 0 : 1;
  }
  const fault = given.fault as FaultName | null;
  const pgbouncer = given.pooler ? pgbouncerProgram() : null;
  if (pgbouncer && 'why' in pgbouncer) throw new Error(`--pooler: ${pgbouncer.why}`);
  const { report, ok } = await planned({ ...given, fault, say, stop: stopping.signal });
  process.stdout.write(given.json ? `${JSON.stringify(report)}\n` : `${forPeople(report)}\n`);
  return ok ? 0 : 1;
}

/** The report as a few lines to read. */
function forPeople(report: Awaited<ReturnType<typeof planned>>['report']): string {
  const { writer, rogue, redis } = report;
  return [
    `${report.outcome === 'completed' ? '✔' : '✖'} ${report.run}: ${report.outcome}${report.heldAt ? `, held at ${report.heldAt}` : ''}, ${report.from} → ${report.to}, ${(report.wallMs / 1000).toFixed(1)} s at pace ${report.pace}`,
    `  writes: ${writer.acknowledged} acknowledged, ${writer.refused} refused, ${writer.lost} lost; outage ${writer.outageMs.machine} ms machine, ${writer.outageMs.people} ms people`,
    redis === null ? '  Redis: none' : `  Redis (${redis.by}): ${redis.demotedBy ?? 'nobody'} demoted the old master`,
    ...redisWritersLine(redis),
    ...(report.pooler === null
      ? []
      : [
          `  pooler: ${report.pooler.acknowledged} acknowledged to ${report.pooler.clients}, ${report.pooler.refused} refused, ${report.pooler.lost} lost; nobody waited longer than ${report.pooler.longestWaitMs} ms`,
        ]),
    `  rogue: ${rogue.tried} tried, ${rogue.acknowledgedAfterFence} acknowledged behind the fence; old primary ${report.oldPrimaryAcceptsWrites ? 'STILL ACCEPTS' : 'refuses'} writes`,
    `  primary: Postgres ${report.databasePrimary} (${report.promotions} promotion), Redis ${report.redisMaster ?? 'none'}; ${report.dnsBatches} DNS batch`,
    `  journal: ${report.journal.events} events, ${report.journal.verified ? 'verified' : 'NOT VERIFIED'}`,
    ...(report.problems ?? []).map((problem) => `  ✖ ${problem}`),
  ].join('\n');
}

const redisWritersLine = (redis: Partial<RedisWrites> | null): string[] =>
  redis?.writers === undefined
    ? []
    : [
        `  Redis writers: ${redis.acknowledged} acknowledged to ${redis.writers}, ${redis.lost ?? 'unknown'} lost; outage ${redis.outageMs} ms`,
      ];

function roundTripForPeople(report: RoundTripReport): string {
  const { runs, writer, standby, redis } = report;
  return [
    `${report.problems.length === 0 ? '✔' : '✖'} ${report.scenario}: ${runs.length} runs, ${report.outcome}, at pace ${report.pace}`,
    ...runs.map(
      ({ run, runbook, from, to, outcome, wallMs, reprotected }) =>
        `  ${run} (${runbook}): ${outcome}, ${from} → ${to}, ${(wallMs / 1000).toFixed(1)} s${reprotected ? `; left unprotected, mended by /dr reprotect in ${(reprotected.wallMs / 1000).toFixed(1)} s` : ''}`,
    ),
    `  writes: ${writer.acknowledged} acknowledged, ${writer.refused} refused, ${writer.lost} lost; longest outage ${writer.longestOutageMs} ms`,
    `  primary: Postgres ${report.databasePrimary} (${report.promotions} promotions), Redis ${redis?.master ?? 'none'}; ${standby.region} is ${standby.role}, ${standby.lagBytes ?? '?'} bytes behind; ${report.fences.length} fences left`,
    ...redisWritersLine(redis),
    ...report.lifted.map(({ by, region, lifted }) => `  lifted in ${region} by ${by}: ${String(lifted)}`),
    ...report.problems.map((problem) => `  ✖ ${problem}`),
  ].join('\n');
}

function homeForPeople(report: HomeReport): string {
  const { runs, lost, reportedLost, standby } = report;
  const listed = reportedLost?.tables?.map(({ table, rows }) => `${rows} rows of ${table}`).join(', ') ?? 'nothing';
  return [
    `${report.problems.length === 0 ? '✔' : '✖'} ${report.scenario}: ${runs.length} runs, ${report.outcome}, by ${report.way}, at pace ${report.pace}`,
    ...runs.map(
      ({ run, runbook, from, to, outcome, wallMs }) =>
        `  ${run} (${runbook}): ${outcome}, ${from} → ${to}, ${(wallMs / 1000).toFixed(1)} s`,
    ),
    `  writes: ${report.writer.acknowledged} acknowledged; only ${report.home} had ${lost.count ?? 'nobody knows how many'}, ${lost.missing.length} of them acknowledged (${report.lostSeconds.toFixed(1)} s, ${report.lostBytes ?? 'unknown'} bytes of log)`,
    `  Regent listed: ${listed}, ${reportedLost?.transactions?.count ?? 'no'} transactions, in ${reportedLost?.kept ?? 'no place'}; approved were ${report.approvedLossSeconds ?? 'no'} s and ${report.approvedLossBytes ?? 'no'} bytes`,
    `  primary: Postgres ${report.databasePrimary} (${report.promotions} promotions), Redis ${report.redisMaster ?? 'none'}; ${standby.region} is ${standby.role}, ${standby.lagBytes ?? '?'} bytes behind; ${report.fences.length} fences left`,
    ...report.problems.map((problem) => `  ✖ ${problem}`),
  ].join('\n');
}

function emergencyForPeople(report: EmergencyReport): string {
  const seconds = (ms: number | null) => (ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`);
  const approved =
    report.approvedLossSeconds === null
      ? 'nothing was approved to be lost'
      : `approved were ${report.approvedLossSeconds} s and ${report.approvedLossBytes} bytes`;
  return [
    `${(report.problems ?? []).length === 0 ? '✔' : '✖'} ${report.run ?? 'no run'}: ${report.outcome}${report.heldAt ? `, held at ${report.heldAt}` : ''}, ${report.from} → ${report.to}, ${seconds(report.wallMs)} at pace ${report.pace}`,
    `  detected ${seconds(report.detectionMs)}, decided ${seconds(report.decisionMs)}, carried out ${seconds(report.executionMs)}; writers were down ${seconds(report.downtimeMs)}`,
    `  writes: ${report.writer.acknowledged} acknowledged, ${report.lostWrites ?? 'unknown'} lost (${report.lostSeconds.toFixed(1)} s, ${report.lostBytes ?? 'unknown'} bytes of log); ${approved}`,
    `  primary: Postgres ${report.databasePrimary} (${report.promotions} promotion), Redis ${report.redisMaster ?? 'none'} (${report.redisFailovers ?? 0} failover); ${report.dnsBatches} DNS batch; ${report.rogue.acknowledgedAfterPromotion} writes in ${report.from} after the promotion`,
    ...(report.problems ?? []).map((problem) => `  ✖ ${problem}`),
  ].join('\n');
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${error instanceof Usage ? `${USAGE}\n` : ''}`);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
