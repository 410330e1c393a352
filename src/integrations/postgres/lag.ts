/** Lag as the time the standby really took to replay what the primary had, never as the age of its last transaction. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Lag, lsnDiff } from '../../ports/database.ts';
import type { Session } from './session.ts';

const POLL_MS = 25;

/** Both sessions stay open for the whole measurement; `now` is a monotonic clock in milliseconds. */
export async function measureLag(
  primary: Session,
  standby: Session,
  withinMs: number,
  signal: AbortSignal,
  now: () => number,
): Promise<Lag> {
  const started = now();
  const [primaryLsn, first] = await Promise.all([positionOf(primary), replayedBy(standby)]);
  let standbyLsn = first;
  while (lsnDiff(standbyLsn, primaryLsn) < 0) {
    const left = withinMs - (now() - started);
    if (left <= 0) return result(false);
    await delay(Math.min(POLL_MS, left), undefined, { signal });
    standbyLsn = await replayedBy(standby);
  }
  return result(true);

  function result(caughtUp: boolean): Lag {
    return {
      bytes: Math.max(0, lsnDiff(primaryLsn, first)),
      seconds: caughtUp && standbyLsn === first ? 0 : (now() - started) / 1000,
      caughtUp,
      primaryLsn,
      standbyLsn,
    };
  }
}

async function positionOf(session: Session): Promise<string> {
  const [row] = await session.read<{ lsn: string | null }>(
    'SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END::text AS lsn',
  );
  if (row?.lsn) return row.lsn;
  throw new Error('it is a standby, and lag is measured against a primary');
}

async function replayedBy(session: Session): Promise<string> {
  const [row] = await session.read<{ lsn: string | null }>(
    'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END::text AS lsn',
  );
  if (row?.lsn) return row.lsn;
  throw new Error('it is a primary, and only a standby lags');
}
