/**
 * What is lost if a standby is promoted and its primary is never heard of again: a bound, out of what is known. Two
 * numbers, as two things are known: the heartbeat row, or the log itself, says up to when the standby has every write;
 * the positions of the log say how much of it is missing.
 */
import { atMostText, bytesText } from '../lib/bytes.ts';
import { sentenceOf } from '../lib/errors.ts';
import { type Database, lsnDiff } from '../ports/database.ts';
import type { RegionHealth, Watch } from '../ports/watch.ts';

export type Loss = {
  /** At most; null: nobody can say. Rounded up to a millisecond and a byte, so that asking again gives the same. */
  seconds: number | null;
  bytes: number | null;
  /** How each was found, as sentences. */
  how: string[];
  /** What is not known, as sentences; empty where both numbers are. */
  missing: string[];
  /** The target did not answer: asked again, it may. */
  unanswered: boolean;
  /** The standby still replays what it has received: what it lacks is less than this. */
  replaying: boolean;
  /** Up to when the standby has every write, ms since the epoch. */
  heartbeatAt: number | null;
  /** Where the target's log ends, and where the source's stood when it last answered; null: nobody knows. */
  targetLsn: string | null;
  source: { lsn: string; at: number } | null;
  /** When the source was last known to take writes, ms since the epoch. */
  until: number | null;
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
  let unread: string | null = null;
  const [beat, view] = await Promise.all([
    database.lastBeat(target, signal).catch((error: unknown) => {
      unread = sentenceOf(error);
      return null;
    }),
    database.observe(target, signal).catch((error: unknown) => {
      missing.push(sentenceOf(error));
      return null;
    }),
  ]);
  const health = watch.health(source);
  const last = health?.database ?? null;
  const since = health?.since ?? null;
  const how: string[] = [];

  // It may have taken writes until the first sign of trouble, later than it last answered us: the later one counts.
  const until = last === null ? since : Math.max(last.at, since ?? last.at);
  const held =
    view && (view.receivedLsn !== null && lsnDiff(view.receivedLsn, view.lsn) > 0 ? view.receivedLsn : view.lsn);
  const whole = wholeBy(beat?.at ?? null, last, held);
  if (whole === null) missing.push(unread ?? `${target} has no heartbeat row: it never had one`);
  if (until === null) missing.push(`nobody here has seen ${source} since Regent started`);
  let seconds: number | null = null;
  if (whole !== null && until !== null) {
    seconds = Math.max(0, until - whole.at) / 1000;
    how.push(
      `${target} has every write before ${clockUtc(whole.at)} (${whole.by}); ${source} was ${until === last?.at ? 'last seen alive' : 'first seen in trouble'} at ${clockUtc(until)}`,
    );
  }

  if (last === null && until !== null) missing.push(`nobody here has seen where the log of ${source} stood`);
  let bytes: number | null = null;
  const unseenSeconds = last === null || until === null ? 0 : (until - last.at) / 1000;
  const isGuess = last?.rateSeen === false && unseenSeconds > 0;
  if (isGuess) missing.push(`how fast the log of ${source} grows was never seen: its database answered only once`);
  if (held !== null && last !== null && until !== null && !isGuess) {
    const unseen = last.bytesPerSecond * unseenSeconds;
    // What it was ahead by when last seen says nothing about the last moments: each part counts by itself.
    bytes = Math.ceil(Math.max(0, lsnDiff(last.lsn, held)) + unseen);
    how.push(
      `the log of ${source} stood at ${last.lsn} at ${clockUtc(last.at)}, ${target} holds ${held}${
        unseenSeconds > 0 ? `; ${unseenSeconds.toFixed(1)} s more at up to ${bytesText(last.bytesPerSecond)}/s` : ''
      }`,
    );
  }
  return {
    seconds,
    bytes,
    how,
    missing,
    unanswered: view === null || unread !== null,
    replaying: view !== null && held !== view.lsn,
    heartbeatAt: beat?.at ?? null,
    targetLsn: held,
    source: last === null ? null : { lsn: last.lsn, at: last.at },
    until,
  };
}

/**
 * Up to when the target has every write, by what was written last or by the log: a standby that holds the source's log
 * up to where it stood when it was asked has every write acknowledged before. Whatever says more counts.
 */
function wholeBy(beatAt: number | null, last: RegionHealth['database'], held: string | null) {
  const reaches = last?.role === 'primary' && held !== null && lsnDiff(last.lsn, held) <= 0;
  const logAt = reaches ? (last.askedAt ?? null) : null;
  if (logAt !== null && (beatAt === null || logAt > beatAt))
    return { at: logAt, by: 'it holds the log as it stood then' };
  return beatAt === null ? null : { at: beatAt, by: 'heartbeat row' };
}

/** `4.2 s, 1.8 MB of writes`: rounded up, as it is a bound. */
export const lossText = (loss: { seconds: number; bytes: number }): string => `${atMostText(loss)} of writes`;

/** `14:30:05.2 UTC`. */
export const clockUtc = (at: number): string => `${new Date(at).toISOString().slice(11, 21)} UTC`;
