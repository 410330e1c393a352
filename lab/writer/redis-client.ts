/**
 * The thread of the Redis writer: clients that write one id after the other, the next as soon as the last was answered.
 * With Sentinels they ask those who the master is; without, they look for the node that says it is one. Each stays with
 * its node until that refuses or ends it, as clients do.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Redis, type RedisOptions } from 'ioredis';
import { askRedis } from '../redis/ask.ts';
import { keyOf, type RedisWriterPlan, type RedisWriterSays } from './redis-writer.ts';

const { nodes, sentinels, masterName, password, clients } = workerData as RedisWriterPlan;
const SAYS_EVERY_MS = 100;
const AGAIN_MS = 10;
/** Longer than any pause: who is held back waits, and does not go round it. */
const PATIENCE_MS = 30_000;

const acknowledged: number[] = [];
const served = new Set<number>();
let refused = 0;
let nextId = 1;
let running = true;
let lastOk = performance.now();
let longestMs = 0;

const profile = {
  ...(password !== undefined && { password }),
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  autoResendUnfulfilledCommands: false,
  connectTimeout: 1_000,
  commandTimeout: PATIENCE_MS,
  disconnectTimeout: 100,
} satisfies RedisOptions;

/** The port of the node that says it is the master. @throws Error where none does */
async function master(): Promise<number> {
  for (const port of nodes) {
    const role = await askRedis(port, password, 'ROLE').catch(() => null);
    if (Array.isArray(role) && role[0] === 'master') return port;
  }
  throw new Error('no node says it is the master');
}

async function connected(): Promise<Redis> {
  const client =
    sentinels.length > 0
      ? new Redis({ ...profile, sentinels, name: masterName, role: 'master', sentinelRetryStrategy: () => null })
      : new Redis({ ...profile, host: '127.0.0.1', port: await master() });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw error;
  }
  return client;
}

async function write(): Promise<void> {
  let client: Redis | null = null;
  while (running) {
    try {
      client ??= await connected();
      const id = nextId++;
      await client.sadd(keyOf(id), id);
      const now = performance.now();
      longestMs = Math.max(longestMs, now - lastOk);
      lastOk = now;
      acknowledged.push(id);
      served.add(client.stream.remotePort ?? 0);
    } catch {
      // Not known whether it was written: it was not acknowledged, so nobody was promised anything.
      refused += 1;
      client?.disconnect();
      client = null;
      await delay(AGAIN_MS);
    }
  }
  client?.disconnect();
}

const say = (ids: number[] | null): void => {
  const says: RedisWriterSays = {
    acknowledged: acknowledged.length,
    refused,
    longestMs: Math.round(longestMs),
    served: [...served],
    ids,
  };
  parentPort!.postMessage(says);
};

const work = Promise.all(Array.from({ length: clients }, write));
const timer = setInterval(() => say(null), SAYS_EVERY_MS);
parentPort!.once('message', () => {
  running = false;
  void work.then(() => {
    clearInterval(timer);
    say(acknowledged);
  });
});
