/**
 * Whether the backups are such that a region may be given up: four boxes, each yes, no or unknown, with the sentence
 * that says why. Pure; what there is of backups is found out elsewhere.
 */
import { clockText } from '../lib/duration.ts';
import { lengthText } from '../lib/utc.ts';

export type BackupBox = 'full' | 'incremental' | 'wal' | 'checksums';

type Taken = { at: number; ok: boolean };

/** What is known of the backups: the report of the port `backups`. */
export type BackupFacts = {
  lastFull: Taken | null;
  lastIncremental: Taken | null;
  wal: { continuous: boolean | null; from: string | null; to: string | null; toAt: number | null };
  checksumsValid: boolean | null;
  why: Partial<Record<BackupBox, string>>;
};

export type BackupBounds = {
  /** The last full backup may be this old, ms. */
  fullWithinMs: number;
  /** The last incremental one, ms: the recovery point objective. */
  incrementalWithinMs: number;
};

export type BoxJudged = { box: BackupBox; is: 'yes' | 'no' | 'unknown'; sentence: string };

/** Clocks of two machines differ by this much; a backup dated further ahead proves nothing. */
const AHEAD_MS = 60_000;

/** The four boxes, always in the same order. `now`: ms since the epoch. */
export function judgeBackups(report: BackupFacts, bounds: BackupBounds, now: number): BoxJudged[] {
  return [
    { box: 'full', ...judgeFull(report, bounds.fullWithinMs, now) },
    { box: 'incremental', ...judgeIncremental(report, bounds.incrementalWithinMs, now) },
    { box: 'wal', ...judgeWal(report, now) },
    { box: 'checksums', ...judgeChecksums(report) },
  ];
}

/** The four boxes where the backups could not be asked; `why` is a sentence. */
export const backupsUnknown = (why: string): BoxJudged[] =>
  (['full', 'incremental', 'wal', 'checksums'] as const).map((box) => ({ box, is: 'unknown', sentence: why }));

type Judged = Pick<BoxJudged, 'is' | 'sentence'>;

const yes = (sentence: string): Judged => ({ is: 'yes', sentence });
const no = (sentence: string): Judged => ({ is: 'no', sentence });
const unknown = (sentence: string): Judged => ({ is: 'unknown', sentence });
const because = (why: string | undefined) => (why === undefined ? '.' : `: ${why}.`);

const judgeFull = ({ lastFull, why }: BackupFacts, withinMs: number, now: number): Judged =>
  lastFull === null
    ? no(`There is no full backup${because(why.full)}`)
    : judgeTaken(lastFull, 'full', withinMs, now, why.full);

function judgeIncremental({ lastFull, lastIncremental, why }: BackupFacts, withinMs: number, now: number): Judged {
  const own =
    lastIncremental === null
      ? no(`There is no incremental backup${because(why.incremental)}`)
      : judgeTaken(lastIncremental, 'incremental', withinMs, now, why.incremental);
  if (own.is === 'yes' || lastFull === null) return own;
  // A full backup brings back all that an incremental one would.
  const full = judgeTaken(lastFull, 'full', withinMs, now, undefined);
  return full.is === 'yes' ? yes(`${full.sentence.slice(0, -1)}: newer than any incremental one.`) : own;
}

function judgeTaken({ at, ok }: Taken, kind: string, withinMs: number, now: number, why: string | undefined): Judged {
  const age = now - at;
  const name = `The last ${kind} backup`;
  if (age < -AHEAD_MS)
    return unknown(`${name} is dated ${lengthText(-age)} ahead of now: one of the two clocks is wrong.`);
  const ended = `${name} ended ${lengthText(age)} ago`;
  if (!ok) return no(`${ended} and cannot be relied on${because(why)}`);
  // In round numbers both may read the same.
  const text = lengthText(age) === lengthText(withinMs) ? clockText : lengthText;
  if (age > withinMs) return no(`${name} ended ${text(age)} ago, which is more than ${text(withinMs)}.`);
  return yes(`${ended} (bound ${lengthText(withinMs)}).`);
}

function judgeWal({ wal: { continuous, from, to, toAt }, why }: BackupFacts, now: number): Judged {
  const range = from === null || to === null ? '' : from === to ? ` (${from})` : ` from ${from} to ${to}`;
  const last = toAt === null ? '' : `; the last of it was archived ${lengthText(now - toAt)} ago`;
  if (continuous === null) return unknown(`Whether WAL is missing cannot be told${because(why.wal)}`);
  if (!continuous) return no(`The WAL${range} is not whole${because(why.wal)}`);
  return yes(`The WAL${range} is whole${last}.`);
}

function judgeChecksums({ checksumsValid, why }: BackupFacts): Judged {
  if (checksumsValid === null) return unknown(`No checksums of the backups were compared${because(why.checksums)}`);
  if (!checksumsValid) return no(`A checksum of the backups is wrong${because(why.checksums)}`);
  return yes(`The checksums of the backups are right${because(why.checksums)}`);
}
