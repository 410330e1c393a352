/**
 * A real Redis master with its replicas and Sentinels, from the system's `redis-server`.
 * Every process has a configuration file of its own, which Redis and Sentinel rewrite: started again, each is what it
 * was last, as on a real host.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from '../lib/free-port.ts';
import { poll } from '../lib/poll.ts';
import { type ServerProcess, serverProcess } from '../lib/server-process.ts';
import { askRedis, infoOf } from './ask.ts';
import { redisAvailability } from './availability.ts';
import type { RedisLab, RedisLabOptions, RedisNode, RedisSentinel } from './types.ts';

/** `null` where there is no redis-server: say `redisAvailability().why`. Resolves when replicas and Sentinels agree. */
export async function startRedis(options: RedisLabOptions): Promise<RedisLab | null> {
  const found = redisAvailability();
  if ('why' in found) return null;
  const program = found.path;
  const dir = resolve(options.dir);
  const processes: ServerProcess[] = [];
  const { password, regions, masterName } = options;

  async function server(name: string, configuration: string[], args: string[]) {
    const port = await freePort();
    const cwd = join(dir, name);
    mkdirSync(cwd, { recursive: true });
    const file = join(cwd, 'redis.conf');
    const common = [
      `port ${port}`,
      'bind 127.0.0.1',
      'protected-mode no',
      `dir ${JSON.stringify(cwd)}`,
      'daemonize no',
    ];
    writeFileSync(file, `${[...common, ...configuration].join('\n')}\n`, { mode: 0o600 });
    const process = serverProcess({
      name: `Redis (${name})`,
      command: program,
      args: () => [file, ...args],
      cwd,
      logFile: join(cwd, 'redis.log'),
      ready: async () => (await askRedis(port, args.length > 0 ? undefined : password, 'PING')) === 'PONG',
      startWithinMs: 10_000,
    });
    processes.push(process);
    await process.start();
    return { port, process };
  }

  const close = async () => {
    // Nobody needs this data again, and a server that was told to stop politely waits for its replica.
    await Promise.all(processes.map((process) => process.stop('SIGKILL', 1_000)));
    rmSync(dir, { recursive: true, force: true });
  };

  try {
    const nodes = new Map<string, RedisNode>();
    for (const region of regions) {
      const master = nodes.get(regions[0]);
      const { port, process } = await server(
        region,
        [
          ...dataConfiguration(password),
          ...(master ? [`replicaof 127.0.0.1 ${master.port}`] : []),
          // Only one replica may become master, so that it is where Postgres goes too.
          ...(regions.indexOf(region) > 1 ? ['replica-priority 0'] : []),
        ],
        [],
      );
      const secret = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
      nodes.set(region, withControls({ region, port, url: `redis://${secret}127.0.0.1:${port}` }, process));
    }
    const [masterNode, ...replicas] = regions.map((region) => nodes.get(region)!) as [RedisNode, ...RedisNode[]];
    for (const { region, port } of replicas)
      await poll(
        `The Redis replica of ${region} does not follow its master`,
        async () => (await infoOf(port, password, 'replication'))['master_link_status'] === 'up',
        { withinMs: 15_000 },
      );

    const sentinels: RedisSentinel[] = [];
    for (let index = 1; index <= options.sentinels; index += 1) {
      const { port, process } = await server(`sentinel-${index}`, sentinelConfiguration(options, masterNode.port), [
        '--sentinel',
      ]);
      sentinels.push(withControls({ host: '127.0.0.1', port }, process));
    }
    await Promise.all(sentinels.map(({ port }) => agreed(port, options)));

    return {
      masterName,
      password,
      regions,
      sentinels,
      node(region) {
        const node = nodes.get(region);
        if (!node) throw new Error(`The lab has no Redis in ${region}; it has ${regions.join(' and ')}.`);
        return node;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function dataConfiguration(password: string | undefined): string[] {
  const secret = password === undefined ? [] : [`requirepass ${quoted(password)}`, `masterauth ${quoted(password)}`];
  return [
    ...secret,
    'save ""',
    'appendonly no',
    // Full copies happen at once, not after the five seconds that gather several replicas.
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    'repl-backlog-size 4mb',
  ];
}

function sentinelConfiguration(
  { masterName, sentinels, password, downAfterMs = 1_500 }: RedisLabOptions,
  port: number,
) {
  const quorum = Math.floor(sentinels / 2) + 1;
  return [
    `sentinel monitor ${masterName} 127.0.0.1 ${port} ${quorum}`,
    `sentinel down-after-milliseconds ${masterName} ${downAfterMs}`,
    `sentinel failover-timeout ${masterName} 10000`,
    `sentinel parallel-syncs ${masterName} 1`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${masterName} ${quoted(password)}`]),
  ];
}

/** Waits until a Sentinel knows every replica and all the other Sentinels, so that it could fail over. */
async function agreed(port: number, { masterName, sentinels, regions }: RedisLabOptions): Promise<void> {
  await poll(
    'The Sentinels do not find each other',
    async () => {
      const flat = (await askRedis(port, undefined, 'SENTINEL', 'MASTER', masterName)) as string[];
      const value = (name: string) => flat[flat.indexOf(name) + 1];
      return (
        value('num-slaves') === String(regions.length - 1) && value('num-other-sentinels') === String(sentinels - 1)
      );
    },
    { withinMs: 20_000, everyMs: 50 },
  );
}

/** `pid` changes over stops and starts: a property that asks, not a copy. */
function withControls<T extends object>(facts: T, process: ServerProcess) {
  return Object.defineProperties(
    {
      ...facts,
      running: process.running,
      start: process.start,
      stop: () => process.stop('SIGTERM', 5_000),
      crash: () => process.stop('SIGKILL', 1_000),
    },
    { pid: { get: process.pid, enumerable: true } },
  ) as T & Pick<RedisNode, 'pid' | 'running' | 'start' | 'stop' | 'crash'>;
}

const quoted = (value: string) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
