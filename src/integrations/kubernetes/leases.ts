/** The port `leases` over Lease objects of the Kubernetes API: one `get`, and nothing is ever written. */
import { ConfigError } from '../../lib/errors.ts';
import type { Lease, Leases } from '../../ports/leases.ts';
import { connect, type RegionOptions } from './client.ts';
import { statusOf } from './failure.ts';

export type KubernetesLeasesOptions = {
  /** By the region whose server must renew it. */
  leases: { [region: string]: RegionOptions & { name: string } };
  /** Milliseconds one request may take, the reading of its answer included. */
  timeoutMs: number;
};

/** @throws ConfigError at once when a kubeconfig or context is missing. `close` lets go of idle connections. */
export function kubernetesLeases({ leases, timeoutMs }: KubernetesLeasesOptions): Leases & { close(): Promise<void> } {
  const known = new Map(
    Object.entries(leases).map(([region, { name, ...cluster }]) => [
      region,
      { name, cluster: connect(`the lease of ${region}`, cluster, timeoutMs) },
    ]),
  );

  return {
    async read(region, signal) {
      const one = known.get(region);
      if (one === undefined)
        throw new ConfigError(`The Postgres of ${region} has no lease.`, {
          code: 'kubernetes-lease',
          hint: `Those of these regions have: ${[...known.keys()].join(', ') || 'none'}.`,
        });
      const { name, cluster } = one;
      const { namespace } = cluster;
      return cluster.call(`get lease "${name}" in namespace "${namespace}"`, signal, async ({ coordination }) => {
        try {
          // Without a resource version it is answered as it stands now, never out of a cache.
          const { metadata, spec } = await coordination.readNamespacedLease({ name, namespace });
          return {
            holder: spec?.holderIdentity || null,
            renewedAt: spec?.renewTime ? timeOf(spec.renewTime) : null,
            durationMs: spec?.leaseDurationSeconds === undefined ? null : spec.leaseDurationSeconds * 1000,
            version: `${metadata?.uid}/${metadata?.resourceVersion}`,
          } satisfies Lease;
        } catch (error) {
          if (statusOf(error) === 404) return null;
          throw error;
        }
      });
    },
    async close() {
      await Promise.all([...known.values()].map(({ cluster }) => cluster.close()));
    },
  };
}

/** null for what is no time. */
function timeOf(written: Date | string): number | null {
  const at = new Date(written).getTime();
  return Number.isNaN(at) ? null : at;
}
