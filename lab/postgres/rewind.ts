/**
 * Bringing a stopped server whose history has forked back under the primary: by `pg_rewind`, which overwrites only what
 * differs, or by a new base backup. What it alone had is gone afterwards: keep it first (keep.ts, diverged.ts).
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dropSlots, readOwnFiles, serverLives, writeOwnFiles } from './own-files.ts';
import { toolsOf } from './programs.ts';
import { execute, MAINTENANCE_DATABASE } from './roles.ts';
import { runProgram } from './run-program.ts';
import { followInFuture, makeSlot, slotName } from './standby.ts';
import { makeServerDirectory } from './system-user.ts';
import type { PostgresNode } from './types.ts';

/** The server that is to follow. It must be stopped, cleanly or not. */
export type Stopped = Pick<PostgresNode, 'region' | 'dataDirectory' | 'programs' | 'user'>;
type Primary = Pick<PostgresNode, 'url'>;
/** Told what the program says as it works: lines like `4096/37120 kB (11%)`. */
type Heard = (text: string) => void;

/**
 * Makes `server` a standby of `source` from its next start on; it is not started. Rejects where it still runs, and where
 * pg_rewind cannot (no checksums, WAL back to the fork gone, another database); then it is marked as a standby all the
 * same, so that nothing starts it writable.
 */
export async function rewind(server: Stopped, source: Primary, heard: Heard = () => {}): Promise<void> {
  const { region, dataDirectory, user } = server;
  const { rewind: program } = toolsOf(server.programs);
  refuseWhileItRuns(server);
  // Its control file shows the new timeline only from the first checkpoint on: before, pg_rewind says "same timeline".
  await execute(source.url('postgres', MAINTENANCE_DATABASE), ['CHECKPOINT']);
  await makeSlot(source, region);
  const own = readOwnFiles(dataDirectory);
  // After a crash pg_rewind has it recover by itself, which a server marked as a standby refuses.
  rmSync(join(dataDirectory, 'standby.signal'), { force: true });
  const { conninfo, password } = connection(source, 'postgres');
  try {
    const args = ['--target-pgdata', dataDirectory, '--source-server', conninfo, '--no-sync', '--progress'];
    await runProgram(program, args, { user, password, heard });
    dropSlots(dataDirectory);
  } finally {
    writeOwnFiles(dataDirectory, own, user);
    followInFuture(dataDirectory, region, source, user);
  }
}

/**
 * Gives `server` a whole new copy of `source` and makes it its standby; it is not started. Its old directory is renamed
 * aside; resolves with the name it has now. Its own configuration files go with the server. Rejects where it still runs;
 * where the copy fails the old directory is put back.
 */
export async function baseBackup(
  server: Stopped,
  source: Primary,
  heard: Heard = () => {},
): Promise<{ oldDirectory: string }> {
  const { region, dataDirectory, user } = server;
  const { baseBackup: program } = toolsOf(server.programs);
  refuseWhileItRuns(server);
  await makeSlot(source, region);
  const own = readOwnFiles(dataDirectory);
  const oldDirectory = freeName(dataDirectory);
  renameSync(dataDirectory, oldDirectory);
  try {
    makeServerDirectory(dataDirectory, user);
    const { conninfo, password } = connection(source, 'replicator');
    const copy = ['--pgdata', dataDirectory, '--dbname', conninfo, '--slot', slotName(region)];
    const how = ['--wal-method=stream', '--checkpoint=fast', '--no-sync', '--no-password', '--progress'];
    await runProgram(program, [...copy, ...how], { user, password, heard });
    writeOwnFiles(dataDirectory, own, user);
    followInFuture(dataDirectory, region, source, user);
    return { oldDirectory };
  } catch (error) {
    rmSync(dataDirectory, { recursive: true, force: true });
    renameSync(oldDirectory, dataDirectory);
    throw error;
  }
}

function refuseWhileItRuns({ region, dataDirectory }: Stopped): void {
  if (serverLives(dataDirectory))
    throw new Error(`Postgres of ${region} is running. Nothing was changed. Stop it first.`);
}

/** `….old`, or with a number: what an earlier copy put aside is not overwritten. */
function freeName(dataDirectory: string): string {
  for (let number = 1; ; number += 1) {
    const name = `${dataDirectory}.old${number === 1 ? '' : `-${number}`}`;
    if (!existsSync(name)) return name;
  }
}

/** The password goes through the environment. */
function connection(source: Primary, role: string): { conninfo: string; password: string } {
  const url = new URL(source.url(role, MAINTENANCE_DATABASE));
  const password = decodeURIComponent(url.password);
  return {
    conninfo: `host=${url.hostname} port=${url.port} user=${url.username} dbname=${MAINTENANCE_DATABASE} connect_timeout=5`,
    password,
  };
}
