/**
 * What is lost if a standby is promoted and its primary is never heard of again: a bound, out of what is known. Two
 * numbers, as two things are known: the heartbeat row says up to when the standby has every write; the positions of the
 * log say how much of it is missing.
 */
import { bytesText } from '../lib/bytes.ts';
import { sentenceOf } from '../lib/errors.ts';
import { type Database, lsnDiff } from '../ports/database.ts';
import type { Watch } from '../ports/watch.ts';

export type Loss = {
  /** At most; null: nobody can say. Rounded up to a millisecond and a byte, so that asking again gives the same. */
  seconds: number | null;
  bytes: number | null;
  /** How each was found, as sentences. */
  how: string[];
  /** What is not known, as sentences; empty where both numbers are. */
  missing: string[];
  /** The standby still replays what it has received: what it lacks is less than this. */
  replaying: boolean;
  /** Up to when the standby has every write, ms since the epoch. */
  heartbeatAt: number | null;
};

/** Asks the target, and of the source only what watching it has left: of a region that is gone nothing is asked. */
export async function measureLoss(
  database: Pick<Database, 'observe' | 'lastBeat'>,
  watch: Pick<Watch, 'health'>,
  source: string,
  target: string,
  signal: AbortSignal,
): Promise<Loss> {
  const missing: string[] = [];
  const known = <T>(asked: Promise<T>): Promise<T | null> =>
    asked.catch((error: unknown) => {
      missing.push(sentenceOf(error));
      return null;
    });
  const [beat, view] = await Promise.all([
    known(database.lastBeat(target, signal)),
    known(database.observe(target, signal)),
  ]);
  const health = watch.health(source);
  const last = health?.database ?? null;
  const since = health?.since ?? null;
  const how: string[] = [];

  // It may have taken writes until the first sign of trouble, later than it last answered us: the later one counts.
  const until = last === null ? since : Math.max(last.at, since ?? last.at);
  if (beat === null && missing.length === 0) missing.push(`${target} has no heartbeat row: it never had one`);
  if (until === null) missing.push(`nobody here has seen ${source} since Regent started`);
  let seconds: number | null = null;
  if (beat !== null && until !== null) {
    seconds = Math.max(0, until - beat.at) / 1000;
    how.push(
      `${target} has every write before ${clockUtc(beat.at)} (heartbeat row); ${source} was ${until === last?.at ? 'last seen alive' : 'first seen in trouble'} at ${clockUtc(until)}`,
    );
  }

  const held =
    view && (view.receivedLsn !== null && lsnDiff(view.receivedLsn, view.lsn) > 0 ? view.receivedLsn : view.lsn);
  if (last === null && until !== null) missing.push(`nobody here has seen where the log of ${source} stood`);
  let bytes: number | null = null;
  if (held !== null && last !== null && until !== null) {
    const unseenSeconds = (until - last.at) / 1000;
    const unseen = last.bytesPerSecond * unseenSeconds;
    // What it was ahead by when last seen says nothing about the last moments: each part counts by itself.
    bytes = Math.ceil(Math.max(0, lsnDiff(last.lsn, held)) + unseen);
    how.push(
      `the log of ${source} stood at ${last.lsn} at ${clockUtc(last.at)}, ${target} holds ${held}${
        unseenSeconds > 0 ? `; ${unseenSeconds.toFixed(1)} s more at up to ${bytesText(last.bytesPerSecond)}/s` : ''
      }`,
    );
  }
  return { seconds, bytes, how, missing, replaying: view !== null && held !== view.lsn, heartbeatAt: beat?.at ?? null };
}

/** `4.2 s, 1.8 MB of writes`: rounded up, as it is a bound. */
export const lossText = ({ seconds, bytes }: { seconds: number; bytes: number }): string =>
  `${(Math.ceil(seconds * 10 - 1e-9) / 10).toFixed(1)} s, ${bytesText(upToTwoDigits(bytes))} of writes`;

/** As many digits as `bytesText` shows. */
function upToTwoDigits(bytes: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, bytes))) - 1);
  return Math.ceil(bytes / unit) * unit;
}

/** `14:30:05.2 UTC`. */
export const clockUtc = (at: number): string => `${new Date(at).toISOString().slice(11, 21)} UTC`;
