/** The regions' Postgres and Redis, with a product's data in them. */
import { join } from 'node:path';
import type { Keep } from '../lib/closers.ts';
import { startPostgresCluster } from '../postgres/cluster.ts';
import type { PostgresVersion } from '../postgres/programs.ts';
import { execute, REGENT_FOR_QUESTIONS } from '../postgres/roles.ts';
import type { PostgresCluster } from '../postgres/types.ts';
import { startRedis } from '../redis/lab.ts';
import type { RedisLab } from '../redis/types.ts';
import { TASK_TABLES } from '../services/tasks.ts';
import type { WorldFile } from './file.ts';
import type { WorldKind } from './kinds.ts';
import { fillCache, fillDatabase } from './product-data.ts';
import type { DisasterOptions } from './world.ts';

/** How long Sentinels wait where nothing dies, ms. */
const PATIENT_MS = 10_000;

export const PASSWORD = 'lab-only';

type Options = {
  dir: string;
  kind: WorldKind;
  file: WorldFile;
  /** First the one that serves. */
  regions: readonly [string, string, ...string[]];
  /** Default 18. */
  version: PostgresVersion | undefined;
  pace: number;
  /** How many watch Redis; 0 for none. */
  sentinels: number;
  disaster: DisasterOptions | undefined;
  keep: Keep;
};

/** Resolves when every standby streams and the Sentinels agree. `redis` is null where there is no redis-server. */
export async function startStores(options: Options): Promise<{ postgres: PostgresCluster; redis: RedisLab | null }> {
  const { dir, kind, file, regions, version, pace, sentinels, disaster, keep } = options;
  const [postgres, redis] = await Promise.all([
    startPostgresCluster({
      dir: join(dir, 'postgres'),
      superuserPassword: PASSWORD,
      databases: [kind.database],
      application: kind.application,
      regions,
      ...(version && { version }),
      // A standby that hears nothing any more should notice before the scenario is over.
      ...(disaster && { settings: { wal_receiver_timeout: `${Math.max(1500, Math.round(30_000 / pace))}ms` } }),
    }).then((started) => {
      keep(() => started.close());
      return started;
    }),
    startRedis({
      dir: join(dir, 'redis'),
      regions,
      sentinels,
      masterName: file.redis.master,
      password: PASSWORD,
      // A pause has to end before they call the master down: a busy machine is not to make it too short.
      ...(!disaster && { downAfterMs: PATIENT_MS }),
      ...(disaster?.sentinelDownAfterMs !== undefined && { downAfterMs: disaster.sentinelDownAfterMs }),
    }).then((started) => {
      if (started) keep(() => started.close());
      return started;
    }),
  ]);
  const application = postgres.primary.url(kind.application, kind.database);
  await execute(application, [
    ...TASK_TABLES,
    'CREATE TABLE rogue (id bigint NOT NULL, at timestamptz NOT NULL DEFAULT now())',
    ...REGENT_FOR_QUESTIONS,
  ]);
  await fillDatabase(application);
  if (redis) await fillCache(redis.node(regions[0]).url);
  return { postgres, redis };
}
