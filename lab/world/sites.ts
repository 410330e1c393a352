/** What stands in each data region: its services behind a load balancer, and its cluster. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesLab } from '../kubernetes/start.ts';
import type { Keep } from '../lib/closers.ts';
import type { PostgresCluster } from '../postgres/types.ts';
import type { RedisLab } from '../redis/types.ts';
import { startIngress } from '../services/ingress.ts';
import { type RegionRuntime, startRegion } from '../services/region.ts';
import { startCluster } from './clusters.ts';
import type { WorldFile } from './file.ts';
import type { WorldKind } from './kinds.ts';
import type { Leases } from './leases.ts';
import { curtain } from './ways.ts';

export const TOKEN = 'lab-kubernetes-token';

type Options = {
  kind: WorldKind;
  file: WorldFile;
  /** First the one that serves. */
  regions: readonly string[];
  postgres: PostgresCluster;
  redis: RedisLab | null;
  pace: number;
  latencyMs: number;
  /** The serving region's StatefulSet is not obeyed. */
  softFence: boolean;
  /** Where servers stop themselves. */
  leases: Leases | null;
  keep: Keep;
};

/** Each region's own address on the loopback network. */
export const addressesOf = (regions: readonly string[]): Record<string, string> =>
  Object.fromEntries(regions.map((region, index) => [region, `127.0.${index + 1}.1`]));

export async function startSites({ kind, file, regions, postgres, redis, leases, keep, ...options }: Options) {
  const { pace, latencyMs, softFence } = options;
  const addresses = addressesOf(regions);
  const runtimes: Record<string, RegionRuntime> = {};
  for (const region of regions) {
    const runtime = startRegion({
      name: region,
      address: addresses[region]!,
      postgresUrl: postgres.node(region).url(kind.application, kind.database),
      redisUrl: redis?.node(region).url ?? null,
      writer: kind.writer,
      hosts: kind.hosts,
      pace,
    });
    runtimes[region] = runtime;
    keep(() => runtime.close());
  }
  const closing = curtain();
  const ingress = await startIngress(Object.values(runtimes).map(closing.before));
  keep(() => ingress.close());
  const clusters: Record<string, KubernetesLab> = {};
  for (const region of regions) {
    const cluster = await startCluster({
      file,
      region,
      serves: region === regions[0],
      runtime: runtimes[region]!,
      postgres: postgres.node(region),
      pace,
      latencyMs,
      token: TOKEN,
      softFence: softFence && region === regions[0],
      ...(leases?.ways.regions[region] && { guard: () => leases.watchOver(region, postgres.node(region)) }),
    });
    clusters[region] = cluster;
    keep(() => cluster.close());
  }
  return { addresses, ingressPort: ingress.port, curtain: closing, clusters };
}

/** Writes each region's kubeconfig into `dir`, with the port Regent reaches its cluster at; by region, its path. */
export function writeKubeconfigs(
  dir: string,
  clusters: Record<string, KubernetesLab>,
  portOf: (region: string) => number | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(clusters).map(([region, { url, kubeconfig }]) => {
      const port = portOf(region);
      const reached = port === undefined ? url : `http://127.0.0.1:${port}`;
      const path = join(dir, `${region}.kubeconfig`);
      writeFileSync(path, kubeconfig(TOKEN).replace(url, reached), { mode: 0o600 });
      return [region, path];
    }),
  );
}
