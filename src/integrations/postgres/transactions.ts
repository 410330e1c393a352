/** What others do on a server: transactions a stop would cut off, and sessions there are. */
import { IntegrationError } from '../../lib/errors.ts';
import type { OpenTransactions } from '../../ports/database.ts';
import type { Session } from './session.ts';

/**
 * A backend has a transaction id once it has written. Replication and the server's own housekeeping begin again by
 * themselves. `allowed`: without the right to see others' activity their columns are empty, which is not "none".
 */
const OPEN = `
SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS allowed,
       count(pid)::int AS writing,
       coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 AS oldest
FROM pg_stat_activity
WHERE backend_xid IS NOT NULL
  AND pid <> pg_backend_pid()
  AND NOT (application_name = 'regent' AND usename = current_user)
  AND backend_type NOT IN ('walsender', 'autovacuum worker')
  AND backend_type NOT LIKE 'logical replication %'`;

export async function openTransactions(session: Session): Promise<OpenTransactions> {
  const [row] = await session.read<{ allowed: boolean; writing: number; oldest: number }>(OPEN);
  if (!row?.allowed) throw mayNotSee(session, 'openTransactions');
  return { writing: row.writing, oldestSeconds: Math.max(0, Math.round(row.oldest * 10) / 10) };
}

const CLIENTS = `
SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS allowed, count(pid)::int AS clients
FROM pg_stat_activity
WHERE datname = ANY($1)
  AND pid <> pg_backend_pid()
  AND NOT (application_name = 'regent' AND usename = current_user)
  AND backend_type = 'client backend'`;

/** Sessions of others in these databases, busy or not. */
export async function clients(session: Session, databases: string[]): Promise<number> {
  const [row] = await session.read<{ allowed: boolean; clients: number }>(CLIENTS, [databases]);
  if (!row?.allowed) throw mayNotSee(session, 'clients');
  return row.clients;
}

const mayNotSee = (session: Session, operation: string): IntegrationError =>
  new IntegrationError(`The role for Postgres of ${session.place.region} may not see what other sessions do.`, {
    code: 'postgres-not-permitted',
    system: 'postgres',
    operation,
    effect: 'none',
    hint: 'GRANT pg_monitor to it, as docs/postgres-role.md says.',
  });
