/** What a scenario says about Redis: as its nodes themselves say, and as its own writer counts. */
import { demotedBy, missingInRedis, oneMaster, redisNodes } from '../world/redis-witness.ts';
import type { RedisKind, World } from '../world/world.ts';
import type { RedisWriter } from '../writer/redis-writer.ts';

export type RedisReport = {
  by: RedisKind;
  /** The region whose node alone says it is the master and alone takes a write; null: not exactly one. */
  master: string | null;
  nodes: { region: string; role: string; writable: boolean }[];
  /** Who made the node of the region that was left a replica; null: nobody. */
  demotedBy: string | null;
};

export type RedisWrites = {
  /** Clients that wrote straight to the master, as fast as it answered. */
  writers: number;
  acknowledged: number;
  refused: number;
  /** Acknowledged ids that the one master does not hold; null where there is not one. */
  lost: number | null;
  /** Longest time without an acknowledgement, ms. */
  outageMs: number;
};

/** null without Redis. `left`: the region Redis was moved out of. */
export async function redisReport(world: World, left: string): Promise<RedisReport | null> {
  const nodes = await redisNodes(world);
  if (nodes === null || world.redis === null) return null;
  return {
    by: world.redis.sentinels.length > 0 ? 'sentinel' : 'direct',
    master: oneMaster(nodes),
    nodes,
    demotedBy: demotedBy(world, left),
  };
}

/** Ends the writer and asks the one master for what it was told is stored. */
export async function redisWrites(world: World, { master }: RedisReport, writer: RedisWriter): Promise<RedisWrites> {
  const ids = await writer.stop();
  return {
    writers: writer.clients,
    acknowledged: ids.length,
    refused: writer.refused,
    lost: master === null ? null : await missingInRedis(world, master, ids),
    outageMs: writer.longestMs,
  };
}

/** Where it is not so that the node of `to` alone takes writes and Regent itself made that of `from` a replica. */
export function redisProblems(report: RedisReport | null, from: string, to: string): string[] {
  if (report === null) return [];
  const said = report.nodes.map(
    ({ region, role, writable }) => `${region} says ${role} and ${writable ? 'takes a write' : 'takes none'}`,
  );
  const isUp = report.nodes.some(({ region, role }) => region === from && role !== 'down');
  return [
    ...(report.master === to ? [] : [`Redis in ${to} is not the one that takes writes: ${said.join(', ')}`]),
    ...(!isUp || report.demotedBy === 'regent'
      ? []
      : [`Redis in ${from} was made a replica by ${report.demotedBy ?? 'nobody'}, not by Regent`]),
  ];
}
