/** What `pgbackrest info --output=json` prints, as far as it is believed: each part is looked at before it is used. */
import { foreignText } from '../../lib/foreign-text.ts';

export type Backup = {
  label: string;
  type: 'full' | 'diff' | 'incr';
  /** When it ended, ms since the epoch. */
  at: number;
  /** Whether its page checksums were wrong; null where they were not looked at. */
  flawed: boolean | null;
  /** Labels of the backups it rests upon. */
  reference: string[];
  /** Names of the WAL segments it needs at least. */
  wal: { start: string; stop: string } | null;
};

export type Repo = {
  key: number;
  /** Of the archive of the present database, such as `15-1`; null where there is none. */
  archiveId: string | null;
  /** Of the present database, oldest first. */
  backups: Backup[];
};

/** The repositories that could be read, or words for why there is none. */
export type Info = { repos: Repo[]; trouble: string[] } | { problem: string };

/** pgBackRest's own codes of a repository: there, and there without a backup that counts. */
const READABLE = [0, 2];

type Raw = { [key: string]: unknown };
const objects = (given: unknown): Raw[] =>
  Array.isArray(given) ? given.filter((each): each is Raw => typeof each === 'object' && each !== null) : [];
const object = (given: unknown): Raw =>
  typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as Raw) : {};

/** `stanza` is the one that was asked for; others in the answer are not looked at. */
export function infoOf(text: string, stanza: string): Info {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { problem: 'what it printed is not JSON' };
  }
  const found = objects(parsed).find(({ name }) => name === stanza);
  if (found === undefined) return { problem: 'it knows nothing of this stanza' };
  const status = object(found['status']);
  // Versions before several repositories gave one status for all.
  const listed = objects(found['repo']);
  const repos = listed.length > 0 ? listed : [{ key: 1, status }];
  const trouble = repos.flatMap(({ key, status: own }) =>
    READABLE.includes(Number(object(own)['code'])) ? [] : [`repo${Number(key)}: ${sayable(object(own)['message'])}`],
  );
  const readable = repos.filter(({ status: own }) => READABLE.includes(Number(object(own)['code'])));
  if (readable.length === 0) return { problem: `its repository cannot be read (${trouble.join('; ')})` };
  const usable = readable.map(({ key }) => repoOf(found, Number(key)));
  const broken = usable.find((repo) => 'problem' in repo);
  if (broken !== undefined && 'problem' in broken) return broken;
  return { repos: usable as Repo[], trouble };
}

/** Its first line; hints and file names follow. */
const sayable = (message: unknown): string => foreignText(String(message ?? 'no reason given').split('\n')[0]);

function repoOf(stanza: Raw, key: number): Repo | { problem: string } {
  const ours = (each: Raw) => Number(object(each['database'])['repo-key'] ?? 1) === key;
  // After an upgrade of Postgres the backups of the former database stay a while; they bring back nothing of today.
  const present = Math.max(
    0,
    ...objects(stanza['db'])
      .filter(({ 'repo-key': own }) => Number(own ?? 1) === key)
      .map(({ id }) => Number(id)),
  );
  const current = (each: Raw) => ours(each) && Number(object(each['database'])['id']) === present;
  const id = objects(stanza['archive']).find(current)?.['id'];
  const backups = objects(stanza['backup']).filter(current).map(backupOf);
  if (!backups.every((backup): backup is Backup => backup !== null))
    return { problem: 'what it printed about a backup is not understood' };
  return {
    key,
    archiveId: typeof id === 'string' && /^[\w.-]+$/.test(id) ? id : null,
    backups: backups.toSorted((a, b) => a.at - b.at),
  };
}

function backupOf(given: Raw): Backup | null {
  const { label, type, error, reference } = given;
  const stop = object(given['timestamp'])['stop'];
  if (typeof label !== 'string' || typeof stop !== 'number') return null;
  if (type !== 'full' && type !== 'diff' && type !== 'incr') return null;
  const { start: first, stop: last } = object(given['archive']);
  return {
    label,
    type,
    at: stop * 1000,
    flawed: typeof error === 'boolean' ? error : null,
    reference: Array.isArray(reference) ? reference.map(String) : [],
    wal: typeof first === 'string' && typeof last === 'string' ? { start: first, stop: last } : null,
  };
}

export type Judged = {
  newest: Backup;
  ok: boolean;
  /** What is wrong with it. */
  why: string | undefined;
};

/** The newest sound backup of those kinds, or the newest of them where none is; null where there is none. */
export function newestOf({ backups }: Repo, kinds: Backup['type'][]): Judged | null {
  const judged = backups.filter(({ type }) => kinds.includes(type)).map((each) => judgedOf(each, backups));
  return judged.findLast(({ ok }) => ok) ?? judged.at(-1) ?? null;
}

function judgedOf(newest: Backup, all: Backup[]): Judged {
  const bad = (why: string): Judged => ({ newest, ok: false, why });
  const { label, flawed, reference } = newest;
  if (flawed === true) return bad(`pgbackrest found wrong page checksums in ${label}`);
  for (const name of reference) {
    const base = all.find((each) => each.label === name);
    if (base === undefined) return bad(`${label} rests upon ${name}, which is not there`);
    if (base.flawed === true) return bad(`${label} rests upon ${name}, in which pgbackrest found wrong page checksums`);
  }
  return { newest, ok: true, why: undefined };
}
