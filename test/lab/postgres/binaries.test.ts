import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { postgresBinaries } from '../../../lab/postgres/binaries.ts';
import { canEnter, makeServerDirectory, serverUser } from '../../../lab/postgres/system-user.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lab-bin-'));
  return () => rmSync(dir, { recursive: true, force: true });
});
afterEach(() => {
  if (existsSync(dir)) chmodSync(dir, 0o700);
});

test('the programs run, libraries found', () => {
  const { postgres, initdb } = postgresBinaries(join(dir, 'copy'), undefined);
  for (const program of [postgres, initdb])
    expect(execFileSync(program, ['--version'], { encoding: 'utf8' })).toMatch(/PostgreSQL\) 18\./);
  expect(existsSync(join(dir, 'copy'))).toBe(false);
});

test('for a user who cannot enter the checkout a copy is made, and runs', () => {
  // No directory of root's is open to this user's eyes: as if the checkout lay in a private home.
  const stranger = { uid: 4_000_000, gid: 4_000_000 };
  const copy = join(dir, 'copy');
  const { postgres } = postgresBinaries(copy, stranger, () => false);
  expect(postgres.startsWith(copy)).toBe(true);
  expect(execFileSync(postgres, ['--version'], { encoding: 'utf8' })).toMatch(/PostgreSQL\) 18\./);
});

test('a directory is entered only if every directory above it lets one pass', () => {
  const inner = join(dir, 'a', 'b');
  mkdirSync(inner, { recursive: true });
  chmodSync(dir, 0o700);
  expect(canEnter(inner, { uid: 4_000_000, gid: 4_000_000 })).toBe(false);
  chmodSync(dir, 0o755);
  expect(canEnter(inner, { uid: 4_000_000, gid: 4_000_000 })).toBe(true);
});

test('the directory of a server belongs to its user alone', () => {
  const user = serverUser();
  makeServerDirectory(join(dir, 'data'), user);
  chmodSync(dir, 0o755);
  expect(canEnter(join(dir, 'data'), user)).toBe(true);
  expect(user === undefined || user.uid !== 0).toBe(true);
});
