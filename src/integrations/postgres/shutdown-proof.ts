/**
 * Whether the standby has replayed everything a cleanly stopped primary wrote: then the very last record is the
 * shutdown checkpoint. Read with `pg_walinspect`, for servers whose control file is out of reach.
 */
import { IntegrationError } from '../../lib/errors.ts';
import { lsnDiff, type ShutdownProof } from '../../ports/database.ts';
import { codeOf } from './failure.ts';
import type { Session } from './session.ts';

type Row = { type: string; start: string; end: string };

/** Positions need not be record starts: reading begins at the next record. */
const LAST_RECORD = `
SELECT record_type AS type, start_lsn::text AS start, end_lsn::text AS end
FROM pg_get_wal_records_info($1::pg_lsn, $2::pg_lsn) WHERE start_lsn >= $1::pg_lsn
ORDER BY start_lsn DESC LIMIT 1`;

/** Further back than this only the end is read; a last record is rarely larger than its full-page images. */
const NEAR = 256 * 1024;

export async function shutdownProof(session: Session, sinceLsn: string): Promise<ShutdownProof> {
  const [at] = await session.read<{ standby: boolean; replayed: string; received: string | null; from: string | null }>(
    `SELECT pg_is_in_recovery() AS standby, pg_last_wal_replay_lsn()::text AS replayed,
            pg_last_wal_receive_lsn()::text AS received,
            (SELECT sender_host || ':' || sender_port FROM pg_stat_wal_receiver WHERE status = 'streaming') AS from`,
  );
  if (!at?.standby)
    throw new IntegrationError(`Postgres of ${session.place.region} is not a standby: there is nothing to prove.`, {
      code: 'postgres-not-a-standby',
      system: 'postgres',
      operation: 'shutdownProof',
      effect: 'none',
    });
  const last = await lastRecord(session, sinceLsn, at.replayed);
  const nothingWaits = at.received === null || lsnDiff(at.received, at.replayed) <= 0;
  return {
    lastRecord: { type: last.type, startLsn: last.start, endLsn: last.end },
    replayedLsn: at.replayed,
    isShutdownCheckpoint:
      last.type === 'CHECKPOINT_SHUTDOWN' && lsnDiff(last.end, at.replayed) === 0 && nothingWaits && at.from === null,
    streamingFrom: at.from,
  };
}

async function lastRecord(session: Session, since: string, replayed: string): Promise<Row> {
  // Nothing was replayed since: reading would be an error, and an older shutdown record must not count.
  if (lsnDiff(replayed, since) <= 0) return { type: 'none', start: since, end: since };
  if (lsnDiff(replayed, since) > NEAR) {
    const [row] = await session.read<{ lsn: string }>('SELECT ($1::pg_lsn - $2::numeric)::text AS lsn', [
      replayed,
      NEAR,
    ]);
    // In the empty rest of a segment that was switched away from there is no record to begin with.
    const found = await readLast(session, row!.lsn, replayed).catch(nothingThere);
    if (found) return found;
  }
  return (await readLast(session, since, replayed).catch(nothingThere)) ?? { type: 'none', start: since, end: since };
}

async function readLast(session: Session, from: string, to: string): Promise<Row | undefined> {
  const [row] = await session.read<Row>(LAST_RECORD, [from, to]);
  return row;
}

/** "Could not find a valid record after …" has no SQLSTATE of its own. */
function nothingThere(error: unknown): undefined {
  if (codeOf(error) === 'XX000' && error instanceof Error && error.message.includes('valid record')) return undefined;
  throw error;
}
