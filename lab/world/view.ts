/** The world as the page shows it: asked of the servers twice a second, so that looking does not become load. */
import type { RegionView, WorldView } from '../page/world-view.ts';
import { infoOf } from '../redis/ask.ts';
import type { Rogue } from '../writer/rogue.ts';
import type { Writer } from '../writer/writer.ts';
import * as witness from './witness.ts';
import type { World } from './world.ts';

export type Watched = {
  view(): WorldView;
  onChange(listener: () => void): () => void;
  stop(): void;
};

const EVERY_MS = 500;

export function watchWorld(world: World, writer: Writer, rogue: Rogue): Watched {
  const listeners = new Set<() => void>();
  const [from] = world.regions;
  let regions: RegionView[] = world.regions.map((name) => emptyRegion(world, name));
  let fencedAt: number | null = null;
  let looking = false;

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    try {
      regions = await Promise.all(world.regions.map((name) => regionView(world, name)));
      if (!world.postgres.node(from).running()) fencedAt ??= Date.now();
      else fencedAt = null;
      for (const listener of listeners) listener();
    } finally {
      looking = false;
    }
  }
  const timer = setInterval(() => void look().catch(() => undefined), EVERY_MS);
  void look().catch(() => undefined);

  return {
    view() {
      const { since, longestMs } = writer.outage();
      const answered = witness.dnsValues(world);
      return {
        pace: world.pace,
        regions,
        dns: Object.entries(answered).map(([name, values]) => ({
          name,
          values,
          region: world.regions.find((region) => values.join() === world.addresses[region]) ?? null,
        })),
        writer: {
          acknowledged: writer.acknowledged,
          refused: writer.refused,
          recent: writer.recent().map(({ at, ok, region, ms }) => ({ at, ok, region, ms })),
          outage: { since, lastMs: longestMs === 0 ? null : longestMs },
        },
        rogue: {
          tried: rogue.tried,
          acknowledged: rogue.acknowledged,
          acknowledgedAfterFence: fencedAt === null ? 0 : rogue.acks().filter(({ at }) => at > fencedAt!).length,
        },
      };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => clearInterval(timer),
  };
}

const emptyRegion = (world: World, name: string): RegionView => ({
  name,
  alias: world.file.regions[name]!.alias,
  deployments: [],
  database: { role: 'unknown', lagBytes: null, timeline: null, readOnly: null },
  redis: null,
});

async function regionView(world: World, name: string): Promise<RegionView> {
  const { redis } = world;
  const [database, lagBytes, info] = await Promise.all([
    witness.databaseIn(world, name).catch(() => null),
    witness.lagOf(world, name).catch(() => null),
    redis === null ? null : infoOf(redis.node(name).port, redis.password, 'replication').catch(() => null),
  ]);
  return {
    name,
    alias: world.file.regions[name]!.alias,
    deployments: Object.entries(world.clusters[name]!.deployments()).map(([service, { wanted, ready }]) => ({
      name: service,
      wanted,
      ready,
    })),
    database: {
      role: database?.role ?? 'unknown',
      lagBytes,
      timeline: database?.timeline ?? null,
      readOnly: database?.readOnly ?? null,
    },
    redis:
      redis === null
        ? null
        : {
            role: info === null ? 'down' : info['role'] === 'master' ? 'master' : 'replica',
            offset: info === null ? null : Number(info['master_repl_offset'] ?? 0),
          },
  };
}
