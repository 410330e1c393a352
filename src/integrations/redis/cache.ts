/** The `cache` port on Redis 6.2 or newer, with Sentinels or without. */
import { randomUUID } from 'node:crypto';
import { ConfigError, IntegrationError } from '../../lib/errors.ts';
import type { Cache } from '../../ports/cache.ts';
import { type Call, type Endpoint, withConnection } from './client.ts';
import { forget } from './closing.ts';
import { demote } from './demote.ts';
import { failover } from './failover.ts';
import { observe } from './observe.ts';
import { opinions, type SentinelAddress, summary } from './sentinels.ts';
import { switchover } from './switchover.ts';

export type RedisOptions = {
  /** `redis://user:password@host:port`, one data node a region; `rediss://` for TLS. */
  nodes: { [region: string]: { url: string } };
  sentinels?: SentinelAddress[];
  /** What the Sentinels call the group of nodes. Needed with `sentinels`. */
  masterName?: string;
  /** For connecting, and for every command. */
  timeoutMs: number;
  /** For how long writes may be held back at most; they go on by themselves when we die. */
  pauseMs: number;
  /** Between two looks while waiting. */
  pollMs: number;
  /** How long nodes and Sentinels may take to agree once the switch is made. Default 20 s. */
  settleMs?: number;
};

export function redisCache(options: RedisOptions): Cache {
  const { nodes, sentinels = [], masterName = '', timeoutMs, pauseMs, pollMs, settleMs = 20_000 } = options;
  if (sentinels.length > 0 && masterName === '')
    throw new ConfigError('Redis has Sentinels and no masterName.', {
      code: 'redis-no-master-name',
      hint: 'Name the master as in "sentinel monitor <name> …".',
    });

  function at(region: string): Endpoint & { region: string } {
    const node = nodes[region];
    if (!node)
      throw new ConfigError(`No Redis is configured for the region ${region}.`, {
        code: 'redis-unknown-region',
        hint: `Add regions.${region}.redis.url; configured are ${Object.keys(nodes).join(', ')}.`,
      });
    return { region, title: `Redis of ${region}`, url: node.url };
  }
  const call = (operation: string, signal: AbortSignal): Call => ({ operation, signal, timeoutMs });

  return {
    async observe(region, signal) {
      const endpoint = at(region);
      const {
        names: _,
        before: __,
        ...view
      } = await withConnection(endpoint, call('observe', signal), (connection) =>
        observe(region, endpoint.url, connection),
      );
      return view;
    },

    async sentinels(signal) {
      if (sentinels.length === 0) return null;
      return summary(await opinions(sentinels, masterName, call('sentinels', signal)));
    },

    switchover: async (source, target, signal) =>
      switchover(
        { source: at(source), target: at(target), sentinels, masterName, timeoutMs, pauseMs, pollMs, settleMs },
        signal,
      ),

    failover: async (target, signal) =>
      failover({ target: at(target), sentinels, masterName, timeoutMs, pollMs, settleMs }, signal),

    async demote(region, master, signal) {
      const to = at(master);
      const how = call('demote', signal);
      const view = await withConnection(to, how, (connection) => observe(master, to.url, connection));
      if (view.role !== 'master')
        throw new IntegrationError(
          `Redis of ${master} is no master, so Redis of ${region} was not made to follow it.`,
          {
            code: 'redis-no-master',
            system: 'redis',
            operation: 'demote',
            effect: 'none',
          },
        );
      const own = at(region);
      const { before } = await withConnection(own, how, (connection) => observe(region, own.url, connection));
      const endedClients = await demote(own, view.address, before, how);
      if (before) await withConnection(to, how, forget);
      return { endedClients };
    },

    async proveWritable(region, run, signal) {
      const endpoint = at(region);
      const key = `regent:proof:${run}`;
      const wrote = randomUUID();
      // It expires by itself, should we not come to remove it.
      await withConnection(endpoint, call('proveWritable', signal), ({ change }) =>
        change('SET', key, wrote, 'EX', 60),
      );
      const readBack = await withConnection(endpoint, call('proveWritable', signal), async ({ read, change }) => {
        const found = await read('GET', key);
        await change('DEL', key);
        return found;
      });
      if (readBack !== wrote)
        throw new IntegrationError(`The key written to Redis of ${region} was not there for a second connection.`, {
          code: 'redis-key-not-read-back',
          system: 'redis',
          operation: 'proveWritable',
          hint: 'Look whether the url leads to more than one server.',
        });
      return { wrote, readBack };
    },
  };
}
