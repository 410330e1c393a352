/** What Regent's environment holds: every secret of the configuration under the name the configuration gives it. */
import type { Relay } from '../lib/relay.ts';
import type { PostgresCluster } from '../postgres/types.ts';
import type { RedisLab } from '../redis/types.ts';
import { variableOf, type WorldFile } from './file.ts';
import type { WorldKind } from './kinds.ts';
import { APP_TOKEN, BOT_TOKEN, SIGNING_SECRET } from './people.ts';

type Options = {
  kind: WorldKind;
  file: WorldFile;
  regions: readonly string[];
  postgres: PostgresCluster;
  redis: RedisLab | null;
  transport: 'socket' | 'http';
  /** By region: what stands before its Postgres and its Redis; null: nothing. */
  before: { postgres(region: string): Relay | null; redis(region: string): Relay | null };
};

export function environmentOf(options: Options): Record<string, string> {
  const { kind, file, regions, postgres, redis, transport, before } = options;
  const through = (direct: string, relay: Relay | null): string => {
    const url = new URL(direct);
    if (relay) url.port = String(relay.port);
    return url.href;
  };
  const stores = regions.flatMap((region) => {
    const { postgres: database, redis: cache } = file.regions[region]!;
    const direct = postgres.node(region).url('regent', kind.database);
    return [
      [variableOf(database!.url), through(direct, before.postgres(region))],
      ...(redis && cache ? [[variableOf(cache.url), through(redis.node(region).url, before.redis(region))]] : []),
    ];
  });
  return {
    ...(Object.fromEntries(stores) as Record<string, string>),
    SLACK_BOT_TOKEN: BOT_TOKEN,
    ...(transport === 'http' ? { SLACK_SIGNING_SECRET: SIGNING_SECRET } : { SLACK_APP_TOKEN: APP_TOKEN }),
    AWS_ACCESS_KEY_ID: 'LABACCESSKEY',
    AWS_SECRET_ACCESS_KEY: 'lab-only',
    AWS_REGION: 'us-east-1',
  };
}
