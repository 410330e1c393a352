/**
 * The overlay that sets config/eden.yml into the lab: addresses, secrets' places and pace. Nothing else changes:
 * no step, no policy, no count.
 */
import type { EdenFile } from './eden.ts';

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
  /** By region: another fence than the file's. */
  fences: Record<string, unknown>;
  pace: number;
};

const paced = (ms: number, pace: number, least = 20): string => `${Math.max(least, Math.round(ms / pace))}ms`;

export function overlayOf(eden: EdenFile, at: OverlayAddresses): object {
  const { pace } = at;
  // Health by name over plain HTTP at the lab's port: the names are the file's own.
  const local = (url: string): string => url.replace(/^https:\/\/([^/]+)/, `http://$1:${at.ingressPort}`);
  return {
    regions: Object.fromEntries(
      Object.keys(at.addresses).map((region) => [
        region,
        {
          kubernetes: { kubeconfig: at.kubeconfigs[region] },
          ...(at.fences[region] === undefined ? {} : { postgres: { fence: at.fences[region] } }),
          ...(at.sentinels === null ? { redis: null } : {}),
        },
      ]),
    ),
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
      Object.keys(eden.gates).map((gate) => [gate, { timeout: paced(5 * 60_000, pace, 5000) }]),
    ),
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
    timings: {
      poll: paced(1000, pace),
      // A start after a kill waits for the deadlines of what was in flight: they are waits too, but calls are real.
      callTimeout: paced(10_000, pace, 3000),
      headlineEvery: paced(3000, pace, 100),
      headlineTick: paced(10_000, pace, 250),
      budgets: {
        'prove-fence': paced(15_000, pace, 1500),
        'promote-postgres': paced(120_000, pace, 12_000),
        'switch-dns': paced(180_000, pace, 10_000),
      },
    },
  };
}
