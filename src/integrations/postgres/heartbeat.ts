/**
 * One row of our own, written again and again on the primary: the log brings it to the standbys in the order of all
 * commits, so its time says up to when a standby has everything.
 */
import type { Beat } from '../../ports/database.ts';
import { codeOf } from './failure.ts';
import type { Session } from './session.ts';

/** A schema of its own: on PostgreSQL 15 or newer our role may not create anything in `public`. */
const MAKE = [
  'CREATE SCHEMA IF NOT EXISTS regent',
  'CREATE TABLE IF NOT EXISTS regent.heartbeat (id int PRIMARY KEY, at timestamptz NOT NULL, lsn pg_lsn NOT NULL)',
];

const WRITE = `
INSERT INTO regent.heartbeat (id, at, lsn)
VALUES (1, to_timestamp($1::float8 / 1000), pg_current_wal_insert_lsn())
ON CONFLICT (id) DO UPDATE SET at = excluded.at, lsn = excluded.lsn`;

const READ =
  'SELECT (extract(epoch FROM at) * 1000)::float8 AS at, lsn::text AS lsn FROM regent.heartbeat WHERE id = 1';

const isMissing = (error: unknown): boolean => ['42P01', '3F000'].includes(codeOf(error) ?? '');

/** @param at ms since the epoch */
export async function beat(session: Session, at: number): Promise<void> {
  try {
    await session.change(WRITE, [at]);
  } catch (error) {
    // Asked only when it is so: a statement that makes what is there already still takes locks, every time.
    if (!isMissing(error)) throw error;
    for (const statement of MAKE) await session.change(statement);
    await session.change(WRITE, [at]);
  }
}

export async function lastBeat(session: Session): Promise<Beat | null> {
  try {
    const [row] = await session.read<Beat>(READ);
    return row === undefined ? null : { at: Math.round(row.at), lsn: row.lsn };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
