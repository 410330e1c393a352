/**
 * The overlay that sets a world's configuration file into the lab: addresses, secrets' places and pace. Nothing else
 * changes: no step, no policy, no count; but for what a scenario is told to try.
 */
import { parseDurationMs } from '../lib/duration.ts';
import { type WorldFile, witnessIn } from './file.ts';
import { answering } from './names.ts';
import { WITNESS } from './witness-region.ts';
import type { DisasterOptions } from './world.ts';

export type OverlayAddresses = {
  /** By region: the loopback address its names resolve to. */
  addresses: Record<string, string>;
  ingressPort: number;
  kubeconfigs: Record<string, string>;
  /** Empty: nobody watches Redis. null where no Redis runs: the configuration then has none. */
  sentinels: string[] | null;
  route53Url: string;
  authority: string;
  resolver: string;
  slackApiUrl: string;
  /** Where Regent listens for Slack's requests; null with Socket Mode. */
  slackPort: number | null;
  /** Where its API listens; null where the file has none. */
  apiPort: number | null;
  journal: string;
  /** Where the lab's scripts stand, and where Regent keeps the records of their work. */
  scripts: { directory: string; jobs: string };
  /** By region: another fence than the file's. */
  fences: Record<string, unknown>;
  /** Where servers stop themselves: where Regent reads their lease, and how long they take, ms of real time. */
  leases: { kubeconfig: string; withinMs: number } | null;
  /** Regent's own phase makes the region that is left a standby, and not a step of the file's. */
  standbyBuiltIn: boolean;
  /** The witness region, where one runs. */
  witnessUrl: string | null;
  /** Where a disaster is played: how runs are begun, and what happens when nobody decides. */
  disaster: DisasterOptions | undefined;
  /** What stands outside of all regions: see `aroundOverlay`. */
  around: object;
  pace: number;
};

/** How long a move must be over before the way home begins, ms of the configuration's time. */
export const SOAK_MS = 60_000;

const paced = (ms: number, pace: number, least = 20): string => `${Math.max(least, Math.round(ms / pace))}ms`;

export function overlayOf(file: WorldFile, at: OverlayAddresses): object {
  const { pace } = at;
  // Health by name over plain HTTP at the lab's port: the names are the file's own.
  const local = (url: string): string => url.replace(/^https:\/\/([^/]+)/, `http://$1:${at.ingressPort}`);
  const localRequest = (request: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(request).map(([key, value]) => [
        key,
        ['get', 'post', 'put', 'delete'].includes(key) ? local(String(value)) : value,
      ]),
    );
  return {
    regions: {
      ...Object.fromEntries(
        Object.keys(at.addresses).map((region) => [
          region,
          {
            kubernetes: { kubeconfig: at.kubeconfigs[region] },
            ...postgresIn(file, region, at),
            ...(at.sentinels === null ? { redis: null } : {}),
          },
        ]),
      ),
      ...(at.witnessUrl !== null && { [witnessIn(file) ?? WITNESS]: witnessOf(file, at.witnessUrl) }),
    },
    ...(at.witnessUrl !== null && { trigger: triggerOf(file, at, at.witnessUrl) }),
    redis: redisOf(at),
    services: {
      deployments: Object.fromEntries(
        Object.entries(file.services.deployments).map(([name, { health, publicHealth }]) => [
          name,
          { ...(health && { health: local(health) }), ...(publicHealth && { publicHealth: local(publicHealth) }) },
        ]),
      ),
    },
    dns: file.dns.map((zone) => ({
      ...zone,
      authorities: [at.authority],
      endpoint: at.route53Url,
      records: zone.records.map((record) => ({
        ...record,
        values: Object.fromEntries(
          Object.keys(record.values).map((region) => [region, answering(record, region, at.addresses).values]),
        ),
      })),
    })),
    resolvers: [at.resolver],
    probes: { resolvers: [at.resolver] },
    gates: gatesOf(file, at),
    ...(file.monitoring && { monitoring: { url: local(file.monitoring.url) } }),
    ...(file.metrics && { metrics: { url: local(file.metrics.url) } }),
    verify: {
      workflows: (file.verify?.workflows ?? []).map(({ requests, ...one }) => ({
        ...one,
        ...(requests && { requests: requests.map(localRequest) }),
      })),
      // The world has not stood for an hour when its region dies: what was usual is what it did in the last half minute.
      ...(file.verify?.performance && {
        performance: { baseline: { every: paced(10_000, pace), over: paced(30_000, pace) } },
      }),
    },
    ...(file.rules && {
      rules: {
        notice: paced(48 * 3_600_000, pace),
        ttl: { for: paced(24 * 3_600_000, pace), lookEvery: paced(3_600_000, pace) },
      },
    }),
    // What counts as stood for a while is as much shorter as everything that is not only waited for.
    failback: { soak: paced(SOAK_MS, pace, 1000) },
    ...(file.hold !== undefined && {
      // Half a minute of ten: at the usual pace the whole would be as long as all the rest of a scenario.
      hold: { for: paced(30_000, pace), every: paced(10_000, pace, 200), grace: paced(5 * 60_000, pace) },
    }),
    ...at.around,
    slack: {
      apiUrl: at.slackApiUrl,
      ...(at.slackPort === null
        ? {}
        : {
            transport: 'http',
            appToken: null,
            signingSecret: 'env:SLACK_SIGNING_SECRET',
            listen: { host: '127.0.0.1', port: at.slackPort },
          }),
    },
    ...(at.apiPort !== null && { api: { listen: { host: '127.0.0.1', port: at.apiPort } } }),
    journal: { sqlite: at.journal },
    // What the lab carries are megabytes where a real system carries gigabytes: what counts as slow is as much less.
    ...(file.state && { state: { rateBelow: '10kB/s' } }),
    hooks: { directory: at.scripts.directory, jobs: at.scripts.jobs },
    ...standbySteps(file, at),
    timings: {
      poll: paced(1000, pace),
      // A start after a kill waits for the deadlines of what was in flight: they are waits too, but calls are real.
      callTimeout: paced(10_000, pace, 3000),
      headlineEvery: paced(3000, pace, 100),
      headlineTick: paced(10_000, pace, 250),
      openTransactions: paced(10_000, pace, 500),
      heartbeatEvery: paced(2000, pace, 200),
      fenceEvery: paced(1000, pace, 100),
      budgets: {
        'network-open': paced(60_000, pace, 3000),
        'prove-fence': paced(15_000, pace, 1500),
        'promote-postgres': paced(120_000, pace, 12_000),
        'switch-dns': paced(180_000, pace, 10_000),
      },
    },
  };
}

