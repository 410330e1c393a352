/**
 * The roles of the lab's Postgres, the same a real installation would have (docs/postgres-role.md):
 * the application's own (`eden_app`) owns its tables, `regent` may do what a failover needs and read no data but what that one
 * grants it, `replicator` streams.
 */
import { Client, escapeIdentifier, escapeLiteral } from 'pg';

export const MAINTENANCE_DATABASE = 'postgres';

/** The application's role where nothing else is said. */
export const APPLICATION = 'eden_app';

/** Once a server: roles and what they may do everywhere. */
function roleStatements(password: string, application: string): string[] {
  const login = (role: string, more = '') => `CREATE ROLE ${role} LOGIN ${more} PASSWORD ${escapeLiteral(password)}`;
  return [
    login('replicator', 'REPLICATION'),
    login(escapeIdentifier(application)),
    login('regent'),
    ...REGENT_ON_SERVER,
  ];
}

/** What Regent's role may do on the whole server. */
export const REGENT_ON_SERVER = [
  'GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO regent',
  'GRANT ALTER SYSTEM ON PARAMETER default_transaction_read_only TO regent',
];

/** Once a database: function rights and extensions live in each database of their own. */
export const REGENT_IN_DATABASE = [
  'GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO regent',
  'GRANT EXECUTE ON FUNCTION pg_reload_conf() TO regent',
  'CREATE EXTENSION pg_walinspect',
  'GRANT EXECUTE ON FUNCTION pg_get_wal_records_info(pg_lsn, pg_lsn) TO regent',
];

/** What the owner of the application's tables lets Regent read, for questions about data: one column, to count by. */
export const REGENT_FOR_QUESTIONS = ['GRANT SELECT (id) ON tasks TO regent'];

/** Makes roles, application databases and rights on a fresh primary. */
export async function prepareRoles(
  url: (database: string) => string,
  { password, databases, application }: { password: string; databases: string[]; application: string },
): Promise<void> {
  await execute(url(MAINTENANCE_DATABASE), [
    ...roleStatements(password, application),
    ...REGENT_IN_DATABASE,
    // Ownership of the database object is what `ALLOW_CONNECTIONS` asks for; the tables in it stay the application's.
    ...databases.map((name) => `CREATE DATABASE ${escapeIdentifier(name)} OWNER regent`),
  ]);
  for (const name of databases) {
    await execute(url(name), [
      ...REGENT_IN_DATABASE,
      `GRANT CONNECT, TEMPORARY ON DATABASE ${escapeIdentifier(name)} TO ${escapeIdentifier(application)}`,
      `GRANT USAGE, CREATE ON SCHEMA public TO ${escapeIdentifier(application)}`,
    ]);
  }
}

/** Runs statements one after the other in one session and returns the rows of the last. */
export async function execute(url: string, statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 30_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}
