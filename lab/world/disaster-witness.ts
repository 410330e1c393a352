/** What an emergency did, asked of the servers: when a standby was promoted, how often Redis was, what was lost. */
import { readFileSync } from 'node:fs';
import { lineageOf } from '../postgres/standby.ts';
import { askRedis } from '../redis/ask.ts';
import { redisPromotions } from './redis-witness.ts';
import * as witness from './witness.ts';
import type { World } from './world.ts';

/** When a region's Postgres was first seen to be no standby any more. */
export function watchPromotion(world: World, region: string): { at(): number | null; stop(): Promise<void> } {
  let at: number | null = null;
  let running = true;
  const loop = (async () => {
    while (running && at === null) {
      const { role } = await witness.databaseIn(world, region).catch(() => ({ role: 'unknown' }));
      if (role === 'primary') at = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    at: () => at,
    async stop() {
      running = false;
      await loop;
    },
  };
}

/**
 * How often Redis has had another master, whoever made it: by the Sentinels' own count, by the nodes' logs where there
 * are none. null without Redis.
 */
export async function redisFailovers(world: World): Promise<number | null> {
  const { redis } = world;
  if (redis === null) return null;
  if (redis.sentinels.length === 0) return redisPromotions(world);
  const epochs = await Promise.all(
    redis.sentinels.map(async ({ port }) => {
      const flat = (await askRedis(port, undefined, 'SENTINEL', 'MASTER', redis.masterName)) as string[];
      return Number(flat[flat.indexOf('config-epoch') + 1]);
    }),
  );
  return Math.max(...epochs);
}

/**
 * WAL beyond the fork that the dead primary had: it is started once more, alone, and says where its log ended. Its last
 * record's own length is not counted.
 */
export async function lostBytes(world: World, from: string, to: string): Promise<number | null> {
  const { history } = await lineageOf(world.postgres.node(to));
  const fork = /^\d+\t([0-9A-F]+\/[0-9A-F]+)/m.exec(history)?.[1];
  const dead = world.postgres.node(from);
  if (fork === undefined || dead.running()) return null;
  await dead.start();
  const log = readFileSync(`${dead.dataDirectory}.log`, 'utf8');
  await dead.stop('immediate');
  const end = [...log.matchAll(/redo done at ([0-9A-F]+\/[0-9A-F]+)/g)].at(-1)?.[1];
  return end === undefined ? null : Math.max(0, Number(positionOf(end) - positionOf(fork)));
}

function positionOf(lsn: string): bigint {
  const [high, low] = lsn.split('/') as [string, string];
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
