/**
 * A backup manifest as it is written: the shape of docs/backup-manifest.schema.json. The first thing that does not fit is
 * said with its place.
 */
import { foreignText } from '../../lib/foreign-text.ts';
import { parseMoment } from '../../lib/utc.ts';
import type { BackupBoxId, BackupTaken } from '../../ports/backups.ts';

export type ListedFile = { path: string; sha256: string; bytes: number | null };

export type Manifest = {
  /** Moments in ms since the epoch. */
  writtenAt: number;
  full: BackupTaken | null;
  incremental: BackupTaken | null;
  wal: { continuous: boolean | null; from: string | null; to: string | null; toAt: number | null };
  checksumsValid: boolean | null;
  files: ListedFile[];
  why: Partial<Record<BackupBoxId, string>>;
};

/** Words for the end of a sentence. */
class Misfit extends Error {}

type Raw = { [key: string]: unknown };
type Read<T> = (given: unknown, at: string) => T;

const BOXES = ['full', 'incremental', 'wal', 'checksums'] as const;
const MOST_FILES = 10_000;

/** The manifest in a text, or the words that say why it is none. */
export function manifestIn(text: string): Manifest | { problem: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  try {
    return manifestOf(parsed);
  } catch (error) {
    if (error instanceof Misfit) return { problem: error.message };
    throw error;
  }
}

function manifestOf(given: unknown): Manifest {
  const required = ['version', 'writtenAt', 'full', 'incremental', 'wal', 'checksumsValid'];
  const top = objectWith(given, '', required, ['$schema', 'files', 'why']);
  if (top['version'] !== 1) throw new Misfit(`version is ${shown(top['version'])}, and 1 is the one known here`);
  const wal = objectWith(top['wal'], 'wal', ['continuous'], ['from', 'to', 'toAt']);
  const why = objectWith(top['why'] ?? {}, 'why', [], BOXES);
  return {
    writtenAt: moment(top['writtenAt'], 'writtenAt'),
    full: orNull(taken)(top['full'], 'full'),
    incremental: orNull(taken)(top['incremental'], 'incremental'),
    wal: {
      continuous: orNull(boolean)(wal['continuous'], 'wal.continuous'),
      from: orNull(words)(wal['from'] ?? null, 'wal.from'),
      to: orNull(words)(wal['to'] ?? null, 'wal.to'),
      toAt: orNull(moment)(wal['toAt'] ?? null, 'wal.toAt'),
    },
    checksumsValid: orNull(boolean)(top['checksumsValid'], 'checksumsValid'),
    files: files(top['files'] ?? [], 'files'),
    why: Object.fromEntries(
      BOXES.filter((box) => why[box] !== undefined).map((box) => [box, words(why[box], `why.${box}`)]),
    ),
  };
}

const shown = (given: unknown): string => foreignText(JSON.stringify(given)?.slice(0, 60) ?? 'nothing');

function objectWith(given: unknown, at: string, required: readonly string[], optional: readonly string[]): Raw {
  const place = at === '' ? 'it' : at;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Misfit(`${place} is ${shown(given)}, and should be a JSON object`);
  const missing = required.find((key) => !(key in given));
  if (missing !== undefined) throw new Misfit(`${place} has no ${missing}`);
  const strange = Object.keys(given).find((key) => !required.includes(key) && !optional.includes(key));
  if (strange !== undefined) throw new Misfit(`${place} has ${shown(strange)}, which is not known here`);
  return given as Raw;
}

const orNull =
  <T>(read: Read<T>): Read<T | null> =>
  (given, at) =>
    given === null ? null : read(given, at);

const boolean: Read<boolean> = (given, at) => {
  if (typeof given !== 'boolean') throw new Misfit(`${at} is ${shown(given)}, and should be true or false`);
  return given;
};

const words: Read<string> = (given, at) => {
  if (typeof given !== 'string' || given.trim() === '')
    throw new Misfit(`${at} is ${shown(given)}, and should be a text`);
  return foreignText(given);
};

const moment: Read<number> = (given, at) => {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
  const read = typeof given === 'string' && form.test(given) ? parseMoment(given) : undefined;
  if (read === undefined)
    throw new Misfit(`${at} is ${shown(given)}, and should be a moment like 2026-11-23T02:00:00Z`);
  return read;
};

const taken: Read<BackupTaken> = (given, at) => {
  const raw = objectWith(given, at, ['at', 'ok'], []);
  return { at: moment(raw['at'], `${at}.at`), ok: boolean(raw['ok'], `${at}.ok`) };
};

const files: Read<ListedFile[]> = (given, at) => {
  if (!Array.isArray(given)) throw new Misfit(`${at} is ${shown(given)}, and should be a list`);
  if (given.length > MOST_FILES) throw new Misfit(`${at} has more than ${MOST_FILES} entries`);
  return given.map((each, index) => {
    const place = `${at}[${index}]`;
    const { path, sha256, bytes = null } = objectWith(each, place, ['path', 'sha256'], ['bytes']);
    if (typeof path !== 'string' || path === '' || path.includes('\0'))
      throw new Misfit(`${place}.path is ${shown(path)}, and should be the path of a file`);
    if (typeof sha256 !== 'string' || !/^[0-9a-fA-F]{64}$/.test(sha256))
      throw new Misfit(`${place}.sha256 is ${shown(sha256)}, and should be 64 hexadecimal digits`);
    if (bytes !== null && !(Number.isSafeInteger(bytes) && (bytes as number) >= 0))
      throw new Misfit(`${place}.bytes is ${shown(bytes)}, and should be a number of bytes`);
    return { path, sha256: sha256.toLowerCase(), bytes: bytes as number | null };
  });
};