const redisOf = ({ sentinels }: OverlayAddresses) =>
  sentinels && {
    ...(sentinels.length > 0 ? { sentinels } : { sentinels: null, master: null }),
    pause: paced(10_000, 1),
  };

const postgresIn = (file: WorldFile, region: string, at: OverlayAddresses): object => {
  const postgres = { ...fenceIn(file, region, at), ...(at.standbyBuiltIn && { reprotect: { inRun: true } }) };
  return Object.keys(postgres).length === 0 ? {} : { postgres };
};

/** Another fence than the file’s, or the file’s with its lease where the lab keeps it. */
function fenceIn(file: WorldFile, region: string, { fences, leases }: OverlayAddresses): object {
  if (fences[region] !== undefined) return { fence: fences[region] };
  if (leases === null || file.regions[region]?.postgres?.fence?.lease === undefined) return {};
  const { kubeconfig, withinMs } = leases;
  return { fence: { selfFence: `${withinMs}ms`, lease: { kubernetes: { kubeconfig } } } };
}

const witnessOf = (file: WorldFile, url: string) => ({
  ...(witnessIn(file) === null && { role: 'witness', alias: 'witness' }),
  probes: [{ name: 'witness', url: `${url}/health` }],
});

/** As documented, where the file says nothing itself. */
const TRIGGER = {
  for: '2m',
  errorRateFor: '1m',
  cutFor: '60s',
  confirmAfter: '30s',
  recoverFor: '30s',
  coolDown: '30m',
};

/** Every duration paced: what counts as failed. And, where the file is silent, two of the three places that must agree. */
function triggerOf(file: WorldFile, { disaster, pace }: OverlayAddresses, witnessUrl: string): object {
  const own = file.trigger ?? {};
  const durations = Object.entries(TRIGGER).map(([key, usual]) => [
    key,
    paced(parseDurationMs(String(own[key] ?? usual)) ?? 0, pace),
  ]);
  return {
    ...(disaster && { mode: disaster.trigger }),
    every: paced(5000, pace, 250),
    ...Object.fromEntries(durations),
    ...(file.trigger === undefined && { agree: 2 }),
    vantages: [{ name: witnessIn(file) ?? WITNESS, url: `${witnessUrl}/look` }],
  };
}

/** Gates about what time never decides. */
const RISKS = ['unverified-fence', 'data-loss'];

/** People are given a paced while. Where a scenario wants them to decide, nothing goes on without them. */
function gatesOf(file: WorldFile, { disaster, pace }: OverlayAddresses): object {
  const [operators, others = operators] = Object.keys(file.groups).map((group) => `group:${group}`);
  return Object.fromEntries(
    Object.entries(file.gates).map(([gate, { required, approvers, escalateTo }]) => {
      const timeout = paced(5 * 60_000, pace, 5000);
      if (!disaster || RISKS.includes(gate)) return [gate, { timeout }];
      const { onTimeout, trigger } = disaster;
      const asked = onTimeout === 'escalate' && (gate !== 'declare' || trigger === 'propose');
      return [
        gate,
        {
          timeout,
          onTimeout,
          ...(asked && {
            ...(required === false && { required: true }),
            ...(approvers === undefined && { approvers: [operators] }),
            ...(escalateTo === undefined && { escalateTo: [others] }),
          }),
        },
      ];
    }),
  );
}

const REVERSE = 'reverse-replication';

/**
 * Behind a fence of SQL alone the old primary has gone its own way: only a new copy of it can follow. Where Regent's own
 * phase does it, the file's step is out.
 */
function standbySteps({ steps }: WorldFile, { fences, standbyBuiltIn }: OverlayAddresses): object {
  if (standbyBuiltIn) return { steps: steps.filter(({ id }) => id !== REVERSE) };
  return Object.values(fences).includes('sql')
    ? { steps: steps.map((one) => (one.id === REVERSE ? { ...one, exec: [...(one.exec ?? []), '--copy-anew'] } : one)) }
    : {};
}
