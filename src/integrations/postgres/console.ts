/**
 * The console of a PgBouncer. It speaks the simple query protocol only, takes no parameters, and refuses a session that
 * announces settings: so it is no `withSession`.
 */
import { Socket } from 'node:net';
import { Client } from 'pg';
import { IntegrationError } from '../../lib/errors.ts';
import { codeOf, kindOf } from './failure.ts';

const CONSOLE_DATABASE = 'pgbouncer';

/** Sends one command and gives its rows. */
export type Command = (text: string) => Promise<Record<string, unknown>[]>;

export type ConsoleOptions = { url: string; operation: string; timeoutMs: number; signal: AbortSignal };

/** `host:port` of the console: how a pooler is called. */
export function poolerName(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '6432'}`;
}

/** Opens a session of the console, hands it to `use`, and closes it; it really ends when the signal aborts. */
export async function withConsole<T>(options: ConsoleOptions, use: (command: Command) => Promise<T>): Promise<T> {
  const { url, operation, timeoutMs, signal } = options;
  const parsed = new URL(url);
  if (parsed.pathname === '' || parsed.pathname === '/') parsed.pathname = `/${CONSOLE_DATABASE}`;
  if (parsed.port === '') parsed.port = '6432';
  let effect: 'none' | 'unknown' = 'none';
  const fail = (error: unknown) => failure(error, poolerName(url), operation, effect, signal.aborted);
  if (signal.aborted) throw fail(signal.reason);

  const socket = new Socket();
  const client = new Client({
    connectionString: parsed.href,
    stream: () => socket,
    application_name: 'regent',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
  });
  client.on('error', () => {});
  const giveUp = () => socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await client.connect();
    const result = await use(async (text) => {
      const before = effect;
      if (!text.startsWith('SHOW ')) effect = 'unknown';
      try {
        return (await client.query<Record<string, unknown>>(text)).rows;
      } catch (error) {
        // Refusals of the console all carry this code, and change nothing.
        if (codeOf(error) === REFUSED) effect = before;
        throw error;
      }
    });
    // A console that no longer answers is not waited for.
    const timer = setTimeout(giveUp, 500);
    await client.end().catch(() => {});
    clearTimeout(timer);
    return result;
  } catch (error) {
    throw fail(error);
  } finally {
    signal.removeEventListener('abort', giveUp);
    socket.destroy();
  }
}

const REFUSED = '08P01';

/** Never the url: a password stands in it. */
function failure(error: unknown, pooler: string, operation: string, effect: 'none' | 'unknown', aborted: boolean) {
  if (error instanceof IntegrationError) return error;
  const kind = aborted ? 'aborted' : kindOf(error);
  const said = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
  const sentence =
    kind === 'aborted'
      ? `The call to the pooler ${pooler} was given up before it answered.`
      : kind === 'connection-refused'
        ? `The pooler ${pooler} refuses connections: nobody listens there.`
        : kind === 'no-answer'
          ? `The pooler ${pooler} did not answer in time: ${said}.`
          : `The pooler ${pooler} said: ${said}.`;
  const hint = /admin access|not allowed/.test(said)
    ? 'Add the user of its url to admin_users in pgbouncer.ini, as docs/pooler.md says.'
    : undefined;
  const code = codeOf(error) === REFUSED ? 'pooler-refused' : `pooler-${kind}`;
  return new IntegrationError(sentence, {
    code,
    system: 'pgbouncer',
    operation,
    effect,
    cause: error,
    ...(hint && { hint }),
  });
}
