/**
 * Regent's composition root: configuration → adapters → machine, runner, commands → Slack. The only file that knows
 * everything, and never imported. Exit status: 0 told to stop, 1 could not start or lost its footing, 2 bad arguments.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { actorOf, type DispatchWorld, dispatcher } from './commands/dispatch.ts';
import { Homes, homeOf } from './commands/home.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { hooks } from './integrations/hook/hooks.ts';
import { httpProbe } from './integrations/http-probe/probe.ts';
import { kubernetesCluster } from './integrations/kubernetes/cluster.ts';
import { postgresDatabase } from './integrations/postgres/database.ts';
import { redisCache } from './integrations/redis/cache.ts';
import { lookups } from './integrations/resolver/lookups.ts';
import { route53Dns } from './integrations/route53/route53.ts';
import { slackChat } from './integrations/slack/adapter.ts';
import { unhandledRejectionPolicy } from './integrations/slack/log.ts';
import { sqliteJournal } from './integrations/sqlite-journal/journal.ts';
import { ConfigError, sentenceOf } from './lib/errors.ts';
import { whereIs } from './machine/due.ts';
import { MESSAGES } from './messages/table.ts';
import type { Cache } from './ports/cache.ts';
import type { Dispatch } from './ports/chat.ts';
import { Engine } from './runner/engine.ts';
import { Face } from './runner/face.ts';
import { Ledger } from './runner/ledger.ts';
import { Outbox, type Render } from './runner/outbox.ts';
import { systemClock } from './runner/time.ts';
import { planned } from './steps/runbooks/planned.ts';
import { type Ports, stepsOf } from './steps/step.ts';
import type { System } from './steps/system.ts';

const log = pino({
  level: process.env['LOG_LEVEL'] ?? 'info',
  base: { regent: `${hostname()}/${process.pid}` },
  redact: { paths: ['*.token', '*.password', '*.url'], censor: '[redacted]' },
});

/** The configuration's people and groups as ids: `group:sre` → `group:S0123`. */
const peopleOf =
  ({ groups }: Config) =>
  (list: string[]): string[] =>
    list.map((one) => (one.startsWith('group:') ? `group:${groups[one.slice('group:'.length)]}` : one));

/** The system as the steps need to know it. */
function systemOf(config: Config): System {
  const people = peopleOf(config);
  const gate = ({ approvers, escalateTo, timeout, ...rest }: Config['gates']['promote']) => ({
    ...rest,
    approvers: people(approvers),
    escalateTo: people(escalateTo),
    timeoutMs: timeout,
  });
  const data = Object.entries(config.regions).filter(([, region]) => region.role !== 'witness');
  return {
    organization: config.organization,
    environment: config.environment,
    objectives: { rtoMs: config.objectives.rto, rpoMs: config.objectives.rpo },
    namespace: config.services.namespace,
    regions: Object.fromEntries(
      data.map(([name, { alias, postgres }]) => {
        const fence = postgres!.fence;
        return [
          name,
          {
            alias,
            fence:
              fence.strategy === 'exec' || fence.strategy === 'http' ? { ...fence, start: fence.start ?? null } : fence,
          },
        ];
      }) as [string, System['regions'][string]][],
    ),
    deployments: Object.entries(config.services.deployments).map(([name, one]) => ({
      name,
      replicas: one.replicas,
      writeHeavy: one.writeHeavy,
      health: one.health ?? null,
      publicHealth: one.publicHealth ?? null,
    })),
    cache: data.every(([, region]) => region.redis) ? { sentinels: config.redis?.sentinels !== undefined } : null,
    records: config.dns.flatMap(({ provider, zone, records }) =>
      records.map((record) => ({ ...record, provider, zone })),
    ),
    gates: { promote: gate(config.gates.promote), dns: gate(config.gates.dns) },
    budgets: config.timings.budgets,
    pollMs: config.timings.poll,
    lagWithinMs: config.timings.lagWithin,
    contacts: config.contacts,
  };
}

