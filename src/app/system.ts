/** The configuration as the steps need to know it: plain data, no secret in it. */
import type { SelfFence } from '../config/region.ts';
import type { Config } from '../config/schema.ts';
import { poolerName } from '../integrations/postgres/console.ts';
import type { SelfFencePlan, System } from '../steps/system.ts';
import { triggerOf } from './watching.ts';

/** The configuration's people and groups as ids: `group:sre` → `group:S0123`. */
export const peopleOf =
  ({ groups }: Config) =>
  (list: string[]): string[] =>
    list.map((one) => (one.startsWith('group:') ? `group:${groups[one.slice('group:'.length)]}` : one));

/** The system as the steps need to know it. */
export function systemOf(config: Config): System {
  const people = peopleOf(config);
  const gate = ({ approvers, escalateTo, timeout, ...rest }: Config['gates']['promote']) => ({
    ...rest,
    approvers: people(approvers),
    escalateTo: people(escalateTo),
    timeoutMs: timeout,
  });
  // Where nobody is named for a decision of an emergency, it is the promotion's people who are asked.
  const orPromote = (own: Config['gates']['promote']) => {
    const { approvers, escalateTo } = config.gates.promote;
    return gate(own.approvers.length > 0 ? own : { ...own, approvers, escalateTo });
  };
  const data = Object.entries(config.regions).filter(([, region]) => region.role !== 'witness');
  return {
    organization: config.organization,
    environment: config.environment,
    // Exactly one is: the loader has seen to it.
    home: data.find(([, { role }]) => role === 'primary')![0],
    objectives: { rtoMs: config.objectives.rto, rpoMs: config.objectives.rpo },
    namespace: config.services.namespace,
    regions: Object.fromEntries(
      data.map(([name, { alias, postgres }]) => {
        const { self, ...fence } = postgres!.fence;
        return [
          name,
          {
            alias,
            ...(postgres!.reprotect && { reprotect: postgres!.reprotect }),
            fence:
              fence.strategy === 'exec' || fence.strategy === 'http' ? { ...fence, start: fence.start ?? null } : fence,
            ...(self && { selfFence: selfFenceOf(self) }),
          },
        ];
      }) as [string, System['regions'][string]][],
    ),
    deployments: Object.entries(config.services.deployments).map(([name, one]) => ({
      name,
      replicas: one.replicas,
      ...(one.maxReplicas === undefined ? {} : { maxReplicas: one.maxReplicas }),
      writeHeavy: one.writeHeavy,
      health: one.health ?? null,
      publicHealth: one.publicHealth ?? null,
    })),
    cache: data.every(([, region]) => region.redis) ? { sentinels: config.redis?.sentinels !== undefined } : null,
    records: config.dns.flatMap(({ provider, zone, records }) =>
      records.map((record) => ({ ...record, provider, zone })),
    ),
    gates: {
      declare: orPromote(config.gates.declare),
      promote: gate(config.gates.promote),
      dns: gate(config.gates.dns),
      'unverified-fence': orPromote(config.gates['unverified-fence']),
      'data-loss': orPromote(config.gates['data-loss']),
      reprotect: orPromote(config.gates.reprotect),
    },
    budgets: { ...holdBudget(config), ...config.timings.budgets },
    usual: usualOf(config),
    pollMs: config.timings.poll,
    lagWithinMs: config.timings.lagWithin,
    contacts: config.contacts,
    rules: {
      noticeMs: config.rules.notice,
      ttl: config.rules.ttl
        ? {
            atMostSeconds: config.rules.ttl.atMost,
            forMs: config.rules.ttl.for,
            lookEveryMs: config.rules.ttl.lookEvery,
          }
        : null,
      onCall: people(config.rules.onCall),
    },
    failback: { soakMs: config.failback.soak, network: config.failback.network ?? null },
    ...(config.reconcile === undefined ? {} : { reconcile: config.reconcile.tables }),
    mayDiffer: config.rules.mayDiffer,
    monitoring: config.monitoring ?? null,
    errorRate: config.verify.errorRate ?? null,
    performance: performanceOf(config),
    ...holdOf(config),
    ...(config.stalePaths === undefined ? {} : { restarts: config.stalePaths.restart }),
    ...poolersOf(config),
    workflows: config.verify.workflows,
    consistency: config.verify.data,
    backups: config.backups
      ? {
          fullWithinMs: config.backups.fullWithin,
          incrementalWithinMs: config.backups.incrementalWithin ?? config.objectives.rpo,
        }
      : null,
    trigger: triggerOf(config),
    scoring: scoringOf(config),
    drainMs: config.timings.openTransactions,
    scripts: config.steps,
    ...(config.state === undefined ? {} : { state: stateOf(config.state) }),
    followUps: config.followUps,
  };
}

function selfFenceOf({ within, kubernetes, holder }: SelfFence): SelfFencePlan {
  const { context, namespace, name } = kubernetes;
  return { withinMs: within, lease: `${namespace}/${name}`, context, holder: holder ?? null };
}

function performanceOf({ verify: { performance } }: Config): System['performance'] {
  if (performance === undefined) return null;
  const { p95, throughput, baseline } = performance;
  return {
    p95: { query: p95.query ?? null, atMostMs: p95.atMost },
    throughput: throughput ?? null,
    baseline: { everyMs: baseline.every, overMs: baseline.over },
  };
}

function holdOf({ hold }: Config): Pick<System, 'hold'> {
  if (hold === undefined || hold.for === 0) return {};
  const asked = ({ query, atMost }: { query?: string; atMost: number }) => ({ query: query ?? null, atMost });
  return { hold: { forMs: hold.for, everyMs: hold.every, cpu: asked(hold.cpu), memory: asked(hold.memory) } };
}

/** By the address of their consoles: the rest of it is a secret, and the adapter's. */
function poolersOf({ regions, poolers: { pause, wait } }: Config): Pick<System, 'poolers'> {
  const of = Object.fromEntries(
    Object.entries(regions).map(([name, { postgres }]) => [
      name,
      [...new Set((postgres?.poolers ?? []).map(({ url }) => poolerName(url)))],
    ]),
  );
  return Object.values(of).every((list) => list.length === 0) ? {} : { poolers: { pauseMs: pause, waitMs: wait, of } };
}

/** Over, it still waits this long for trouble to pass by itself. */
const holdBudget = ({ hold }: Config): System['budgets'] =>
  hold === undefined || hold.for === 0 ? {} : { 'watch-health': hold.for + hold.grace };

function scoringOf({ scoring, trigger, objectives }: Config): System['scoring'] {
  const { latencyLimit, freshnessLimit, ...weights } = scoring;
  return {
    weights,
    latencyLimitMs: latencyLimit,
    freshnessLimitMs: freshnessLimit ?? objectives.rpo,
    healthyAbove: trigger.healthyAbove,
  };
}

function stateOf({ rateBelow, timeBox, sources }: NonNullable<Config['state']>): NonNullable<System['state']> {
  return {
    rateBelow: rateBelow ?? null,
    boxMs: { planned: timeBox.planned ?? null, emergency: timeBox.emergency },
    sources: sources.map(({ snapshot, transfer, validate, apply, timeout, help, ...rest }) => ({
      ...rest,
      help: help ?? null,
      stages: { snapshot, transfer, validate, apply },
      timeoutMs: timeout,
    })),
  };
}

/** The slowest provider says how long the whole of it takes. */
function usualOf({ dns }: Config): Record<string, number> {
  const slowest = Math.max(0, ...dns.map(({ propagation = 0 }) => propagation));
  return slowest === 0 ? {} : { 'switch-dns': slowest };
}
