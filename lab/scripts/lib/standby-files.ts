/** The files of a server that is to follow again: what it is, kept, copied anew. */
import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { clone } from '../../postgres/standby.ts';
import type { SystemUser } from '../../postgres/system-user.ts';
import type { Region } from './facts.ts';

/** A region as the lab's own functions know a server. */
export function servers({ name, postgres }: Region) {
  const { dataDirectory, programs } = postgres;
  return {
    region: name,
    dataDirectory,
    programs,
    user: ownerOf(dataDirectory),
    url: (user: string) => (user === 'replicator' ? postgres.replication : postgres.administration),
  };
}

/** The server's programs refuse to run as root: where we are, they run as the files' owner. */
function ownerOf(dataDirectory: string): SystemUser | undefined {
  if (process.getuid?.() !== 0 || !existsSync(dataDirectory)) return undefined;
  const { uid, gid } = statSync(dataDirectory);
  return { uid, gid };
}

/** A copy of the primary's files in the place of the old ones, which are kept beside it. @returns where */
export async function copyAnew(primary: Region, old: Region): Promise<string> {
  const { dataDirectory } = old.postgres;
  const { uid, gid } = statSync(dataDirectory);
  const aside = `${dataDirectory}.diverged-${Date.now()}`;
  renameSync(dataDirectory, aside);
  await clone({ dataDirectory }, servers(primary), { uid, gid });
  return aside;
}

export const bytesOf = (directory: string): number =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

/** Files of one server that a copy of another one's must not replace: where it listens, whom it lets in. */
export function configurationFiles(dataDirectory: string): string[] {
  return readdirSync(dataDirectory).filter((name) => name.endsWith('.conf'));
}

/** Runs `work` and puts these files back as they were, whatever it did to them. */
export async function keepingFiles(dataDirectory: string, names: string[], work: () => Promise<void>): Promise<void> {
  const aside = `${dataDirectory}.configuration`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { mode: 0o700 });
  for (const name of names) cpSync(join(dataDirectory, name), join(aside, name), { preserveTimestamps: true });
  try {
    await work();
  } finally {
    const { uid, gid } = statSync(dataDirectory);
    for (const name of names) {
      cpSync(join(aside, name), join(dataDirectory, name));
      chownSync(join(dataDirectory, name), uid, gid);
    }
    rmSync(aside, { recursive: true, force: true });
  }
}
