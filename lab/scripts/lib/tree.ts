/** A directory of configuration files as a list: what is packed, and what two directories are compared by. */
import { lstatSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { checksumOf } from './transfer.ts';

export type TreeFile = { path: string; mode: number; size: number; checksum: string };

/** Every file below, by path with `/`, sorted. @throws Error for what is neither file nor directory */
export function treeOf(directory: string): TreeFile[] {
  const files: TreeFile[] = [];
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const at = join(directory, entry);
    const seen = lstatSync(at);
    if (seen.isDirectory()) continue;
    const path = relative(directory, at).split(sep).join('/');
    if (!seen.isFile()) throw new Error(`${path} in ${directory} is no plain file. Only plain files are packed.`);
    files.push({ path, mode: seen.mode & 0o777, size: seen.size, checksum: checksumOf(at) });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Paths that are not the same in both, content and mode. */
export function differences(one: readonly TreeFile[], other: readonly TreeFile[]): string[] {
  const mark = ({ checksum, mode }: TreeFile) => `${checksum} ${mode}`;
  const left = new Map(one.map((file) => [file.path, mark(file)]));
  const right = new Map(other.map((file) => [file.path, mark(file)]));
  return [...new Set([...left.keys(), ...right.keys()])].filter((path) => left.get(path) !== right.get(path)).sort();
}
