/**
 * Every way into a region, each through a relay of its own, so that a region can be cut off from Regent, from the other
 * regions and from its clients, and Regent from everything. Only where a world is made for disasters: without them
 * everybody goes the direct way.
 */
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { poll } from '../lib/poll.ts';
import { type Relay, startRelay } from '../lib/relay.ts';
import { STANDBY_CONF } from '../postgres/configuration.ts';
import { execute } from '../postgres/roles.ts';
import { standbySettings } from '../postgres/standby.ts';
import type { PostgresCluster, PostgresNode } from '../postgres/types.ts';
import type { RedisLab } from '../redis/types.ts';
import type { RegionRuntime } from '../services/region.ts';

export type Ways = {
  /** Regent's ways into each region beside the one to its Postgres (`world.relays.postgres`). */
  regions: Record<string, { redis: Relay | null; kubernetes: Relay; ingress: Relay }>;
  /** Regent's way to the witness region. */
  witness: Relay;
  /** By region, the way by which its standby follows. Not Regent's: it lives on when Regent is cut off. */
  replication: Record<string, Relay>;
  /** Regent's ways to what stands outside of all regions, by the port it stands at. */
  outside: Record<number, Relay>;
  /** The port of Regent's ways to the regions' names, the same at every region's address. */
  ingressPort: number;
  close(): Promise<void>;
};

type Options = {
  regions: readonly string[];
  addresses: Record<string, string>;
  ingressPort: number;
  clusters: Record<string, { url: string }>;
  postgres: PostgresCluster;
  redis: RedisLab | null;
  witnessPort: number;
  /** Of what stands outside of all regions, but for the chat. */
  outsidePorts: readonly number[];
};

const local = (port: number) => () => ({ host: '127.0.0.1', port });

/** Resolves when every standby streams through its relay. */
export async function startWays(options: Options): Promise<Ways> {
  const { regions, clusters, postgres, redis, witnessPort, outsidePorts } = options;
  const relays: Relay[] = [];
  const kept = async (starting: Promise<Relay>): Promise<Relay> => {
    const relay = await starting;
    relays.push(relay);
    return relay;
  };
  const close = async () => {
    await Promise.all(relays.map((relay) => relay.close()));
  };
  try {
    const ingress = await startIngressRelays(options);
    relays.push(...Object.values(ingress));
    const into: Ways['regions'] = {};
    for (const region of regions)
      into[region] = {
        redis: redis ? await kept(startRelay(local(redis.node(region).port))) : null,
        kubernetes: await kept(startRelay(local(Number(new URL(clusters[region]!.url).port)))),
        ingress: ingress[region]!,
      };
    const witness = await kept(startRelay(local(witnessPort)));
    const replication: Ways['replication'] = {};
    for (const standby of postgres.standbys) {
      const relay = await kept(startRelay(local(postgres.primary.port)));
      replication[standby.region] = relay;
      await followThrough(postgres.primary, standby, relay);
    }
    const outside: Ways['outside'] = {};
    for (const port of outsidePorts) outside[port] = await kept(startRelay(local(port)));
    return { regions: into, witness, replication, outside, ingressPort: ingress[regions[0]!]!.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Names lead to addresses, so the port has to be the same at each of them. */
async function startIngressRelays(options: Options, attempts = 10): Promise<Record<string, Relay>> {
  const { regions, addresses, ingressPort } = options;
  const relays: Record<string, Relay> = {};
  let port = 0;
  try {
    for (const region of regions) {
      const host = addresses[region]!;
      const relay = await startRelay(() => ({ host, port: ingressPort }), 0, { host, port });
      relays[region] = relay;
      port = relay.port;
    }
    return relays;
  } catch (error) {
    await Promise.all(Object.values(relays).map((relay) => relay.close()));
    if ((error as { code?: string }).code === 'EADDRINUSE' && attempts > 1)
      return await startIngressRelays(options, attempts - 1);
    throw error;
  }
}

/** Turns a running standby to the relay before its primary. */
async function followThrough(primary: PostgresNode, standby: PostgresNode, relay: Relay): Promise<void> {
  const url = (user: string, database: string): string => {
    const direct = new URL(primary.url(user, database));
    direct.port = String(relay.port);
    return direct.href;
  };
  // The file keeps its owner: the server may run as another user.
  writeFileSync(join(standby.dataDirectory, STANDBY_CONF), standbySettings(standby.region, { url }));
  const ask = (statement: string) => execute(standby.url('postgres', 'postgres'), [statement]);
  await ask('SELECT pg_reload_conf()');
  await poll(
    `The standby of ${standby.region} does not stream through its relay`,
    async () => {
      const [row] = await ask("SELECT sender_port FROM pg_stat_wal_receiver WHERE status = 'streaming'");
      return row?.['sender_port'] === relay.port;
    },
    { withinMs: 20_000, everyMs: 50 },
  );
}

/** Keeps a region's load balancer from answering while nobody can reach it: requests are taken, and hang. */
export type Curtain = {
  before(region: RegionRuntime): RegionRuntime;
  close(region: string): void;
  /** Those that hung are broken off. */
  open(region: string): void;
};

export function curtain(): Curtain {
  const closed = new Map<string, Set<IncomingMessage>>();
  return {
    before: (runtime) => ({
      ...runtime,
      ingress(request: IncomingMessage, response: ServerResponse) {
        const hanging = closed.get(runtime.name);
        if (hanging === undefined) return runtime.ingress(request, response);
        hanging.add(request);
        request.on('close', () => hanging.delete(request));
        request.on('error', () => {});
        response.on('error', () => {});
      },
    }),
    close(region) {
      if (!closed.has(region)) closed.set(region, new Set());
    },
    open(region) {
      for (const request of closed.get(region) ?? []) request.socket.destroy();
      closed.delete(region);
    },
  };
}
