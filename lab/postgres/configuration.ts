/** The settings of the lab's Postgres servers, in files of their own beside what initdb wrote. */
import { appendFileSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemUser } from './system-user.ts';

/** Kept in a file of its own, so that the file initdb wrote says what is the lab's. */
export const LAB_CONF = 'lab.conf';
/** Whom to follow; beside `standby.signal`. */
export const STANDBY_CONF = 'standby.conf';

const BASE_SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // Socket paths are short by law and lab directories are not; TCP is what Regent uses.
  unix_socket_directories: '',
  wal_level: 'replica',
  hot_standby: 'on',
  max_wal_senders: '8',
  max_replication_slots: '8',
  wal_keep_size: '64MB',
  // A standby tries again at once when its primary is back.
  wal_retrieve_retry_interval: '200ms',
  wal_receiver_status_interval: '1s',
  max_connections: '60',
  // Eden's fences may meet prepared transactions: the lab must be able to have one.
  max_prepared_transactions: '4',
  shared_buffers: '32MB',
  checkpoint_timeout: '30min',
  log_line_prefix: '%m [%p] ',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Writes configuration and host-based access of a fresh data directory. Passwords always: `trust` hides mistakes. */
export function configure(dataDirectory: string, settings: Record<string, string>, user?: SystemUser): void {
  const lines = Object.entries({ ...BASE_SETTINGS, ...settings });
  writeFileSync(
    join(dataDirectory, LAB_CONF),
    lines.map(([name, value]) => `${name} = ${configurationValue(value)}\n`).join(''),
  );
  // pg_rewind, run as the server's user, writes over every file.
  if (user) chownSync(join(dataDirectory, LAB_CONF), user.uid, user.gid);
  appendFileSync(
    join(dataDirectory, 'postgresql.conf'),
    `\ninclude '${LAB_CONF}'\ninclude_if_exists '${STANDBY_CONF}'\n`,
  );
  writeFileSync(
    join(dataDirectory, 'pg_hba.conf'),
    'host all all 127.0.0.0/8 scram-sha-256\nhost replication replicator 127.0.0.0/8 scram-sha-256\n',
  );
}

/** A quoted value of `postgresql.conf`, where backslashes escape too. */
export function configurationValue(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
