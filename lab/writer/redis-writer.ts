/**
 * Clients of Redis alone, beside those of the product: straight to the master, as fast as it answers, in a thread of
 * their own. What they were told is stored, they remember: a switch may lose none of it.
 */
import { Worker } from 'node:worker_threads';
import type { RedisLab } from '../redis/types.ts';

export type RedisWriterPlan = {
  /** Ports of the nodes. */
  nodes: number[];
  /** Empty: the clients ask the nodes themselves. */
  sentinels: { host: string; port: number }[];
  masterName: string;
  password: string | undefined;
  clients: number;
};

export type RedisWriterSays = {
  acknowledged: number;
  refused: number;
  /** Longest time without an acknowledgement, ms. */
  longestMs: number;
  /** Ports that have acknowledged. */
  served: number[];
  /** Once, at the end: what was acknowledged. */
  ids: number[] | null;
};

export type RedisWriter = {
  readonly clients: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** Longest time without an acknowledgement, ms. */
  readonly longestMs: number;
  /** Whether this region's node has acknowledged a write. */
  servedBy(region: string): boolean;
  /** Ends it; the acknowledged ids. May be called twice. */
  stop(): Promise<readonly number[]>;
};

/** Small enough for Redis to keep as a list of integers. */
const IDS_A_KEY = 500;
const PREFIX = 'lab:written:';
/** The set an id stands in. */
export const keyOf = (id: number): string => `${PREFIX}${Math.floor(id / IDS_A_KEY)}`;

export function startRedisWriter(redis: RedisLab, clients = 2): RedisWriter {
  const plan: RedisWriterPlan = {
    nodes: redis.regions.map((region) => redis.node(region).port),
    sentinels: redis.sentinels.map(({ host, port }) => ({ host, port })),
    masterName: redis.masterName,
    password: redis.password,
    clients,
  };
  const worker = new Worker(new URL('./redis-client.ts', import.meta.url), { workerData: plan });
  let last: RedisWriterSays = { acknowledged: 0, refused: 0, longestMs: 0, served: [], ids: null };
  const { promise: ended, resolve, reject } = Promise.withResolvers<readonly number[]>();
  ended.catch(() => {});
  worker.on('message', (says: RedisWriterSays) => {
    last = says;
    if (says.ids !== null) resolve(says.ids);
  });
  worker.on('error', reject);
  let stopping: Promise<readonly number[]> | null = null;

  return {
    clients,
    get acknowledged() {
      return last.acknowledged;
    },
    get refused() {
      return last.refused;
    },
    get longestMs() {
      return last.longestMs;
    },
    servedBy: (region) => last.served.includes(redis.node(region).port),
    stop() {
      stopping ??= (async () => {
        worker.postMessage('stop');
        return await ended.finally(() => worker.terminate());
      })();
      return stopping;
    },
  };
}