/** The outside world, each system through its adapter. */
function portsOf(config: Config, file: string): Ports & { close(): Promise<void> } {
  const timeoutMs = config.timings.callTimeout;
  const data = Object.entries(config.regions).filter(([, region]) => region.role !== 'witness');
  const each = <T>(make: (region: Config['regions'][string]) => T): Record<string, T> =>
    Object.fromEntries(data.map(([name, region]) => [name, make(region)]));
  const cluster = kubernetesCluster({
    regions: each(({ kubernetes }) => ({ ...kubernetes!, namespace: config.services.namespace })),
    timeoutMs,
  });
  const cache = data.every(([, region]) => region.redis)
    ? redisCache({
        nodes: each(({ redis }) => ({ url: redis!.url })),
        ...(config.redis?.sentinels ? { sentinels: config.redis.sentinels.map(hostPort) } : {}),
        ...(config.redis?.master ? { masterName: config.redis.master } : {}),
        timeoutMs: Math.min(timeoutMs, 5000),
        pauseMs: config.redis?.pause ?? 10_000,
        pollMs: 50,
      })
    : noCache;
  const [zone] = config.dns;
  return {
    database: postgresDatabase({ regions: each(({ postgres }) => postgres!), timeoutMs }),
    cache,
    cluster,
    dns: route53Dns({
      zones: Object.fromEntries(
        config.dns.map(({ zone: id, zoneName, authorities }) => [
          id,
          { name: zoneName, ...(authorities ? { authorities } : {}) },
        ]),
      ),
      lookup: lookups({ resolvers: config.resolvers, timeoutMs: config.timings.resolverTimeout }),
      ...(zone?.endpoint ? { endpoint: zone.endpoint } : {}),
      timeoutMs,
    }),
    probe: httpProbe({
      ...(config.probes.resolvers ? { resolvers: config.probes.resolvers } : {}),
      timeoutMs: Math.min(timeoutMs, 5000),
    }),
    hook: hooks({ allow: config.hooks.allow, env: config.hooks.env, baseDir: dirname(file), timeoutMs: 25_000 }),
    clock: systemClock,
    close: () => cluster.close(),
  };
}

const LINK_TRIES = 10;
const LINK_EVERY_MS = 200;

const hostPort = (text: string): { host: string; port: number } => {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
};

/** No step that uses it is in a plan of a system without a cache. */
const noCache = new Proxy({} as Cache, {
  get: () => () => Promise.reject(new ConfigError('No Redis is configured.', { code: 'no-cache' })),
});

/** What the schema cannot know: that every step a budget is set for exists. */
function checkBudgets(config: Config): void {
  const known = stepsOf(planned).map((step) => step.id);
  const unknown = Object.keys(config.timings.budgets).filter((id) => !known.includes(id));
  if (unknown.length > 0)
    throw new ConfigError(`timings.budgets names no step: ${unknown.join(', ')}.`, {
      code: 'unknown-step',
      hint: `Steps are ${known.join(', ')}.`,
    });
}

