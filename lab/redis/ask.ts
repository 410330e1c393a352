/** One question to a Redis or Sentinel of the lab, in a connection of its own. */
import { Redis } from 'ioredis';

/** The reply as ioredis gives it. Rejects instead of waiting for a server that is not there. */
export async function askRedis(port: number, password: string | undefined, ...command: string[]): Promise<unknown> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    ...(password !== undefined && { password }),
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: 1_000,
    commandTimeout: 2_000,
    disconnectTimeout: 200,
  });
  // The reason of a failed connection comes only through this event; `connect()` just says "closed".
  let trouble: Error | undefined;
  client.on('error', (error: Error) => {
    trouble ??= error;
  });
  try {
    await client.connect().catch((error: Error) => {
      throw trouble ?? error;
    });
    const [name, ...rest] = command;
    return await client.call(name!, ...rest);
  } finally {
    client.disconnect();
  }
}

/** `INFO` as names and values. */
export async function infoOf(port: number, password: string | undefined, section: string) {
  const text = String(await askRedis(port, password, 'INFO', section));
  return Object.fromEntries(
    text
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}
