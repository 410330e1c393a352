/** What looks at the regions all the time: the watch and its alarm, the heartbeat, the keeper of an owed fence. */
import type { Lift } from '../commands/lift.ts';
import type { KeptFence } from '../commands/release.ts';
import type { Config } from '../config/schema.ts';
import { UserError } from '../lib/errors.ts';
import { whereIs } from '../machine/due.ts';
import type { Delivery } from '../messages/told.ts';
import type { WayBack } from '../messages/way-back.ts';
import { Alarm } from '../monitor/alarm.ts';
import { BaselineKeeper } from '../monitor/baseline.ts';
import { Heartbeat } from '../monitor/heartbeat.ts';
import { LeaseKeeper } from '../monitor/lease-watch.ts';
import { liftingOf } from '../monitor/lifting.ts';
import { owedFence, settledRuns } from '../monitor/owed.ts';
import { FenceKeeper } from '../monitor/owed-fence.ts';
import { owedSecuring } from '../monitor/owed-securing.ts';
import { Protection } from '../monitor/protection.ts';
import { keptFence } from '../monitor/releasing.ts';
import { runsSeen } from '../monitor/runs-seen.ts';
import { SecondaryReturn } from '../monitor/secondary-return.ts';
import type { StandbyWorld } from '../monitor/standbys.ts';
import { TtlWatch } from '../monitor/ttl-watch.ts';
import { RegionWatch, type WatchWorld } from '../monitor/watch.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Around } from '../ports/surroundings.ts';
import { Aftermath } from '../runner/aftermath.ts';
import { endedByLoss } from '../runner/ending.ts';
import type { Log } from '../runner/engine.ts';
import { type Face, RUNNER } from '../runner/face.ts';
import { type Ledger, type RunView, SYSTEM } from '../runner/ledger.ts';
import type { Outbox } from '../runner/outbox.ts';
import { THROUGHPUT_SEEN } from '../runner/records.ts';
import { recordsFor } from '../steps/planning.ts';
import type { Ports, StepDefinition } from '../steps/step.ts';
import type { System } from '../steps/system.ts';
import { aftermathOf } from './aftermath.ts';
import { surveyor } from './around.ts';
import { poolKeeperOf } from './pools.ts';
import type { OutsidePorts } from './ports.ts';
import { wayBacks } from './way-back.ts';

/** A question to a region that may be gone must not take the time of the others. */
const LOOK_MS = 5000;
/** Nor hold back what fences it. */
const FENCE_LOOK_MS = 2000;

type Common = { config: Config; system: System; clock: Clock; log: Log; stop: AbortSignal };

type Watched = {
  regions: Record<
    string,
    {
      role: string;
      alias: string;
      redis?: unknown;
      probes?: { name: string; url: string; weight: number; critical: boolean }[];
    }
  >;
  services: { deployments: Record<string, { health?: string }> };
  verify: { errorRate?: { query: string } };
  metrics?: unknown;
  timings: { callTimeout: number };
  trigger: Config['trigger'];
};

/** What is asked where, how often, and what counts as failed. */
export function watchOptions(config: Watched): Omit<WatchWorld, 'ports' | 'clock' | 'log' | 'stop'> {
  const { trigger, regions, services, verify, metrics, timings } = config;
  const data = Object.values(regions).filter(({ role }) => role !== 'witness');
  const health = Object.entries(services.deployments).flatMap(([name, { health: url }]) =>
    // A region that does not serve may run none of their pods.
    url === undefined ? [] : [{ name, url, weight: 1, critical: false, onlyServing: true }],
  );
  return {
    regions: Object.entries(regions).map(([name, { role, alias, probes }]) => ({
      name,
      role: roleOf(role),
      endpoints: (probes ?? (role === 'witness' ? [] : health)).map((one) => ({
        ...one,
        url: one.url.replaceAll('{alias}', alias),
      })),
    })),
    remotes: trigger.vantages,
    hasCache: data.every(({ redis }) => redis !== undefined),
    errorRateQuery: metrics === undefined ? null : (verify.errorRate?.query ?? null),
    limits: {
      healthBelow: trigger.healthBelow,
      healthyAbove: trigger.healthyAbove,
      errorRateAbove: trigger.errorRateAbove,
    },
    policy: {
      forMs: {
        scoreLow: trigger.for,
        errorsHigh: trigger.errorRateFor,
        cut: trigger.cutFor,
        critical: trigger.confirmAfter,
      },
      confirmCutMs: trigger.confirmAfter,
      recoverForMs: trigger.recoverFor,
    },
    agree: trigger.agree,
    everyMs: trigger.every,
    callMs: callMsOf(timings),
  };
}

