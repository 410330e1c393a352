/** What the lab's command line takes, and what is wrong with what was given. */
import { parseArgs } from 'node:util';
import { parseDurationMs } from './lib/duration.ts';
import { DEFAULT_POSTGRES, POSTGRES_VERSIONS, type PostgresVersion } from './postgres/programs.ts';
import { type EmergencyFault, STORIES } from './scenarios/emergency-stories.ts';
import { FAILBACK_FAULTS } from './scenarios/failback-faults.ts';
import { FAULTS, KILL_POINTS, type KillPoint } from './scenarios/faults.ts';
import { WAYS } from './scenarios/home-report.ts';
import type { KillPlan } from './scenarios/kills.ts';
import { REPROTECT } from './scenarios/round-trip.ts';
import { WATCHED_FAULTS } from './scenarios/watched.ts';
import { WORLD_NAMES } from './world/kinds.ts';
import type { FenceKind, RedisKind, Transport } from './world/world.ts';

const FENCES: FenceKind[] = ['statefulset', 'http', 'sql'];
const REDIS: RedisKind[] = ['sentinel', 'direct'];
const TRANSPORTS: Transport[] = ['socket', 'http'];
const TRIGGERS = ['propose', 'declare'] as const;
const ON_TIMEOUT = ['escalate', 'approve'] as const;
export const SOURCE_DIES: EmergencyFault = 'source-dies';
const POSTGRES = POSTGRES_VERSIONS.map(String);
export const USAGE = `npm run lab [-- --world ${WORLD_NAMES.join('|')}] [--postgres ${POSTGRES.join('|')}] [--pace 10] [--transport ${TRANSPORTS.join('|')}] [--port 8080]
npm run -s lab -- run planned [--postgres ${POSTGRES.join('|')}] [--json] [--transcript] [--pace 10] [--latency 200ms] [--fault ${Object.keys(FAULTS).join('|')}|${SOURCE_DIES}] [--fence ${FENCES.join('|')}] [--redis ${REDIS.join('|')}] [--pooler] [--transport ${TRANSPORTS.join('|')}] [--kill ${Object.keys(KILL_POINTS).join(',')}|N] [--seed S]
npm run -s lab -- run round-trip [--times 3] [--reprotect ${REPROTECT.join('|')}] [--postgres ${POSTGRES.join('|')}] [--redis ${REDIS.join('|')}] [--json] [--transcript] [--pace 10] [--latency 200ms] [--transport ${TRANSPORTS.join('|')}]
npm run -s lab -- run failback [--fault ${Object.keys(FAILBACK_FAULTS).join('|')}] [--postgres ${POSTGRES.join('|')}] [--redis ${REDIS.join('|')}] [--json] [--transcript] [--pace 10] [--latency 200ms] [--transport ${TRANSPORTS.join('|')}]
npm run -s lab -- run emergency-and-home [--strategy ${WAYS.join('|')}] [--postgres 15] [--json] [--transcript] [--pace 10] [--latency 200ms] [--trigger ${TRIGGERS.join('|')}] [--lag 200ms] [--transport ${TRANSPORTS.join('|')}]
npm run -s lab -- run watched [--fault ${Object.keys(WATCHED_FAULTS).join('|')}] [--json] [--transcript] [--pace 10] [--transport ${TRANSPORTS.join('|')}]
npm run -s lab -- run emergency [--world ${WORLD_NAMES.join('|')}] [--postgres ${POSTGRES.join('|')}] [--json] [--transcript] [--pace 10] [--latency 200ms] [--trigger ${TRIGGERS.join('|')}] [--fault ${Object.keys(STORIES).join('|')}] [--blip 43] [--lag 200ms] [--redis ${REDIS.join('|')}] [--sentinel-slow] [--onTimeout ${ON_TIMEOUT.join('|')}] [--transport ${TRANSPORTS.join('|')}]`;

const BLIP: EmergencyFault = 'blip43';

export const AND_HOME = 'emergency-and-home';
export const SCENARIOS = ['planned', 'emergency', 'round-trip', 'failback', 'watched', AND_HOME];

/** What was typed cannot be played; the message says why. */
export class Usage extends Error {}

/** What was typed, checked. Throws a `Usage`. */
export function options(args: string[] = process.argv.slice(2)) {
  const { values, positionals, tokens } = parseArgs({
    args,
    allowPositionals: true,
    tokens: true,
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
  takesAll(
    positionals,
    tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : [])),
  );
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

/** What a scenario would not look at is not given in vain: its line of the usage names what it takes. */
function takesAll([verb, scenario]: string[], given: string[]): void {
  const line = USAGE.split('\n').find((one) =>
    verb === undefined ? one.startsWith('npm run lab') : one.startsWith(`npm run -s lab -- ${verb} ${scenario} `),
  );
  // Of another world a sentence of its own says where it is played.
  const vain = line && given.find((name) => name !== 'world' && !line.includes(`[--${name}`));
  if (vain) throw new Usage(`--${vain}: ${verb === undefined ? 'the lab' : `run ${scenario}`} does not take it.`);
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
