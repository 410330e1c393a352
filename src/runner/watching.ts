/** What a watch is to write down: the first look, and each that saw something else; not every number that moves. */
import type { Context, WatchSeen } from '../machine/types.ts';
import type { Answer } from '../ports/answer.ts';
import type { NewEvent } from './ledger.ts';

const gist = ({ findings, streams, unread }: Omit<WatchSeen, 'until'>): string =>
  JSON.stringify([findings.map(({ id, is, scale }) => [id, is, scale?.service]).toSorted(), streams, unread]);

/** The fact a look adds to what its run knows; none where it saw nothing new. */
export function newlySeen(c: Context, step: string, answer: Answer): NewEvent[] {
  const seen = answer.is === 'done' ? undefined : answer.watch;
  if (seen === undefined || (c.watch?.step === step && gist(c.watch) === gist(seen))) return [];
  return [{ type: 'WATCH_SEEN', step, ...seen }];
}
