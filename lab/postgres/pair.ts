/** The smallest cluster: one primary, one standby. */
import { startPostgresCluster } from './cluster.ts';
import type { PostgresNode, PostgresPair, PostgresPairOptions } from './types.ts';

/** Resolves when the standby streams from the primary. Everything made is removed again when it fails. */
export async function startPostgresPair(options: PostgresPairOptions): Promise<PostgresPair> {
  const regions: [string, string] = options.regions ?? ['us-east-1', 'us-west-2'];
  const cluster = await startPostgresCluster({ ...options, regions });
  const [standby] = cluster.standbys as [PostgresNode];
  return { ...cluster, regions, standby };
}