/** A step that asks for a look must see the end of it within its own call. */
const callMsOf = ({ callTimeout }: Watched['timings']): number => Math.min(LOOK_MS, callTimeout / 2);

const roleOf = (role: string): 'data' | 'witness' => (role === 'witness' ? 'witness' : 'data');

/** How the alarm judges what is watched. */
export const alarmOptions = ({ regions, trigger, timings }: Pick<Watched, 'regions' | 'trigger' | 'timings'>) => ({
  regions: Object.entries(regions).map(([name, { role }]) => ({ name, role: roleOf(role) })),
  confirmMs: trigger.confirmAfter,
  healthyAbove: trigger.healthyAbove,
  // A region that is silent makes a round as long as its last question, and the others wait for the end of it.
  freshMs: Math.max(3 * trigger.every, trigger.every + 2 * callMsOf(timings)),
  mode: trigger.mode,
  coolDownMs: trigger.coolDown,
});

/** What the steps need to know of it. */
export const triggerOf = ({ regions, trigger }: Pick<Watched, 'regions' | 'trigger'>) => ({
  confirmMs: trigger.confirmAfter,
  witnesses: Object.entries(regions).flatMap(([name, { role }]) => (role === 'witness' ? [name] : [])),
});

export const regionWatch = ({
  config,
  outside,
  ...rest
}: Omit<Common, 'system'> & { outside: OutsidePorts }): RegionWatch =>
  new RegionWatch({ ...watchOptions(config), ports: outside, ...rest });

/** Read as often as the regions are looked at. Their clock is the process’s own: nobody sets it. */
export const leaseWatch = ({ config, system, outside, ...rest }: Common & { outside: OutsidePorts }): LeaseKeeper =>
  new LeaseKeeper({
    leases: outside.leases,
    regions: Object.keys(system.regions).filter((name) => system.regions[name]!.selfFence !== undefined),
    steady: () => performance.now(),
    everyMs: config.trigger.every,
    callMs: callMsOf(config.timings),
    ...rest,
  });

type Watching = Common & {
  ports: Ports;
  watch: RegionWatch;
  ledger: Ledger;
  journal: Journal;
  runner: Face;
  outbox: () => Outbox;
  /** Whom a proposal was told outside the chat. */
  told(n: number): Delivery[];
  /** What people are to be called to may have changed. */
  onCalls(): void;
  securing: StepDefinition[];
};

export type Watchers = {
  alarm: Alarm;
  around: Around;
  returns: SecondaryReturn;
  protection: Protection;
  wayBack(view: RunView): WayBack | null;
  fence: KeptFence;
  lift: Lift;
  start(): Promise<void>;
  stopped(): Promise<void>;
};

