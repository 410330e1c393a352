/**
 * The overlay that sets config/eden.yml into the lab: addresses, secrets' places and pace. Nothing else changes:
 * no step, no policy, no count.
 */
import type { EdenFile } from './eden.ts';
import { WITNESS } from './witness-region.ts';

export type OverlayAddresses = {
  /** By region: the loopback address its names resolve to. */
  addresses: Record<string, string>;
  ingressPort: number;
  kubeconfigs: Record<string, string>;
  /** null where no Redis runs: the configuration then has none. */
  sentinels: string[] | null;
  route53Url: string;
  authority: string;
  resolver: string;
  slackApiUrl: string;
  /** Where Regent listens for Slack's requests; null with Socket Mode. */
  slackPort: number | null;
  journal: string;
  /** Where the lab's scripts stand, and where Regent keeps the records of their work. */
  scripts: { directory: string; jobs: string };
  /** By region: another fence than the file's. */
  fences: Record<string, unknown>;
  /** Where a disaster is played: how runs are begun, and the witness region, which Eden's file does not have. */
  disaster?: { trigger: 'propose' | 'declare'; onTimeout: 'escalate' | 'approve'; witnessUrl: string };
  pace: number;
};

const paced = (ms: number, pace: number, least = 20): string => `${Math.max(least, Math.round(ms / pace))}ms`;

export function overlayOf(eden: EdenFile, at: OverlayAddresses): object {
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
            ...(at.fences[region] === undefined ? {} : { postgres: { fence: at.fences[region] } }),
            ...(at.sentinels === null ? { redis: null } : {}),
          },
        ]),
      ),
      ...(at.disaster && { [WITNESS]: witnessOf(at.disaster.witnessUrl) }),
    },
    ...(at.disaster && { trigger: triggerOf(at.disaster, pace) }),
    redis: at.sentinels === null ? null : { sentinels: at.sentinels, pause: paced(10_000, 1) },
    services: {
      deployments: Object.fromEntries(
        Object.entries(eden.services.deployments).map(([name, one]) => [
          name,
          { health: local(one.health), publicHealth: local(one.publicHealth) },
        ]),
      ),
    },
    dns: eden.dns.map((zone) => ({
      ...zone,
      authorities: [at.authority],
      endpoint: at.route53Url,
      records: zone.records.map((record) => ({
        ...record,
        values: Object.fromEntries(Object.keys(record.values).map((region) => [region, [at.addresses[region]]])),
      })),
    })),
    resolvers: [at.resolver],
    probes: { resolvers: [at.resolver] },
    gates: Object.fromEntries(
      Object.keys(eden.gates).map((gate) => [
        gate,
        {
          timeout: paced(5 * 60_000, pace, 5000),
          ...(at.disaster && { onTimeout: at.disaster.onTimeout }),
        },
      ]),
    ),
    monitoring: { url: local(eden.monitoring.url) },
    metrics: { url: local(eden.metrics.url) },
    verify: {
      workflows: eden.verify.workflows.map(({ requests, ...one }) => ({
        ...one,
        ...(requests && { requests: requests.map(localRequest) }),
      })),
    },
    rules: {
      notice: paced(48 * 3_600_000, pace),
      ttl: { for: paced(24 * 3_600_000, pace), lookEvery: paced(3_600_000, pace) },
    },
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
    journal: { sqlite: at.journal },
    hooks: { directory: at.scripts.directory, jobs: at.scripts.jobs },
    ...(copyAnew(eden, at) ?? {}),
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
        'prove-fence': paced(15_000, pace, 1500),
        'promote-postgres': paced(120_000, pace, 12_000),
        'switch-dns': paced(180_000, pace, 10_000),
      },
    },
  };
}

const witnessOf = (url: string) => ({
  role: 'witness',
  alias: 'witness',
  probes: [{ name: 'witness', url: `${url}/health` }],
});

/** Every duration as documented, paced: what counts as failed, and two of the three places that must agree. */
const triggerOf = ({ trigger, witnessUrl }: NonNullable<OverlayAddresses['disaster']>, pace: number) => ({
  mode: trigger,
  every: paced(5000, pace, 250),
  for: paced(120_000, pace),
  errorRateFor: paced(60_000, pace),
  cutFor: paced(60_000, pace),
  confirmAfter: paced(30_000, pace),
  recoverFor: paced(30_000, pace),
  coolDown: paced(30 * 60_000, pace),
  agree: 2,
  vantages: [{ name: WITNESS, url: `${witnessUrl}/look` }],
});

/** Behind a fence of SQL alone the old primary has gone its own way: only a new copy of it can follow. */
const copyAnew = (eden: EdenFile, { fences }: OverlayAddresses): object | null =>
  Object.values(fences).includes('sql')
    ? {
        steps: eden.steps.map((step) =>
          step.id === 'reverse-replication' ? { ...step, exec: [...step.exec, '--copy-anew'] } : step,
        ),
      }
    : null;
