/** Whether one region's Postgres streams from another one's, as both servers say. */
import { execute } from '../../postgres/roles.ts';
import type { Region } from './facts.ts';

export type Streaming = {
  /** Both ends say so, on the same timeline: a standby that only is connected does not follow. */
  streams: boolean;
  /** Where the standby has replayed to, `0/300A0E0`, as its primary knows. */
  replayed: string | null;
};

/** Rejects when the primary does not answer, or is none. */
export async function askStreaming(primary: Region, standby: Region): Promise<Streaming> {
  const [sender] = await execute(primary.postgres.administration, [
    `SELECT state, replay_lsn::text AS replayed, ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int AS timeline
       FROM (SELECT) AS one LEFT JOIN pg_stat_replication ON application_name = '${standby.name.replaceAll("'", "''")}'
      ORDER BY state = 'streaming' DESC NULLS LAST LIMIT 1`,
  ]);
  const [receiver] = await execute(standby.postgres.administration, [
    `SELECT pg_is_in_recovery() AS standby, status, received_tli AS timeline
       FROM (SELECT) AS one LEFT JOIN pg_stat_wal_receiver ON true`,
  ]).catch(() => []);
  const replayed = typeof sender?.['replayed'] === 'string' ? sender['replayed'] : null;
  const streams =
    sender?.['state'] === 'streaming' &&
    receiver?.['standby'] === true &&
    receiver['status'] === 'streaming' &&
    receiver['timeline'] === sender['timeline'];
  return { streams, replayed };
}

/** Where the primary's log ends now. */
export async function endOfWal(primary: Region): Promise<string> {
  const [row] = await execute(primary.postgres.administration, ['SELECT pg_current_wal_lsn()::text AS lsn']);
  return String(row?.['lsn']);
}
