/** The files a manifest lists, read and compared with their checksums where they are on this machine. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { foreignText } from '../../lib/foreign-text.ts';
import type { ListedFile } from './manifest-shape.ts';

export type Compared = {
  /** How many were read and are right. */
  right: number;
  /** What is wrong with the first that is not. */
  wrong: string | undefined;
  /** Whether all could be looked at before `signal` ended it. */
  all: boolean;
};

/** Compares them one after another, until one is wrong. Files outside of `directory` are never opened. */
export async function compared(files: ListedFile[], directory: string, signal: AbortSignal): Promise<Compared> {
  let right = 0;
  for (const file of files) {
    const wrong = await wrongWith(file, directory, signal).catch((error: NodeJS.ErrnoException) =>
      signal.aborted ? null : `${foreignText(file.path)} cannot be read (${error.code ?? error.message})`,
    );
    if (signal.aborted || wrong === null) return { right, wrong: undefined, all: false };
    if (wrong !== undefined) return { right, wrong, all: false };
    right += 1;
  }
  return { right, wrong: undefined, all: true };
}

async function wrongWith({ path, sha256, bytes }: ListedFile, directory: string, signal: AbortSignal) {
  const name = foreignText(path);
  const root = await realpath(directory);
  const file = await realpath(resolve(root, path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (file === undefined) return `${name} is not there`;
  if (!file.startsWith(root.endsWith(sep) ? root : root + sep)) return `${name} lies outside of ${directory}`;
  const found = await stat(file);
  // Reading a pipe or a device would not end.
  if (!found.isFile()) return `${name} is not a file`;
  if (bytes !== null && found.size !== bytes) return `${name} has ${found.size} bytes instead of ${bytes}`;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex') === sha256 ? undefined : `${name} does not have the checksum that is listed`;
}
