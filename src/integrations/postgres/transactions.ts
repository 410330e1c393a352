/** Transactions a stop of the server would cut off: those of others that have written. */
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
  if (!row?.allowed)
    throw new IntegrationError(`The role for Postgres of ${session.place.region} may not see what other sessions do.`, {
      code: 'postgres-not-permitted',
      system: 'postgres',
      operation: 'openTransactions',
      effect: 'none',
      hint: 'GRANT pg_monitor to it, as docs/postgres-role.md says.',
    });
  return { writing: row.writing, oldestSeconds: Math.max(0, Math.round(row.oldest * 10) / 10) };
}
