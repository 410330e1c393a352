/**
 * The `database` port on PostgreSQL 15 or newer, by SQL alone. What SQL cannot do (stop a server) is the cluster's.
 * The url of a region must lead to that one server: behind a proxy or a Kubernetes Service a refused connection says
 * that the proxy has nowhere to go, not that the server is stopped.
 */
import { ConfigError, IntegrationError, sentenceOf } from '../../lib/errors.ts';
import type { Database } from '../../ports/database.ts';
import { codeOf } from './failure.ts';
import { closeConnections, reopen, setReadOnly } from './fence.ts';
import { beat, lastBeat } from './heartbeat.ts';
import { measureLag } from './lag.ts';
import { observe } from './observe.ts';
import { read } from './read.ts';
import { databaseOf, type Session, type SessionOptions, withAdminSession, withSession } from './session.ts';
import { shutdownProof } from './shutdown-proof.ts';
import { clients, openTransactions } from './transactions.ts';
import { attemptWrite, type Open, proveWritable } from './writes.ts';

export type PostgresRegion = {
  /** `postgres://regent:…@host:5432/eden_vault`: a role with the rights of docs/postgres-role.md. */
  url: string;
  /** The application's databases; default: the url's. Questions about data are asked in the first. */
  databases?: string[];
};

export type PostgresOptions = {
  regions: { [region: string]: PostgresRegion };
  /** For connecting, and for every statement. */
  timeoutMs: number;
  /** `CHECKPOINT` lasts as long as there is to write. Default 30 s. */
  checkpointTimeoutMs?: number;
};

/** Of `timeoutMs`, what all queries of one `read` have together. */
const READ_SHARE = 0.8;

export function postgresDatabase({ regions, timeoutMs, checkpointTimeoutMs = 30_000 }: PostgresOptions): Database {
  function of(region: string): { url: string; databases: string[] } {
    const found = regions[region];
    if (!found)
      throw new ConfigError(`No Postgres is configured for the region ${region}.`, {
        code: 'postgres-unknown-region',
        hint: `Add regions.${region}.postgres.url; configured are ${Object.keys(regions).join(', ')}.`,
      });
    return { url: found.url, databases: found.databases ?? [databaseOf(found.url)] };
  }
  const call = (region: string, operation: string, signal: AbortSignal): SessionOptions => {
    const { url } = of(region);
    return { region, url, operation, signal, timeoutMs };
  };
  const admin = <T>(region: string, operation: string, signal: AbortSignal, use: (session: Session) => Promise<T>) =>
    withAdminSession({ ...call(region, operation, signal), evenIfReadOnly: true }, use);
  const onDatabase =
    (region: string, operation: string, signal: AbortSignal): Open =>
    (database, use) =>
      withSession({ ...call(region, operation, signal), database }, use);

  return {
    observe: async (region, signal) => withAdminSession(call(region, 'observe', signal), observe),

    lag: async (primary, standby, withinMs, signal) =>
      withAdminSession(call(standby, 'lag', signal), (behind) =>
        withAdminSession(call(primary, 'lag', signal), (ahead) =>
          measureLag(ahead, behind, withinMs, signal, () => performance.now()),
        ),
      ),

    setReadOnly: async (region, on, signal) =>
      admin(region, 'setReadOnly', signal, (session) =>
        setReadOnly(session, on, (time) => loadedSince(call(region, 'setReadOnly', signal), time), timeoutMs, signal),
      ),

    closeConnections: async (region, signal) =>
      admin(region, 'closeConnections', signal, (session) =>
        closeConnections(session, of(region).databases, timeoutMs, signal),
      ),

    reopen: async (region, signal) =>
      admin(region, 'reopen', signal, (session) => reopen(session, of(region).databases)),

    async attemptWrite(region, signal) {
      try {
        return await attemptWrite(of(region).databases, onDatabase(region, 'attemptWrite', signal));
      } catch (error) {
        return { outcome: 'unreachable', how: sentenceOf(error), connectionRefused: false };
      }
    },

    proveWritable: async (region, run, signal) =>
      proveWritable(run, of(region).databases, onDatabase(region, 'proveWritable', signal)),

    checkpoint: async (region, signal) =>
      withAdminSession(
        { ...call(region, 'checkpoint', signal), timeoutMs: Math.max(timeoutMs, checkpointTimeoutMs) },
        async (session) => {
          await session.change('CHECKPOINT');
        },
      ),

    shutdownProof: async (standby, sinceLsn, signal) =>
      whereInstalled(call(standby, 'shutdownProof', signal), of(standby).databases, (session) =>
        shutdownProof(session, sinceLsn),
      ),

    promote: async (region, signal) => withAdminSession(call(region, 'promote', signal), promote),

    openTransactions: async (region, signal) =>
      withAdminSession(call(region, 'openTransactions', signal), openTransactions),

    clients: async (region, signal) =>
      admin(region, 'clients', signal, (session) => clients(session, of(region).databases)),

    read: async (region, queries, signal) =>
      // Within a part of the time one call has: then it is the server that ends a slow query, and we can name it.
      withSession({ ...call(region, 'read', signal), database: of(region).databases[0]! }, (session) =>
        read(session, queries, timeoutMs * READ_SHARE, () => performance.now()),
      ),

    // In the application's database, by an ordinary session: what stops the application's writes stops this one too.
    beat: async (region, at, signal) =>
      withSession({ ...call(region, 'beat', signal), database: of(region).databases[0]! }, (session) =>
        beat(session, at),
      ),

    lastBeat: async (region, signal) =>
      withSession({ ...call(region, 'lastBeat', signal), database: of(region).databases[0]! }, lastBeat),
  };
}

const UNDEFINED_FUNCTION = '42883';

/** Extensions live in one database each: the administrative one is asked first, then the application's. */
async function whereInstalled<T>(options: SessionOptions, databases: string[], use: (session: Session) => Promise<T>) {
  const places = [
    () => withAdminSession(options, use),
    ...databases.map((database) => () => withSession({ ...options, database }, use)),
  ];
  for (const ask of places) {
    try {
      return await ask();
    } catch (error) {
      if (codeOf((error as { cause?: unknown }).cause) !== UNDEFINED_FUNCTION) throw error;
    }
  }
  throw new IntegrationError(
    `Postgres of ${options.region} has pg_walinspect neither in postgres nor in ${databases.join(', ')}.`,
    {
      code: 'postgres-no-walinspect',
      system: 'postgres',
      operation: options.operation,
      effect: 'none',
      hint: 'Run CREATE EXTENSION pg_walinspect in the database postgres of the primary, as docs/postgres-role.md says.',
    },
  );
}

/** `wait => false`: the order is short, whether it took is observed. A server that left recovery already is done. */
async function promote(session: Session): Promise<void> {
  try {
    const [row] = await session.change<{ ordered: boolean }>('SELECT pg_promote(wait => false) AS ordered');
    if (!row?.ordered) throw new Error('it could not signal its own promotion');
  } catch (error) {
    if (codeOf(error) !== '55000') throw error;
    const [row] = await session.read<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
    if (row?.standby !== false) throw error;
  }
}

async function loadedSince(options: SessionOptions, time: string): Promise<{ loaded: boolean; readOnly: boolean }> {
  return withAdminSession(options, async (session) => {
    const [row] = await session.read<{ loaded: boolean; readOnly: boolean }>(
      `SELECT pg_conf_load_time() > $1::timestamptz AS loaded,
              current_setting('default_transaction_read_only')::bool AS "readOnly"`,
      [time],
    );
    return row!;
  });
}
