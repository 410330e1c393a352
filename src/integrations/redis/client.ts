/**
 * One short-lived connection a call. ioredis would rather wait, retry and send again: for a bot that must know what
 * became of each command every one of these defaults is off.
 */
import { Redis, type RedisOptions } from 'ioredis';
import { type Effect, failure, isReply } from './failure.ts';

export type Endpoint = {
  /** For sentences: `Redis of us-east-1`, `Sentinel`. */
  title: string;
  url: string;
  /** Where the url cannot carry it. */
  password?: string | undefined;
};

export type Call = { operation: string; signal: AbortSignal; timeoutMs: number };

export type Connection = {
  /** A command that changes nothing. */
  read(...command: [string, ...(string | number)[]]): Promise<unknown>;
  /** A command that changes something: a failure without an answer leaves its effect unknown. */
  change(...command: [string, ...(string | number)[]]): Promise<unknown>;
};

/** `10.0.0.5:6379` of a url, with Redis' port where none is given. */
export function addressOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '6379'}`;
}

/** Connects, hands the connection to `use`, and closes it. Every failure is an `IntegrationError`. */
export async function withConnection<T>(
  endpoint: Endpoint,
  { operation, signal, timeoutMs }: Call,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const who = `${endpoint.title} (${addressOf(endpoint.url)})`;
  let effect: Effect = 'none';
  const fail = (error: unknown) => failure(error, { who, operation, effect, aborted: signal.aborted });
  if (signal.aborted) throw fail(signal.reason);

  const client = new Redis(endpoint.url, profile(timeoutMs, endpoint.password));
  // The reason of a failed connection comes only through this event; `connect()` just says "closed".
  let trouble: Error | undefined;
  client.on('error', (error: Error) => {
    trouble ??= error;
  });
  const { promise: aborted, reject: giveUp } = Promise.withResolvers<never>();
  aborted.catch(() => {});
  const onAbort = () => {
    client.disconnect();
    giveUp(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });

  const ask = ([name, ...values]: [string, ...(string | number)[]]) =>
    Promise.race([client.call(name, ...values), aborted]);

  try {
    await Promise.race([client.connect(), aborted]);
    return await use({
      read: (...command) => ask(command),
      async change(...command) {
        const before = effect;
        effect = 'unknown';
        try {
          return await ask(command);
        } catch (error) {
          if (isReply(error)) effect = before;
          throw error;
        }
      },
    });
  } catch (error) {
    throw fail(isReply(error) || signal.aborted ? error : (trouble ?? error));
  } finally {
    signal.removeEventListener('abort', onAbort);
    client.disconnect();
  }
}

function profile(timeoutMs: number, password: string | undefined) {
  return {
    ...(password !== undefined && { password }),
    connectionName: 'regent',
    lazyConnect: true,
    // A server that loads its data is to say so, not to be waited for.
    enableReadyCheck: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    reconnectOnError: null,
    autoResendUnfulfilledCommands: false,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    disconnectTimeout: 200,
  } satisfies RedisOptions;
}
