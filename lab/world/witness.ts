/** What is so, asked of the servers themselves: databases, Redis, clusters, DNS. Never of Regent. */

import { execute } from '../postgres/roles.ts';
import { askRedis } from '../redis/ask.ts';
import { oneMaster, redisNodes } from './redis-witness.ts';
import type { World } from './world.ts';

export type DatabaseSeen = {
  region: string;
  role: 'primary' | 'standby' | 'stopped';
  timeline: number | null;
  readOnly: boolean | null;
};

export async function databaseIn(world: World, region: string): Promise<DatabaseSeen> {
  const node = world.postgres.node(region);
  const rows = node.running()
    ? await execute(node.url('postgres', 'postgres'), [
        `SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') AS read_only,
                (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline`,
      ]).catch(() => null)
    : null;
  if (rows === null) return { region, role: 'stopped', timeline: node.controlState().timeline, readOnly: null };
  const [row] = rows;
  return {
    region,
    role: row?.['standby'] ? 'standby' : 'primary',
    timeline: Number(row?.['timeline']),
    readOnly: row?.['read_only'] === 'on',
  };
}

/** The one region whose Postgres takes a write; null when none or more than one does. */
export async function databasePrimary(world: World): Promise<string | null> {
  const taking = await Promise.all(
    world.regions.map(async (region) => ((await acceptsWrites(world, region)) ? [region] : [])),
  );
  const primaries = taking.flat();
  return primaries.length === 1 ? primaries[0]! : null;
}

/** How often the standby has been promoted since the world began: the timeline's history files say it. */
export async function timelineOf(world: World, region: string): Promise<number> {
  await execute(world.postgres.node(region).url('postgres', 'postgres'), ['CHECKPOINT']).catch(() => undefined);
  return world.postgres.node(region).controlState().timeline;
}

/** Whether the old primary takes a write that goes round every courtesy. A stopped server does not. */
export async function acceptsWrites(world: World, region: string): Promise<boolean> {
  const node = world.postgres.node(region);
  if (!node.running()) return false;
  return await execute(node.url('postgres', world.kind.database), [
    'BEGIN READ WRITE',
    'CREATE TABLE lab_asks_whether_it_writes ()',
    'ROLLBACK',
  ]).then(
    () => true,
    () => false,
  );
}

/** Of these ids, how many the region's database or its Redis does not hold. */
export async function missingIn(world: World, region: string, ids: readonly number[]): Promise<number> {
  const { database, cache } = await missingIds(world, region, ids);
  return Math.max(database.length, cache.length);
}

/** Of these ids, those the region's database does not hold, and those the one master of Redis does not. */
export async function missingIds(
  world: World,
  region: string,
  ids: readonly number[],
): Promise<{ database: number[]; cache: number[] }> {
  const rows = await execute(world.postgres.node(region).url('postgres', world.kind.database), [
    'SELECT id FROM tasks',
  ]);
  const held = new Set(rows.map((row) => Number(row['id'])));
  const database = ids.filter((id) => !held.has(id));
  if (world.redis) {
    const master = await redisMaster(world);
    const members =
      master === null
        ? []
        : ((await askRedis(world.redis.node(master).port, world.redis.password, 'SMEMBERS', 'tasks')) as string[]);
    const cached = new Set(members.map(Number));
    return { database, cache: ids.filter((id) => !cached.has(id)) };
  }
  return { database, cache: [] };
}

/** The region whose Redis alone says it is the master and alone takes a write; null when that is not exactly one. */
export const redisMaster = async (world: World): Promise<string | null> => oneMaster(await redisNodes(world));

export const deployments = (world: World): Record<string, Record<string, { wanted: number; ready: number }>> =>
  Object.fromEntries(
    world.regions.map((region) => [
      region,
      Object.fromEntries(
        Object.entries(world.clusters[region]!.deployments()).map(([name, { wanted, ready }]) => [
          name,
          { wanted, ready },
        ]),
      ),
    ]),
  );

/** Where each configured name leads: the addresses the zone's own server has for it, through its alias where it is one. */
export function dnsValues(world: World): Record<string, string[]> {
  const { zoneName, records } = world.file.dns[0]!;
  const held = new Map(world.authority.records(zoneName).map((rrset) => [rrset.name, rrset]));
  const leadsTo = (name: string, hops = 0): string[] => {
    const found = held.get(name);
    if (found === undefined || hops > 8) return [];
    return found.type === 'CNAME' ? found.values.flatMap((value) => leadsTo(value, hops + 1)) : found.values;
  };
  return Object.fromEntries(records.map(({ name }) => [name, leadsTo(name)]));
}

/** How many bytes of WAL a standby has received and not yet replayed; null for a primary or a stopped server. */
export async function lagOf(world: World, region: string): Promise<number | null> {
  const node = world.postgres.node(region);
  if (!node.running()) return null;
  const rows = await execute(node.url('postgres', 'postgres'), [
    `SELECT CASE WHEN pg_is_in_recovery()
       THEN pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) END AS lag`,
  ]);
  const lag = rows[0]?.['lag'];
  return lag === null || lag === undefined ? null : Number(lag);
}

/** Bytes between what the primary has written and what the standby has replayed, as both say themselves. */
export async function lagBetween(world: World, primary: string, standby: string): Promise<number | null> {
  const [row] = await execute(world.postgres.node(primary).url('postgres', 'postgres'), [
    'SELECT pg_current_wal_lsn()::text AS lsn',
  ]);
  const [other] = await execute(world.postgres.node(standby).url('postgres', 'postgres'), [
    `SELECT CASE WHEN pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')
       THEN pg_wal_lsn_diff('${String(row?.['lsn'])}', pg_last_wal_replay_lsn()) END AS bytes`,
  ]);
  const bytes = other?.['bytes'];
  return bytes === null || bytes === undefined ? null : Math.max(0, Number(bytes));
}
