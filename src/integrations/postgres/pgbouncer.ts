/** The `pooler` port on PgBouncer 1.18 or newer, by its console. */
import { escapeIdentifier } from 'pg';
import { ConfigError, IntegrationError } from '../../lib/errors.ts';
import type { Pooler, PoolerView } from '../../ports/pooler.ts';
import { type Command, poolerName, withConsole } from './console.ts';

export type PgBouncerOptions = {
  /** `databases`: names in its file's section [databases]; default all it knows when asked. */
  poolers: { url: string; databases?: string[] }[];
  /** For connecting, and for every command but a pause. */
  timeoutMs: number;
};

/** The console's own pseudo-database. */
const CONSOLE = 'pgbouncer';

export function pgbouncerPooler({ poolers, timeoutMs }: PgBouncerOptions): Pooler {
  const known = new Map(poolers.map((one) => [poolerName(one.url), one]));
  const of = (pooler: string) => {
    const found = known.get(pooler);
    if (!found) throw new ConfigError(`No pooler ${pooler} is configured.`, { code: 'unknown-pooler' });
    return found;
  };
  const at = <T>(pooler: string, operation: string, signal: AbortSignal, use: (command: Command) => Promise<T>) =>
    withConsole({ url: of(pooler).url, operation, timeoutMs, signal }, use);

  const letGo = (pooler: string, databases: string[], signal: AbortSignal) =>
    at(pooler, 'resume', signal, async (command) => {
      const failed: unknown[] = [];
      for (const name of databases)
        await unlessNot(command(`RESUME ${escapeIdentifier(name)}`)).catch((error: unknown) => failed.push(error));
      if (failed.length > 0) throw failed[0];
    });

  return {
    observe: async (pooler, signal) => at(pooler, 'observe', signal, (command) => look(pooler, of(pooler), command)),

    async pause(pooler, databases, withinMs, signal) {
      const { url } = of(pooler);
      try {
        // A pause that waits takes its console for itself: each has its own, so that all begin at once.
        const ordered = await Promise.allSettled(
          databases.map((name) =>
            withConsole({ url, operation: 'pause', timeoutMs: withinMs, signal }, (command) =>
              command(`PAUSE ${escapeIdentifier(name)}`),
            ),
          ),
        );
        for (const one of ordered) if (one.status === 'rejected') throw one.reason;
      } catch (error) {
        // The console forgets nobody who went away: what it was told to hold back it holds back until told otherwise.
        await letGo(pooler, databases, AbortSignal.timeout(timeoutMs)).catch(() => {});
        throw error instanceof IntegrationError && error.code === 'pooler-no-answer'
          ? tooLong(pooler, withinMs, error)
          : error;
      }
    },

    resume: letGo,

    reconnect: async (pooler, databases, signal) =>
      at(pooler, 'reconnect', signal, async (command) => {
        for (const name of databases) await command(`RECONNECT ${escapeIdentifier(name)}`);
      }),
  };
}

const tooLong = (pooler: string, withinMs: number, cause: unknown): IntegrationError =>
  new IntegrationError(`Transactions at the pooler ${pooler} did not end within ${withinMs / 1000} s.`, {
    code: 'pooler-busy',
    system: 'pgbouncer',
    operation: 'pause',
    cause,
  });

/** What is not paused is refused, and is what was wanted. */
async function unlessNot(command: Promise<unknown>): Promise<void> {
  try {
    await command;
  } catch (error) {
    if (!(error instanceof Error && /is not paused/.test(error.message))) throw error;
  }
}

async function look(
  pooler: string,
  { databases: wanted }: PgBouncerOptions['poolers'][number],
  command: Command,
): Promise<PoolerView> {
  const all = (await command('SHOW DATABASES')).filter(({ name }) => name !== CONSOLE);
  const absent = wanted?.filter((name) => !all.some((row) => row['name'] === name)) ?? [];
  if (absent.length > 0)
    throw new ConfigError(`The pooler ${pooler} has no database ${absent.join(', ')}.`, {
      code: 'pooler-no-such-database',
      hint: 'Correct poolers[].databases: the names of its section [databases].',
    });
  const names = wanted ?? all.map(({ name }) => String(name));
  const pools = await command('SHOW POOLS');
  const servers = await command('SHOW SERVERS');
  return {
    databases: all
      .filter(({ name }) => names.includes(String(name)))
      .map(({ name, host, paused, current_connections: connections }) => ({
        name: String(name),
        host: typeof host === 'string' && !host.startsWith('/') ? host : null,
        paused: Number(paused) === 1,
        connections: Number(connections),
        waiting: pools
          .filter(({ database }) => database === name)
          .reduce((sum, { cl_waiting: waiting }) => sum + Number(waiting), 0),
      })),
    connections: servers
      .filter(({ database }) => names.includes(String(database)))
      .map((row) => ({
        // Its own address for it is used again, its local port and the server's process together are not.
        id: `${row['remote_pid']}.${row['local_port']}`,
        database: String(row['database']),
        ending: Number(row['close_needed']) === 1,
      })),
  };
}
