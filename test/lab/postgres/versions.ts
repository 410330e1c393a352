/** Tests told once for each Postgres the lab knows: with CI=true a missing one is an error, elsewhere a skip that says so. */
import { describe, expect, test } from 'vitest';
import { POSTGRES_VERSIONS, type PostgresVersion, postgresAvailability } from '../../../lab/postgres/programs.ts';

export function onPostgres(version: PostgresVersion, name: string, tell: (version: PostgresVersion) => void): void {
  const found = postgresAvailability(version);
  const title = `PostgreSQL ${version}: ${name}`;
  if ('why' in found && process.env['CI'] === 'true') test(title, () => expect.unreachable(found.why));
  else describe.skipIf('why' in found)('why' in found ? `${title}: ${found.why}` : title, () => tell(version));
}

export function onEachPostgres(name: string, tell: (version: PostgresVersion) => void): void {
  for (const version of POSTGRES_VERSIONS) onPostgres(version, name, tell);
}