async function run(config: Config, file: string): Promise<number> {
  const stopping = new AbortController();
  let status = 0;
  const stopWith = (code: number, why: string): void => {
    status = Math.max(status, code);
    if (code > 0) log.error({ why }, 'regent stops');
    stopping.abort();
  };
  const journal = sqliteJournal({ path: config.journal.sqlite });
  const ledger = new Ledger(journal, systemClock);
  ledger.onAppend(({ run: id, length }) => log.info({ run: id, seq: length }, 'appended'));
  ledger.onLost = () => stopWith(1, 'another Regent leads now');
  const ports = portsOf(config, file);
  const system = systemOf(config);
  const stop = stopping.signal;
  const callMs = config.timings.callTimeout;
  const runbooks = { planned };
  const steps = new Map(stepsOf(planned).map((step) => [step.id, step]));
  const runner = new Face({ ledger, journal, clock: systemClock, system, ports, runbooks, callMs, stop });

  let dispatch: Dispatch = async () => ({ kind: 'none' });
  const chat = slackChat({
    ...config.slack,
    clock: systemClock,
    log,
    dispatch: (input) => dispatch(input),
    commandName: '/dr',
    onDeaf: (why) => stopWith(1, why),
    timings: {
      watchdogEveryMs: Math.min(5000, config.timings.deafAfter / 4),
      deafAfterMs: config.timings.deafAfter,
      requestTimeoutMs: callMs,
      drainMs: config.timings.drain,
    },
  });
  const people = peopleOf(config);
  const operators = people(config.access.operators);
  const { promote, dns } = system.gates;
  const groups = new Set(
    [operators, promote.approvers, promote.escalateTo, dns.approvers, dns.escalateTo]
      .flat()
      .filter((one) => one.startsWith('group:')),
  );
  const commands: DispatchWorld = {
    runner,
    operators,
    contacts: config.contacts,
    channel: config.notify.channel,
    linkTo: async (id) => {
      // Of a run that has just begun the headline is on its way: whoever asked gets the link rather than a riddle.
      let posted = await runner.headlineOf(id);
      for (let tries = 0; posted === null && tries < LINK_TRIES && !stop.aborted; tries += 1) {
        await systemClock.sleep(LINK_EVERY_MS, stop);
        posted = await runner.headlineOf(id);
      }
      return posted && (await chat.permalink(posted, stop).catch(() => null));
    },
    chat,
    groups: [...groups],
    onError: (error, input) =>
      log.error({ error: sentenceOf(error), kind: input.kind }, 'a request could not be answered'),
    stop,
  };
  const homes = new Homes({
    cards: async (person) => homeOf(await actorOf(person, commands), commands),
    publish: chat.publishHome,
    clock: systemClock,
    everyMs: config.timings.headlineEvery,
    callMs,
    warn: (fields, message) => log.warn(fields, message),
    stop,
  });
  ledger.onAppend(() => homes.changed());
  dispatch = dispatcher({ ...commands, homes });
  const render: Render = (name, view, facts, now) =>
    MESSAGES[name]?.({
      c: view.snapshot.context,
      where: whereIs(view.snapshot),
      now,
      facts,
      contacts: config.contacts,
    }) ?? null;
  const engine = new Engine({ ledger, clock: systemClock, ports, system, steps, callMs, stop, runbooks, log });
  const outbox = new Outbox({
    journal,
    ledger,
    chat,
    clock: systemClock,
    log,
    render,
    channel: config.notify.channel,
    editEveryMs: config.timings.headlineEvery,
    headlineTickMs: config.timings.headlineTick,
    callMs,
    stop,
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopWith(0, signal));
  process.on(
    'unhandledRejection',
    unhandledRejectionPolicy({ log, stopping: () => stop.aborted, end: (why) => stopWith(1, why) }),
  );
  try {
    await ledger.open(`${hostname()}/${process.pid}`);
    const { team, botUser } = await chat.start();
    await engine.start();
    outbox.start();
    homes.start();
    log.info({ team, botUser, regions: Object.keys(system.regions), runs: ledger.all().length }, 'regent is ready');
    await new Promise<void>((resolve) =>
      stop.aborted ? resolve() : stop.addEventListener('abort', () => resolve(), { once: true }),
    );
  } finally {
    stopping.abort();
    // What is in flight is left as an intent without an outcome: the next start asks the world.
    await chat.stop();
    await engine.stopped();
    await outbox.stopped();
    await homes.stopped();
    await ports.close();
    await journal.close();
  }
  return status;
}

const HELP = 'regent [--config dr.yml] [--overlay other.yml] [--check]';

async function main(): Promise<number> {
  let options: { config: string; overlay?: string; check: boolean };
  try {
    options = parseArgs({
      options: {
        config: { type: 'string', default: 'dr.yml' },
        overlay: { type: 'string' },
        check: { type: 'boolean', default: false },
      },
    }).values as typeof options;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nUsage: ${HELP}\n`);
    return 2;
  }
  try {
    const config = loadConfig({
      file: options.config,
      ...(options.overlay === undefined ? {} : { overlay: options.overlay }),
      env: process.env,
      readFile: (path) => readFileSync(path, 'utf8'),
    });
    checkBudgets(config);
    if (options.check) {
      process.stdout.write(`${options.config} is good: ${Object.keys(config.regions).join(', ')}.\n`);
      return 0;
    }
    return await run(config, options.config);
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return 1;
  }
}

process.exitCode = await main();
