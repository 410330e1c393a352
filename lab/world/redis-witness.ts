/** What is so with Redis, asked of every node itself: who says it is the master, who takes a write, who made whom what. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askRedis } from '../redis/ask.ts';
import { keyOf } from '../writer/redis-writer.ts';
import type { World } from './world.ts';

export type RedisNodeSeen = {
  region: string;
  role: 'master' | 'replica' | 'down';
  /** It took a write a moment ago, whatever it says of itself. */
  writable: boolean;
};

/** Every node; null without Redis. */
export async function redisNodes({
  redis,
  regions,
}: Pick<World, 'redis' | 'regions'>): Promise<RedisNodeSeen[] | null> {
  if (redis === null) return null;
  return Promise.all(
    regions.map(async (region) => {
      const ask = (...command: string[]) => askRedis(redis.node(region).port, redis.password, ...command);
      const [writable, role] = await Promise.all([
        ask('SET', `lab:asked:${region}`, '1', 'PX', '1000').then(
          () => true,
          () => false,
        ),
        ask('ROLE').catch(() => null),
      ]);
      const says = Array.isArray(role) ? role[0] : null;
      return { region, role: says === null ? 'down' : says === 'master' ? 'master' : 'replica', writable };
    }),
  );
}

/** The region whose node alone says it is the master and alone takes a write; null where that is not one. */
export function oneMaster(nodes: RedisNodeSeen[] | null): string | null {
  const open = (nodes ?? []).filter(({ role, writable }) => role === 'master' || writable);
  const [only] = open;
  return open.length === 1 && only!.role === 'master' && only!.writable ? only!.region : null;
}

const ORDER = /REPLICAOF \S+ enabled \(user request from '[^']*\bname=(\S*)|FAILOVER (requested) to|MASTER MODE/g;

/**
 * Who made this region's node a replica, by its own log: the name under which whoever last ordered it was connected.
 * `FAILOVER TO` can only have been Regent's, the Sentinels do not know it. null: nobody, or it was made a master since.
 */
export function demotedBy({ redis, dir }: Pick<World, 'redis' | 'dir'>, region: string): string | null {
  if (redis === null) return null;
  const [order, name, requested] =
    [...readFileSync(join(dir, 'redis', region, 'redis.log'), 'utf8').matchAll(ORDER)].at(-1) ?? [];
  if (order === undefined || order.startsWith('MASTER')) return null;
  if (requested !== undefined || name === 'regent') return 'regent';
  return name?.startsWith('sentinel') ? 'sentinel' : 'somebody';
}

/** How often a node has been made a master while it ran, by the nodes' own logs, whoever said so. */
export function redisPromotions({ redis, dir, regions }: Pick<World, 'redis' | 'dir' | 'regions'>): number | null {
  if (redis === null) return null;
  const logs = regions.map((region) => readFileSync(join(dir, 'redis', region, 'redis.log'), 'utf8'));
  return logs.reduce((sum, log) => sum + [...log.matchAll(/MASTER MODE enabled/g)].length, 0);
}

const KEYS_A_QUESTION = 100;

/** Of these ids, how many the node of that region does not hold. */
export async function missingInRedis(
  { redis }: Pick<World, 'redis'>,
  region: string,
  ids: readonly number[],
): Promise<number> {
  if (redis === null) return ids.length;
  const { port } = redis.node(region);
  const keys = [...new Set(ids.map(keyOf))];
  const held = new Set<number>();
  for (let at = 0; at < keys.length; at += KEYS_A_QUESTION) {
    const some = keys.slice(at, at + KEYS_A_QUESTION);
    for (const id of (await askRedis(port, redis.password, 'SUNION', ...some)) as string[]) held.add(Number(id));
  }
  return ids.filter((id) => !held.has(id)).length;
}
