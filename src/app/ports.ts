/** The outside world as the steps see it: each system through its adapter. */
import { dirname, join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { manifestBackups } from '../integrations/backups/manifest.ts';
import { pgbackrestBackups } from '../integrations/backups/pgbackrest.ts';
import { evidenceFolder } from '../integrations/evidence-folder/folder.ts';
import { hooks } from '../integrations/hook/hooks.ts';
import { scriptJobs } from '../integrations/hook/jobs.ts';
import { httpProbe } from '../integrations/http-probe/probe.ts';
import { kubernetesCluster } from '../integrations/kubernetes/cluster.ts';
import { kubernetesLeases } from '../integrations/kubernetes/leases.ts';
import { postgresDatabase } from '../integrations/postgres/database.ts';
import { pgbouncerPooler } from '../integrations/postgres/pgbouncer.ts';
import { prometheusMetrics } from '../integrations/prometheus/metrics.ts';
import { redisCache } from '../integrations/redis/cache.ts';
import { lookups } from '../integrations/resolver/lookups.ts';
import { route53Dns } from '../integrations/route53/route53.ts';
import { ConfigError } from '../lib/errors.ts';
import type { Backups } from '../ports/backups.ts';
import type { Cache } from '../ports/cache.ts';
import type { Leases } from '../ports/leases.ts';
import type { Metrics } from '../ports/metrics.ts';
import { systemClock } from '../runner/time.ts';
import type { Ports } from '../steps/step.ts';

/** All but those that need the chat, the journal, or time to look. */
export type OutsidePorts = Omit<Ports, 'people' | 'records' | 'watch' | 'leases'> & { leases: Leases };

/** The outside world, each system through its adapter. */
export function portsOf(config: Config, file: string): OutsidePorts & { close(): Promise<void> } {
  const timeoutMs = config.timings.callTimeout;
  const data = Object.entries(config.regions).filter(([, region]) => region.role !== 'witness');
  const each = <T>(make: (region: Config['regions'][string]) => T): Record<string, T> =>
    Object.fromEntries(data.map(([name, region]) => [name, make(region)]));
  const cluster = kubernetesCluster({
    regions: each(({ kubernetes }) => ({ ...kubernetes!, namespace: config.services.namespace })),
    timeoutMs,
  });
  const leases = kubernetesLeases({
    leases: Object.fromEntries(
      data.flatMap(([name, { postgres }]) => {
        const self = postgres!.fence.self;
        return self === undefined ? [] : [[name, self.kubernetes] as const];
      }),
    ),
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
  const scripts = {
    allow: config.hooks.allow,
    env: config.hooks.env,
    baseDir: config.hooks.directory ?? dirname(file),
  };
  return {
    database: postgresDatabase({ regions: each(({ postgres }) => postgres!), timeoutMs }),
    pooler: pgbouncerPooler({
      poolers: data.flatMap(([, { postgres }]) => postgres!.poolers ?? []),
      timeoutMs: Math.min(timeoutMs, 5000),
    }),
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
    hook: hooks({ ...scripts, timeoutMs: 25_000 }),
    jobs: scriptJobs({ ...scripts, directory: config.hooks.jobs }),
    metrics: config.metrics
      ? prometheusMetrics({
          regions: each(({ alias }) => ({ url: config.metrics!.url.replaceAll('{alias}', alias) })),
          ...(config.metrics.token === undefined ? {} : { token: config.metrics.token }),
          ...(config.probes.resolvers ? { resolvers: config.probes.resolvers } : {}),
          timeoutMs,
        })
      : noMetrics,
    evidence: evidenceFolder({ directory: join(dirname(config.journal.sqlite), 'evidence') }),
    backups: backupsOf(config),
    leases,
    clock: systemClock,
    close: async () => {
      await Promise.all([cluster.close(), leases.close()]);
    },
  };
}

const hostPort = (text: string): { host: string; port: number } => {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
};

/** No step that uses it is in a plan of a system without a cache. */
const noCache = new Proxy({} as Cache, {
  get: () => () => Promise.reject(new ConfigError('No Redis is configured.', { code: 'no-cache' })),
});

/** Nor any step that asks metrics where there are none. */
const noMetrics: Metrics = {
  value: () => Promise.reject(new ConfigError('No metrics are configured.', { code: 'no-metrics' })),
};

/** What backups there are, as configured; asked by nobody where nothing is. */
function backupsOf({ backups, probes, timings: { callTimeout: timeoutMs } }: Config): Backups {
  const resolvers = probes.resolvers ? { resolvers: probes.resolvers } : {};
  if (backups?.pgbackrest) return pgbackrestBackups({ ...backups.pgbackrest, timeoutMs });
  if (backups?.manifest) {
    const { file, url, token, maxAge: maxAgeMs, directory } = backups.manifest;
    return manifestBackups({
      from: file === undefined ? { url: url!, ...(token === undefined ? {} : { token }) } : { file },
      maxAgeMs,
      ...(directory === undefined ? {} : { directory }),
      timeoutMs,
      ...resolvers,
      now: systemClock.now,
    });
  }
  return { report: () => Promise.reject(new ConfigError('No backups are configured.', { code: 'no-backups' })) };
}
