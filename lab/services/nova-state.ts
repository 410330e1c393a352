/**
 * State that no database replicates, as one region has it on its disk: for each kind a directory of entries, each with
 * its version and the checksum of what it says. Regions lag behind each other, and what is merged is merged entry by
 * entry: the newer version stays.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { END, entriesOf, header, padding } from '../scripts/lib/tar.ts';

/** Entries and the bytes of each: together about 9 MB. */
const KINDS: Record<string, { entries: number; bytes: number }> = {
  crdt: { entries: 48, bytes: 128 * 1024 },
  'consensus-logs': { entries: 24, bytes: 64 * 1024 },
  'vm-state': { entries: 64, bytes: 16 * 1024 },
  'network-topology': { entries: 12, bytes: 16 * 1024 },
  configuration: { entries: 12, bytes: 16 * 1024 },
};
export const STATE_KINDS = Object.keys(KINDS);
/** The newest version of an entry that everybody writes. */
const NEWEST = 9;

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const numbered = (index: number): string => String(index + 1).padStart(3, '0');

/** Bytes nothing compresses and everybody can make again. */
function body(seed: string, bytes: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** How an entry is called: half of the machines' entries are what they are, half how they stood. */
function nameOf(kind: string, index: number): string {
  if (kind === 'vm-state') return `${index % 2 === 0 ? 'machine' : 'state'}-${numbered(Math.floor(index / 2))}`;
  return `${kind === 'consensus-logs' ? 'segment' : 'entry'}-${numbered(index)}`;
}

/** The version a region has of an entry; null: none yet. The first has all of it, the others lag each in its own way. */
function versionOf(kind: string, index: number, behind: number): number | null {
  const { entries } = KINDS[kind]!;
  // What the last one lacks is the leader's alone: agreed upon by nobody yet.
  const lacks = behind === 0 ? 0 : behind === 1 ? 3 : kind === 'consensus-logs' ? 1 : 0;
  if (index >= entries - lacks) return null;
  // What is agreed upon is never changed, only added to.
  if (kind === 'consensus-logs' || behind === 0) return NEWEST;
  return index % (behind === 1 ? 3 : 8) === 1 ? NEWEST - behind : NEWEST;
}

function put(directory: string, entry: string, version: number, content: Buffer): void {
  const line = `${JSON.stringify({ entry, version, sha256: sha256(content) })}\n`;
  writeFileSync(join(directory, entry), Buffer.concat([Buffer.from(line), content]), { mode: 0o600 });
}

/** Writes all kinds of one region. `behind`: 0 has everything, 1 and more lag. */
export function writeState(root: string, { name, behind }: { name: string; behind: number }): void {
  for (const [kind, { entries, bytes }] of Object.entries(KINDS)) {
    const directory = join(root, kind);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (let index = 0; index < entries; index += 1) {
      const version = versionOf(kind, index, behind);
      const entry = nameOf(kind, index);
      if (version !== null) put(directory, entry, version, body(`${kind} ${entry} ${version}`, bytes));
    }
    // Written here and nowhere else yet: only a merge brings it to the others.
    if (kind === 'crdt') put(directory, `presence-${name}`, 1, body(`presence of ${name}`, bytes));
  }
}

export type Entries = { versions: Record<string, number>; broken: string[] };

type Head = { entry: string; version: number; sha256: string };
/** @throws Error where it is no entry */
function read(content: Buffer): Head & { whole: boolean } {
  const end = content.indexOf('\n');
  const head = JSON.parse(content.toString('utf8', 0, end)) as Head;
  return { ...head, whole: sha256(content.subarray(end + 1)) === head.sha256 };
}

/** What a region has of a kind; every entry is read and its checksum counted. */
export function entriesIn(root: string, kind: string): Entries {
  const found: Entries = { versions: {}, broken: [] };
  const directory = join(root, kind);
  for (const name of existsSync(directory) ? readdirSync(directory).sort() : []) {
    const { version, whole } = read(readFileSync(join(directory, name)));
    found.versions[name] = version;
    if (!whole) found.broken.push(name);
  }
  return found;
}

/** Entries that any of the others has newer, or that are not there at all. */
export const missingFrom = (own: Entries, others: Entries[]): string[] => [
  ...new Set(
    others.flatMap(({ versions }) =>
      Object.entries(versions).flatMap(([name, version]) => (version > (own.versions[name] ?? 0) ? [name] : [])),
    ),
  ),
];

export const isKind = (kind: string): boolean => kind in KINDS;

/** All entries of a kind as one archive, written whole or not at all; its bytes. */
export function pack(root: string, kind: string, archive: string): Buffer {
  const directory = join(root, kind);
  const parts = readdirSync(directory)
    .sort()
    .flatMap((path) => {
      const content = readFileSync(join(directory, path));
      return [header({ path, mode: 0o600, size: content.length }), content, padding(content.length)];
    });
  const bytes = Buffer.concat([...parts, END]);
  writeFileSync(`${archive}.partial`, bytes, { mode: 0o600 });
  renameSync(`${archive}.partial`, archive);
  return bytes;
}

/** Merges an archive into what is there. @throws Error, with nothing changed, where an entry is not what it says */
export function merge(root: string, kind: string, archive: Buffer): { entries: number; changed: number } {
  const directory = join(root, kind);
  const arrived = [...entriesOf(archive)].map(({ path, content }) => ({ path, content, ...read(content) }));
  const broken = arrived.find(({ path, entry, whole }) => !whole || path !== entry);
  if (broken !== undefined) throw new Error(`${broken.path} is not what it says`);
  const { versions } = entriesIn(root, kind);
  const newer = arrived.filter(({ path, version }) => version > (versions[path] ?? 0));
  for (const { path, content } of newer) {
    const beside = join(root, `${kind}.${path}.new`);
    writeFileSync(beside, content, { mode: 0o600 });
    renameSync(beside, join(directory, path));
  }
  return { entries: arrived.length, changed: newer.length };
}

/** Damages one entry on the disk: a fault of the lab. */
export function damage(root: string, kind: string): void {
  const directory = join(root, kind);
  const [name] = readdirSync(directory).sort();
  const content = readFileSync(join(directory, name!));
  content[content.length - 1]! ^= 0xff;
  rmSync(join(directory, name!));
  writeFileSync(join(directory, name!), content, { mode: 0o600 });
}

/** How far the log of the consensus goes without a gap. */
export function logLength(root: string): number {
  const { versions } = entriesIn(root, 'consensus-logs');
  let length = 0;
  while (versions[`segment-${numbered(length)}`] !== undefined) length += 1;
  return length;
}

/** Machines that are known here, and those of them nobody knows the state of. */
export function machinesIn(root: string): { machines: number; withoutState: string[] } {
  const names = Object.keys(entriesIn(root, 'vm-state').versions);
  const known = names.filter((name) => name.startsWith('machine-')).map((name) => name.slice('machine-'.length));
  return { machines: known.length, withoutState: known.filter((id) => !names.includes(`state-${id}`)) };
}
