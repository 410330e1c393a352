/**
 * Regent's composition root: configuration → adapters → machine, runner, commands → Slack. The only file that knows
 * everything, and never imported. Exit status: 0 told to stop, 1 could not start or lost its footing, 2 bad arguments.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { type Api, startApi } from './api/server.ts';
import { apiOf, timed } from './app/api.ts';
import { connectChat } from './app/chat.ts';
import { pageNoticesOf } from './app/page-notices.ts';
import { portsOf } from './app/ports.ts';
import { runbooksOf } from './app/runbooks.ts';
import { scalingOf } from './app/scaling.ts';
import { peopleOf, systemOf } from './app/system.ts';
import { tellersOf } from './app/tellers.ts';
import { leaseWatch, regionWatch, watchers } from './app/watching.ts';
import { actorOf, type DispatchWorld, dispatcher } from './commands/dispatch.ts';
import { Homes, homeOf } from './commands/home.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { slackChat } from './integrations/slack/adapter.ts';
import { unhandledRejectionPolicy } from './integrations/slack/log.ts';
import { sqliteJournal } from './integrations/sqlite-journal/journal.ts';
import { ConfigError, sentenceOf } from './lib/errors.ts';
import { whereIs } from './machine/due.ts';
import { stepNode } from './machine/facts.ts';
import { SYSTEM_MESSAGES } from './messages/system.ts';
import { MESSAGES, PLACES } from './messages/table.ts';
import { usualTimes } from './policy/estimate.ts';
import type { Dispatch, People } from './ports/chat.ts';
import { Engine } from './runner/engine.ts';
import { Face } from './runner/face.ts';
import { Ledger, SYSTEM } from './runner/ledger.ts';
import { Outbox, type Render } from './runner/outbox.ts';
import { Progresses } from './runner/progress.ts';
import { ProposalPager } from './runner/proposal-pager.ts';
import { journalRecords } from './runner/records.ts';
import { Teller } from './runner/teller.ts';
import { systemClock } from './runner/time.ts';
import { owedOwnSteps } from './steps/own-steps.ts';
import { emergency, SECURING } from './steps/runbooks/emergency.ts';
import { failback } from './steps/runbooks/failback.ts';
import { lostSecondary } from './steps/runbooks/lost-secondary.ts';
import { planned } from './steps/runbooks/planned.ts';
import { reprotect } from './steps/runbooks/reprotect.ts';
import { stepIdOf } from './steps/state/types.ts';
import { type Ports, stepsOf } from './steps/step.ts';

const log = pino({
  level: process.env['LOG_LEVEL'] ?? 'info',
  base: { regent: `${hostname()}/${process.pid}` },
  redact: { paths: ['*.token', '*.password', '*.url'], censor: '[redacted]' },
});

const LINK_TRIES = 10;
const LINK_EVERY_MS = 200;

/** What the schema cannot know: that every step a budget is set for exists. */
function checkBudgets(config: Config): void {
  const own = [...config.steps.map((step) => step.id), ...(config.state?.sources ?? []).map(stepIdOf)];
  const known = [
    ...new Set(
      [planned, emergency, lostSecondary, failback, reprotect].flatMap((one) => stepsOf(one).map((step) => step.id)),
    ),
    ...own,
  ];
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
  const opened = sqliteJournal({ path: config.journal.sqlite });
  const { journal, lastWriteAt } = timed(opened, systemClock.now);
  const ledger = new Ledger(journal, systemClock);
  ledger.onAppend(({ run: id, length }) => log.info({ run: id, seq: length }, 'appended'));
  ledger.onLost = () => stopWith(1, 'another Regent leads now');
  const outside = portsOf(config, file);
  const system = systemOf(config);
  const stop = stopping.signal;
  const callMs = config.timings.callTimeout;
  const runbooks = runbooksOf(system);
  const steps = new Map(Object.values(runbooks).flatMap((one) => stepsOf(one).map((step) => [step.id, step])));
  // The chat is made below: it needs the door, the door the runner, the runner the ports.
  const people: People = {
    membersOf: (group, signal) => chat.membersOf(group, signal),
    person: (id, signal) => chat.person(id, signal),
    isPresent: (id, signal) => chat.isPresent(id, signal),
  };
  const watch = regionWatch({ config, outside, clock: systemClock, log, stop });
  const records = journalRecords(journal, () => ledger.all().map(({ snapshot }) => snapshot.context));
  const leases = leaseWatch({ config, system, outside, clock: systemClock, log, stop });
  const ports: Ports = { ...outside, people, records, watch, leases };
  const runner = new Face({ ledger, journal, clock: systemClock, system, ports, runbooks, callMs, stop });

  let outbox!: Outbox;
  let proposals: ProposalPager | null = null;
  const watching = watchers({
    config,
    system,
    ports,
    watch,
    ledger,
    journal,
    runner,
    outbox: () => outbox,
    told: (n) => proposals?.deliveries(n) ?? [],
    onCalls: () => proposals?.wake(),
    securing: [...SECURING, ...owedOwnSteps(runbooks.emergency, system)],
    clock: systemClock,
    log,
    stop,
  });
  const scaling = scalingOf({ config, cluster: ports.cluster, ledger, journal, clock: systemClock, log, stop });
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
  const operators = peopleOf(config)(config.access.operators);
  const deciders = Object.values(system.gates).flatMap(({ approvers, escalateTo }) => [...approvers, ...escalateTo]);
  const groups = new Set([...operators, ...deciders].filter((one) => one.startsWith('group:')));
  const tellers = tellersOf(config);
  const pageNotices = pageNoticesOf({ config, ...tellers, ledger, journal, clock: systemClock, log, stop });
  const commands: DispatchWorld = {
    runner,
    operators,
    contacts: config.contacts,
    alarms: watching.alarm,
    fence: watching.fence,
    lift: watching.lift,
    ...(pageNotices && { onPage: (n: number) => pageNotices.onPage(n) }),
    around: watching.around,
    scales: scaling.scales,
    outOfService: () => watching.returns.out(),
    unprotected: () => watching.protection.now(),
    wayBack: (view) => watching.wayBack(view),
    channel: config.notify.channel,
    linkTo: async (id) => {
      if (!chat.health().answers) return null;
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
  const { contacts, organization } = config;
  const coordinators = peopleOf(config)(config.notify.coordinator);
  const progresses = new Progresses();
  const render: Render = (name, view, facts, now) =>
    (view === null
      ? SYSTEM_MESSAGES[name]?.({ now, facts, contacts, organization })
      : MESSAGES[name]?.({
          c: view.snapshot.context,
          where: whereIs(view.snapshot),
          now,
          facts,
          contacts,
          coordinators,
          followUps: system.followUps,
          usual: usualTimes(ledger.all().map((one) => one.snapshot.context)),
          progress: progresses.of(view.run),
          unprotected: watching.protection.now(),
          wayBack: watching.wayBack(view),
          halt: view.snapshot.context.endedAt === null ? ledger.halts.now : null,
        })) ?? null;
  const placeOf = (name: string) => {
    const wanted = PLACES[name];
    if (wanted === undefined) return undefined;
    const channel = config.notify[wanted.place];
    if (channel !== undefined) return { channel };
    return wanted.else === 'nowhere' ? null : { channel: config.notify.channel };
  };
  const engine = new Engine({
    ledger,
    clock: systemClock,
    ports,
    system,
    steps,
    callMs,
    stop,
    runbooks,
    log,
    onProgress: (id, step, progress) => progresses.saw(id, step, progress, systemClock.now()),
  });
  outbox = new Outbox({
    journal,
    ledger,
    chat,
    clock: systemClock,
    log,
    render,
    channel: config.notify.channel,
    placeOf,
    editEveryMs: config.timings.headlineEvery,
    headlineTickMs: config.timings.headlineTick,
    callMs,
    stop,
  });

  progresses.onChange((id, step) => {
    const view = ledger.view(id);
    const phase = view && stepNode(view.snapshot.context, step)?.phase;
    if (phase) outbox.redraw(id, { slot: `phase:${phase}`, name: 'phase', facts: { phase } });
  });
  // What belongs to no run may stand on one all the same: a halt does.
  ledger.onNote(() => {
    homes.changed();
    const active = ledger.active();
    if (active) outbox.redraw(active.run, { slot: 'headline', name: 'headline', facts: {} });
  });

  const teller = new Teller({
    ledger,
    journal,
    clock: systemClock,
    log,
    ...tellers,
    callMs,
    stop,
    linkTo: commands.linkTo,
    redraw: (id, what) => outbox.redraw(id, what),
  });
  const { pager, notes, staging } = tellers;
  proposals =
    pager &&
    new ProposalPager({
      pager,
      notes,
      staging,
      organization,
      calls: () => watching.alarm.calls(),
      journal,
      clock: systemClock,
      log,
      linkTo: async (n) => {
        const posted = chat.health().answers ? await journal.posted(SYSTEM, `proposal:${n}`) : null;
        return posted && (await chat.permalink(posted, stop));
      },
      told: (n) => watching.alarm.told(n),
      callMs,
      stop,
    });
  ledger.onAppend(() => proposals?.wake());
  let api: Api | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopWith(0, signal));
  process.on(
    'unhandledRejection',
    unhandledRejectionPolicy({ log, stopping: () => stop.aborted, end: (why) => stopWith(1, why) }),
  );
  try {
    await ledger.open(`${hostname()}/${process.pid}`);
    if (config.api)
      api = await startApi(
        apiOf(
          { ...config, api: config.api },
          {
            dispatch,
            journal: opened,
            ledger,
            lastWriteAt,
            chatAnswers: () => chat.health().answers,
            now: systemClock.now,
            log,
          },
        ),
      );
    await connectChat({
      start: () => chat.start(),
      elsewhere: config.api !== undefined,
      clock: systemClock,
      log,
      stop,
      onWrong: (why) => stopWith(1, why),
    });
    await engine.start();
    outbox.start();
    teller.start();
    pageNotices?.start();
    homes.start();
    leases.start();
    await watching.start();
    await scaling.start();
    // It asks the alarm, which has read by now what stood before.
    proposals?.start();
    log.info({ regions: Object.keys(system.regions), runs: ledger.all().length }, 'regent is ready');
    await new Promise<void>((resolve) =>
      stop.aborted ? resolve() : stop.addEventListener('abort', () => resolve(), { once: true }),
    );
  } finally {
    stopping.abort();
    await api?.close();
    // What is in flight is left as an intent without an outcome: the next start asks the world.
    await chat.stop();
    await engine.stopped();
    await outbox.stopped();
    await teller.stopped();
    await pageNotices?.stopped();
    await proposals?.stopped();
    await homes.stopped();
    await watching.stopped();
    await leases.stopped();
    await scaling.stopped();
    await outside.close();
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
    tellersOf(config);
    // A step of the owner's that stands wrongly is found here, not when Regent is started.
    runbooksOf(systemOf(config));
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
