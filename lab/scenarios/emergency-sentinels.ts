/** What the Sentinels were ordered to do, by their own logs: what they decide by themselves is not among it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../world/world.ts';

const ORDERED = /Executing user requested FAILOVER/g;

/** How often a failover was ordered, at all of them together; null without Redis. */
export function sentinelOrders({ redis, dir }: Pick<World, 'redis' | 'dir'>): number | null {
  if (redis === null) return null;
  const logs = redis.sentinels.map((_, index) => join(dir, 'redis', `sentinel-${index + 1}`, 'redis.log'));
  return logs.reduce((sum, log) => sum + [...readFileSync(log, 'utf8').matchAll(ORDERED)].length, 0);
}
