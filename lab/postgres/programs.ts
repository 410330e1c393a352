/**
 * The Postgres programs of the version a lab runs: 18 from the npm package, 15 from Debian. Only Debian's come with
 * `pg_rewind`, `pg_basebackup`, `pg_controldata` and `pg_waldump`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Binaries, postgresBinaries } from './binaries.ts';
import type { SystemUser } from './system-user.ts';

export const POSTGRES_VERSIONS = [18, 15] as const;
export type PostgresVersion = (typeof POSTGRES_VERSIONS)[number];

/** What is there on every machine that has the development dependencies. */
export const DEFAULT_POSTGRES: PostgresVersion = 18;

/** Beside the server's own programs. */
export type Tools = { rewind: string; baseBackup: string; controlData: string; walDump: string };

/** `tools`: null where the version comes without them. */
export type Programs = Binaries & { version: PostgresVersion; tools: Tools | null };

const DEBIAN = '/usr/lib/postgresql/15/bin';

/** Whether a lab of this version can be started here, or the sentence that says what is missing. */
export function postgresAvailability(version: PostgresVersion, debian = DEBIAN): { why: string } | { ok: true } {
  if (version === 18) return { ok: true };
  const missing = Object.values(debianPrograms(debian)).find((program) => !existsSync(program));
  return missing === undefined
    ? { ok: true }
    : { why: `There is no ${missing}: install the package "postgresql-15", or take Postgres 18.` };
}

/** @throws Error where this version is not installed. `copyTo` is used only where the npm package must be copied. */
export function postgresPrograms(version: PostgresVersion, copyTo: string, user: SystemUser | undefined): Programs {
  const found = postgresAvailability(version);
  if ('why' in found) throw new Error(found.why);
  if (version === 18) return { version, ...postgresBinaries(copyTo, user), tools: null };
  const { initdb, postgres, ...tools } = debianPrograms(DEBIAN);
  return { version, initdb, postgres, tools };
}

const debianPrograms = (folder: string): Binaries & Tools => ({
  initdb: join(folder, 'initdb'),
  postgres: join(folder, 'postgres'),
  rewind: join(folder, 'pg_rewind'),
  baseBackup: join(folder, 'pg_basebackup'),
  controlData: join(folder, 'pg_controldata'),
  walDump: join(folder, 'pg_waldump'),
});

/** @throws Error in one sentence where this server's version has none. */
export function toolsOf({ version, tools }: Programs): Tools {
  if (tools === null)
    throw new Error(
      `Postgres ${version} of the lab has neither pg_rewind nor pg_basebackup. Start the lab with --postgres 15.`,
    );
  return tools;
}
