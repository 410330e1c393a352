/** The files of a server that is to follow again: what it is, kept, copied anew. */
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { lsnValue } from '../../postgres/control-file.ts';
import { clone } from '../../postgres/standby.ts';
import type { Region } from './facts.ts';

/** A region as the lab's own functions know a server. */
export function servers({ postgres }: Region) {
  return {
    dataDirectory: postgres.dataDirectory,
    url: (user: string) => (user === 'replicator' ? postgres.replication : postgres.administration),
  };
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

const SEGMENT = 16n * 1024n * 1024n;

/** The log files from this position on, and the histories: what a server has that the other one lacks lies in them. */
export function logSince(dataDirectory: string, lsn: string): string[] {
  const from = lsnValue(lsn) / SEGMENT;
  return readdirSync(join(dataDirectory, 'pg_wal')).filter((name) => {
    if (name.endsWith('.history')) return true;
    const parts = /^[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})(\.partial)?$/.exec(name);
    return parts !== null && BigInt(`0x${parts[1]}`) * 256n + BigInt(`0x${parts[2]}`) >= from;
  });
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

/** pg_rewind beside the program the server was started with last; null where there is none. */
export function rewindProgram({ postgres }: Region): string | null {
  const file = join(postgres.dataDirectory, 'postmaster.opts');
  const server = existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ')[0] : undefined;
  const program = server === undefined ? null : join(dirname(server), 'pg_rewind');
  return program !== null && existsSync(program) ? program : null;
}
