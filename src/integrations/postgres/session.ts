/**
 * One short-lived session a call: nothing is kept open between calls, so nothing dies unseen in between.
 * The socket is ours, because the signal must really end the connection: `pg` knows no signals, and a client whose
 * query ran into its time limit stays blocked.
 */
import { Socket } from 'node:net';
import { Client, type QueryArrayConfig } from 'pg';
import { codeOf, failure, kindOf, type Place } from './failure.ts';

export type Session = {
  readonly place: Place;
  /** A statement that changes nothing. */
  read<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** A statement that changes something: from now on a failure's effect is unknown, unless it was plainly refused. */
  change<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Begins a transaction and asks its first question in the same message. */
  begin<Row extends object>(mode: string, sql: string): Promise<Row | undefined>;
  /** One statement (more than one is refused) that changes nothing, every value as the server writes it. */
  texts(sql: string): Promise<Texts>;
};

export type Texts = { columns: string[]; rows: (string | null)[][] };

export type SessionOptions = {
  region: string;
  url: string;
  /** Instead of the url's. */
  database?: string;
  /** For the journal and errors: `promote`. */
  operation: string;
  signal: AbortSignal;
  timeoutMs: number;
  /** Our own session is not bound by the courtesy read-only we may have to undo. */
  evenIfReadOnly?: boolean;
};

/** Opens a session, hands it to `use`, and closes it. Every failure is an `IntegrationError`. */
export async function withSession<T>(options: SessionOptions, use: (session: Session) => Promise<T>): Promise<T> {
  const { region, operation, signal, timeoutMs } = options;
  const { connectionString, place, startOptions } = target(options);
  let effect: 'none' | 'unknown' = 'none';
  const fail = (error: unknown) => failure(error, place, operation, effect, signal.aborted);
  if (signal.aborted) throw fail(signal.reason);

  const socket = new Socket();
  const client = new Client({
    connectionString,
    stream: () => socket,
    application_name: 'regent',
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    // Later than the server's own limit: when that works the session survives and the answer is exact.
    query_timeout: timeoutMs + 500,
    keepAlive: true,
    ...(startOptions !== undefined && { options: startOptions }),
  });
  // A backend ended under us speaks through this event; without a listener it would end the process.
  client.on('error', () => {});
  const giveUp = () => socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });

  async function ask<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]> {
    const { rows } = await client.query<Row>(sql, values);
    return rows;
  }
  const session: Session = {
    place: { ...place, region },
    read: ask,
    async begin<Row extends object>(mode: string, sql: string) {
      // Several statements in one simple query come back as a list of results.
      const results = (await client.query(`BEGIN ${mode}; ${sql}`)) as unknown as { rows: Row[] }[];
      return results.at(-1)?.rows[0];
    },
    async texts(sql) {
      // The extended protocol takes a single statement; the simple one would run whatever follows a semicolon.
      const asked: QueryArrayConfig & { queryMode: 'extended' } = {
        text: sql,
        rowMode: 'array',
        queryMode: 'extended',
        types: { getTypeParser: () => (value: unknown) => value },
      };
      const { fields, rows } = await client.query<(string | null)[]>(asked);
      return { columns: fields.map(({ name }) => name), rows };
    },
    async change<Row extends object>(sql: string, values?: unknown[]) {
      const before = effect;
      effect = 'unknown';
      try {
        return await ask<Row>(sql, values);
      } catch (error) {
        if (plainlyRefused(error)) effect = before;
        throw error;
      }
    },
  };

  let clean = false;
  try {
    await client.connect();
    const result = await use(session);
    clean = true;
    return result;
  } catch (error) {
    throw fail(error);
  } finally {
    signal.removeEventListener('abort', giveUp);
    if (clean) await end(client, socket);
    else socket.destroy();
  }
}

/** The server answered that it will not: no rights, read-only, no such thing. Nothing of the statement happened. */
function plainlyRefused(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && /^(42|25|0A|3D|55|28)/.test(code);
}

/** Says goodbye, so that the server ends its process at once; a server that no longer answers is not waited for. */
async function end(client: Client, socket: Socket): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), 500);
  await client.end().catch(() => {});
  clearTimeout(timer);
  socket.destroy();
}

function target({ region, url, database, evenIfReadOnly }: SessionOptions) {
  const parsed = new URL(url);
  // Options of the url's own would silently replace ours: they are joined, ours last.
  const own = parsed.searchParams.get('options');
  parsed.searchParams.delete('options');
  if (database !== undefined) parsed.pathname = `/${encodeURIComponent(database)}`;
  const wanted = [own, evenIfReadOnly ? '-c default_transaction_read_only=off' : null].filter((part) => part !== null);
  const place: Place = {
    region,
    address: `${parsed.hostname}:${parsed.port || '5432'}`,
    database: decodeURIComponent(parsed.pathname.slice(1)),
  };
  return {
    connectionString: parsed.href,
    place,
    startOptions: wanted.length === 0 ? undefined : wanted.join(' '),
  };
}

/** The database of a url: `eden_vault`. */
export function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

/**
 * A session beside the application's databases: they may be closed by our own fence. `postgres` first, then the
 * url's own, `template1` last (a session there stands in the way of CREATE DATABASE).
 */
export async function withAdminSession<T>(options: SessionOptions, use: (session: Session) => Promise<T>): Promise<T> {
  const candidates = [...new Set(['postgres', databaseOf(options.url), 'template1'])];
  for (const [index, database] of candidates.entries()) {
    let opened = false;
    try {
      return await withSession({ ...options, database }, (session) => {
        opened = true;
        return use(session);
      });
    } catch (error) {
      const cause = (error as { cause?: unknown }).cause;
      const elsewhere =
        ['no-such-database', 'database-closed'].includes(kindOf(cause)) ||
        ['42501', '28000'].includes(codeOf(cause) ?? '');
      if (opened || !elsewhere || index === candidates.length - 1) throw error;
    }
  }
  throw new TypeError('unreachable: there is always one candidate');
}
