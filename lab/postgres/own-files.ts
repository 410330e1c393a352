/**
 * What a server's data directory holds that is the server's own and not the database's: taken along before its data are
 * overwritten from another server, and put back after.
 */
import { chownSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAB_CONF } from './configuration.ts';
import type { SystemUser } from './system-user.ts';

/** `standby.conf` is not among them: whom it follows is written anew. */
const OWN_FILES = ['postgresql.conf', 'postgresql.auto.conf', 'pg_hba.conf', 'pg_ident.conf', LAB_CONF];

export type OwnFiles = { name: string; content: Buffer | null }[];

export const readOwnFiles = (dataDirectory: string): OwnFiles =>
  OWN_FILES.map((name) => {
    const file = join(dataDirectory, name);
    return { name, content: existsSync(file) ? readFileSync(file) : null };
  });

/** What the server did not have before is removed: it came from the other one. */
export function writeOwnFiles(dataDirectory: string, files: OwnFiles, user: SystemUser | undefined): void {
  for (const { name, content } of files) {
    const file = join(dataDirectory, name);
    if (content === null) rmSync(file, { force: true });
    else {
      writeFileSync(file, content, { mode: 0o600 });
      if (user) chownSync(file, user.uid, user.gid);
    }
  }
}

/** Slots of its time as a primary, or of the server it was copied from, would hold its WAL for ever. */
export function dropSlots(dataDirectory: string): void {
  const slots = join(dataDirectory, 'pg_replslot');
  for (const slot of existsSync(slots) ? readdirSync(slots) : []) rmSync(join(slots, slot), { recursive: true });
}

/** By the file every postmaster leaves while it lives: that nobody answers would prove nothing. */
export function serverLives(dataDirectory: string): boolean {
  const file = join(dataDirectory, 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