export function watchers(world: Watching): Watchers {
  const { config, system, ports, watch, ledger, journal, runner, outbox, securing, clock, log, stop } = world;
  const { callTimeout: callMs, heartbeatEvery, fenceEvery } = config.timings;
  const around = surveyor(world);
  const alarm = new Alarm({
    ...alarmOptions(config),
    watch,
    around,
    told: world.told,
    runs: () => runsSeen(ledger.all().map(({ snapshot }) => snapshot)),
    clock,
    note: (entry, delivery, announcements) => ledger.note(entry, delivery, announcements),
    rows: () => journal.read(SYSTEM),
    redraw: (what) => outbox().redraw(SYSTEM, what),
    async declare(region, reason) {
      try {
        const { target, selection } = await runner.choose(region, 'emergency', { unattended: true });
        // A run that only watches this very region ends with that.
        const ends = endedByLoss(ledger.active(), region);
        const begun = await runner.beginEmergency(region, target, reason, RUNNER, null, { selection, ends });
        return begun.ok ? { ok: true, target } : { ok: false, why: `it was refused: ${begun.because}` };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { ok: false, why: error.message };
      }
    },
    log,
  });
  const standbys: StandbyWorld = {
    database: ports.database,
    runs: () => ledger.all().map(({ snapshot }) => snapshot.context),
    rows: () => journal.read(SYSTEM),
    note: (entry, delivery, announcements) => ledger.note(entry, delivery, announcements),
    callMs: Math.min(callMs, FENCE_LOOK_MS),
    clock,
    log,
    stop,
  };
  const returns = new SecondaryReturn(standbys);
  const protection = new Protection({
    ...standbys,
    regions: Object.keys(system.regions),
    mayFollow: (region) => system.regions[region]?.reprotect !== undefined,
    async note(entry, delivery, announcements) {
      const noted = await standbys.note(entry, delivery, announcements);
      // The last words of the run that left it so say how it stands.
      for (const name of ['headline', 'ended'])
        outbox().redraw(String(entry.data['run']), { slot: name, name, facts: {} });
      return noted;
    },
  });
  const aftermath = new Aftermath({ ledger, journal, evidence: ports.evidence, ...aftermathOf(system), log, stop });
  // What somebody has decided stands in the files at once.
  ledger.onAppend(({ snapshot }) => snapshot.hasTag('ended') && aftermath.considered());
  watch.onRound(() => {
    aftermath.considered();
    protection.considered();
    around.considered();
    returns.considered();
    void alarm.consider().then(world.onCalls);
  });
  const wayBack = wayBacks({
    watch,
    regions: Object.keys(system.regions),
    home: system.home,
    freshMs: alarmOptions(config).freshMs,
    active: () => ledger.active(),
    redraw: (run, card) => outbox().redraw(run, card),
    clock,
  });
  watch.onRound(() => wayBack.considered());
  const baseline = baselineKeeper(world);
  watch.onRound(() => void baseline?.consider());

  const settled = new Set<string>();
  const owed = () =>
    owedFence(
      ledger.all().map(({ snapshot }) => snapshot.context),
      settled,
    );
  const keeper = new FenceKeeper({
    ports,
    system,
    owed: () => (ledger.halts.now ? null : owed()),
    async note(entry, delivery, announcements) {
      for (const run of settledRuns([entry])) settled.add(run);
      return await ledger.note(entry, delivery, announcements);
    },
    secure: owedSecuring({
      ports,
      system,
      steps: securing,
      callMs,
      note: (entry) => ledger.note(entry),
      rows: () => journal.read(SYSTEM),
    }),
    clock,
    log,
    everyMs: fenceEvery,
    callMs: Math.min(callMs, FENCE_LOOK_MS),
    stop,
  });
  const heartbeat = new Heartbeat({
    database: ports.database,
    regions: Object.keys(system.regions),
    promoting: () => {
      const view = ledger.active();
      return view !== undefined && whereIs(view.snapshot) === 'promoting';
    },
    clock,
    log,
    everyMs: heartbeatEvery,
    callMs: Math.min(callMs, FENCE_LOOK_MS),
    stop,
  });
  const pools = poolKeeperOf(world);
  const { ttl } = system.rules;
  const ttlWatch =
    ttl &&
    new TtlWatch({
      dns: ports.dns,
      records: recordsFor(system, Object.keys(system.regions)[0]!),
      note: (ttls) => ledger.note({ type: 'TTL_SEEN', actor: RUNNER, data: { ttls } }),
      clock,
      log,
      everyMs: ttl.lookEveryMs,
      callMs,
      stop,
    });
  return {
    alarm,
    around,
    returns,
    protection,
    wayBack: wayBack.of,
    fence: keptFence({ note: (...args) => ledger.note(...args), owed, settled, clock }),
    lift: liftingOf({ ports, system, note: (...args) => ledger.note(...args), clock, callMs, stop }),
    async start() {
      for (const run of settledRuns(await journal.read(SYSTEM))) settled.add(run);
      await alarm.start();
      await returns.start();
      await protection.start();
      watch.start();
      keeper.start();
      await pools.start();
      heartbeat.start();
      ttlWatch?.start();
    },
    async stopped() {
      await Promise.all([
        watch.stopped(),
        around.stopped(),
        returns.stopped(),
        protection.stopped(),
        aftermath.stopped(),
        keeper.stopped(),
        pools.stopped(),
        heartbeat.stopped(),
        ttlWatch?.stopped(),
        baseline?.stopped(),
      ]);
    },
  };
}

/** Written down this often within the time whose median is what was usual. */
const KEPT_OVER = 6;

/** null where nothing can be measured. */
function baselineKeeper({ system, ports, watch, ledger, clock, log, config, stop }: Watching): BaselineKeeper | null {
  const { throughput, baseline } = system.performance ?? {};
  if (!throughput || !baseline) return null;
  return new BaselineKeeper({
    metrics: ports.metrics,
    query: throughput.query,
    watch,
    running: () => ledger.active() !== undefined,
    lastOf: async (region) => (await ports.records.throughput()).findLast((one) => one.region === region)?.at ?? null,
    note: (region, perSecond) => ledger.note({ type: THROUGHPUT_SEEN, actor: RUNNER, data: { region, perSecond } }),
    clock,
    log,
    everyMs: baseline.everyMs,
    keepEveryMs: baseline.overMs / KEPT_OVER,
    callMs: Math.min(config.timings.callTimeout, LOOK_MS),
    stop,
  });
}
