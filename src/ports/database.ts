/**
 * The database that is moved, one server a region. Every verb takes a signal and really ends when it aborts.
 * Errors: `IntegrationError` with one short sentence; `effect: 'none'` only when the call provably never arrived.
 */

export type DatabaseView = {
  region: string;
  role: 'primary' | 'standby';
  /** The cluster's own identity: proves that two URLs are one database and not two. */
  systemIdentifier: string;
  timeline: number;
  /** Primary: current write position. Standby: replayed position. `0/300A0E0`. */
  lsn: string;
  /** Standby only: flushed but perhaps not yet replayed; null where it does not stream. */
  receivedLsn: string | null;
  /** Standby only: whether a WAL receiver is streaming now, and from where. */
  streamingFrom: string | null;
  /** Primary only: attached standbys and their state, as the primary sees them. */
  /** `slot`: the slot it streams by; null where it has none. */
  standbys: { address: string; state: string; replayLsn: string | null; slot?: string | null }[];
  /** `default_transaction_read_only` as a fresh session gets it: courtesy, never a fence. */
  readOnly: boolean;
  /** Databases that refuse connections (`datallowconn = false`): a catalog fence that travelled here with the WAL. */
  closedDatabases: string[];
  version: string;
};

export type Lag = {
  /** WAL bytes the standby had not replayed when asked. */
  bytes: number;
  /**
   * Seconds until the standby had replayed the position the primary had when asked: measured, so an idle primary is
   * not lag. At the limit of `withinMs` this is a lower bound and `caughtUp` is false.
   */
  seconds: number;
  caughtUp: boolean;
  primaryLsn: string;
  standbyLsn: string;
};

/** A write attempted as an attacker of the fence would: a fresh session, `BEGIN READ WRITE`, then a real change. */
export type WriteAttempt =
  | { outcome: 'accepted'; how: string }
  | { outcome: 'refused'; how: string }
  /** Nobody listens: refused connections prove a stopped server, a timeout proves nothing. */
  | { outcome: 'unreachable'; how: string; connectionRefused: boolean };

export type ShutdownProof = {
  /** The last WAL record the standby has replayed. */
  lastRecord: { type: string; startLsn: string; endLsn: string };
  replayedLsn: string;
  /**
   * `CHECKPOINT_SHUTDOWN` is the very last record, it came after `sinceLsn`, nothing received waits to be replayed,
   * and the standby streams from nobody.
   */
  isShutdownCheckpoint: boolean;
  /**
   * From whom the standby streams now. A primary stopped and started again writes nothing for a while, and the
   * shutdown record is still the last one.
   */
  streamingFrom: string | null;
};

export interface Database {
  /** What this region's server is. Throws when it does not answer. */
  observe(region: string, signal: AbortSignal): Promise<DatabaseView>;
  /** Lag of `standby` behind `primary`, measured for at most `withinMs`. */
  lag(primary: string, standby: string, withinMs: number, signal: AbortSignal): Promise<Lag>;
  /** `ALTER SYSTEM SET default_transaction_read_only` and reload. Idempotent. */
  setReadOnly(region: string, on: boolean, signal: AbortSignal): Promise<void>;
  /**
   * SQL-only fence: no new connections to the application's databases, every backend but ours ended. It replicates:
   * `reopen` is owed on the new primary. Idempotent. `prepared` counts transactions that survive it.
   */
  closeConnections(region: string, signal: AbortSignal): Promise<{ ended: number; prepared: number }>;
  /** Undoes `closeConnections`, on whichever server is writable. Idempotent. */
  reopen(region: string, signal: AbortSignal): Promise<void>;
  /** Tries to write round every courtesy and leaves nothing behind (the change is rolled back). Never throws. */
  attemptWrite(region: string, signal: AbortSignal): Promise<WriteAttempt>;
  /** Writes a row of our own, reads it in another session, removes it and its table. Throws when it cannot. */
  proveWritable(region: string, run: string, signal: AbortSignal): Promise<{ wrote: string; readBack: string }>;
  /** `CHECKPOINT`, so that the stop which follows is short. */
  checkpoint(region: string, signal: AbortSignal): Promise<void>;
  /** The end of the standby's WAL read from `sinceLsn` (a position it had replayed before the stop was ordered). */
  shutdownProof(standby: string, sinceLsn: string, signal: AbortSignal): Promise<ShutdownProof>;
  /** Orders the promotion and returns at once: whether it took is seen by `observe`. */
  promote(region: string, signal: AbortSignal): Promise<void>;
  /** Transactions of others that have written, or may: what a stop would cut off. Ours and replication's do not count. */
  openTransactions(region: string, signal: AbortSignal): Promise<OpenTransactions>;
  /** How many sessions of others are connected to the application's databases. Ours and replication's do not count. */
  clients(region: string, signal: AbortSignal): Promise<number>;
  /**
   * Reads, in one read-only snapshot. `lsn`: at least everything the snapshot sees was written before it (primary), or
   * had been replayed when it was taken (standby). One text per query: its rows as JSON, or their digest where longer
   * than 4 kB. Throws when a query fails; with code `QUERY_REFUSED`, the query named, when it is the query's own fault.
   */
  read(region: string, queries: string[], signal: AbortSignal): Promise<{ lsn: string; answers: string[] }>;
  /**
   * Writes `at` (ms since the epoch, by our clock) into the one row of our own: whoever has it has every write committed
   * before `at`. Its table is made where it is missing. Throws when the row is not taken, by a standby for one.
   */
  beat(region: string, at: number, signal: AbortSignal): Promise<void>;
  /** The newest of those rows this server has, and where the log stood when it was written; null: there never was one. */
  lastBeat(region: string, signal: AbortSignal): Promise<Beat | null>;
}

export type Beat = { at: number; lsn: string };

/** Code of what `read` throws over a query that is no plain read, or too slow: asking again will not help. */
export const QUERY_REFUSED = 'query-refused';

export type OpenTransactions = {
  /** Backends in a transaction that has a transaction id: they have written. */
  writing: number;
  /** Seconds the oldest of them has been open; 0 where there is none. */
  oldestSeconds: number;
};

/** A standby that streams on its primary's timeline; one that is only connected does not follow. */
export const isFollowing = (
  standby: Pick<DatabaseView, 'role' | 'streamingFrom' | 'timeline'>,
  primary: Pick<DatabaseView, 'timeline'>,
): boolean => standby.role === 'standby' && standby.streamingFrom !== null && standby.timeline === primary.timeline;

/** Up to where a server has the log: what a standby has received counts, it is flushed, and replayed before a promotion ends. */
export const held = ({ lsn, receivedLsn }: Pick<DatabaseView, 'lsn' | 'receivedLsn'>): string =>
  receivedLsn !== null && lsnDiff(receivedLsn, lsn) > 0 ? receivedLsn : lsn;

/** Bytes between two LSNs, `a - b`; negative when a is behind. LSNs are 64-bit, differences fit a number. */
export function lsnDiff(a: string, b: string): number {
  return Number(lsnNumber(a) - lsnNumber(b));
}

function lsnNumber(lsn: string): bigint {
  const [high, low] = lsn.split('/');
  if (!/^[0-9A-Fa-f]{1,8}$/.test(high ?? '') || !/^[0-9A-Fa-f]{1,8}$/.test(low ?? ''))
    throw new TypeError(`"${lsn}" is not an LSN`);
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
