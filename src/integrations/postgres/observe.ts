/** What a server is, in one statement: primary or standby, where its WAL stands, who follows whom. */
import type { DatabaseView } from '../../ports/database.ts';
import type { Session } from './session.ts';

type Row = {
  standby: boolean;
  system_identifier: string;
  timeline: number;
  lsn: string;
  received: string | null;
  streaming_from: string | null;
  standbys: DatabaseView['standbys'] | null;
  read_only: boolean;
  closed: string[] | null;
  version: string;
};

/**
 * The control file's timeline is old until the checkpoint after a promotion has ended, so a primary's is taken from
 * the WAL it writes. `OFFSET 0` keeps `pg_is_in_recovery()` one answer for the whole statement.
 */
const OBSERVE = `
SELECT r.standby,
       (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       CASE WHEN r.standby
            THEN greatest((SELECT max(received_tli) FROM pg_stat_wal_receiver),
                          (SELECT min_recovery_end_timeline FROM pg_control_recovery()),
                          (SELECT timeline_id FROM pg_control_checkpoint()))
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
       END AS timeline,
       CASE WHEN r.standby THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS lsn,
       CASE WHEN r.standby THEN pg_last_wal_receive_lsn()::text END AS received,
       CASE WHEN r.standby THEN
         (SELECT sender_host || ':' || sender_port FROM pg_stat_wal_receiver WHERE status = 'streaming')
       END AS streaming_from,
       CASE WHEN NOT r.standby THEN
         (SELECT json_agg(json_build_object('address', coalesce(host(client_addr), application_name),
                                            'state', state, 'replayLsn', replay_lsn::text,
                                            'slot', (SELECT slot_name FROM pg_replication_slots WHERE active_pid = pid)) ORDER BY pid)
          FROM pg_stat_replication)
       END AS standbys,
       current_setting('default_transaction_read_only')::bool AS read_only,
       (SELECT array_agg(datname::text ORDER BY datname) FROM pg_database WHERE NOT datallowconn AND NOT datistemplate) AS closed,
       current_setting('server_version') AS version
FROM (SELECT pg_is_in_recovery() AS standby OFFSET 0) r`;

export async function observe(session: Session): Promise<DatabaseView> {
  const [row] = await session.read<Row>(OBSERVE);
  if (row === undefined) throw new Error('it gave no row about itself');
  return {
    region: session.place.region,
    role: row.standby ? 'standby' : 'primary',
    systemIdentifier: row.system_identifier,
    timeline: row.timeline,
    lsn: row.lsn,
    receivedLsn: row.received,
    streamingFrom: row.streaming_from,
    standbys: row.standbys ?? [],
    readOnly: row.read_only,
    closedDatabases: row.closed ?? [],
    version: row.version,
  };
}
