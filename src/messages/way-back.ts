/** What going back would cost while a run is watched, as it is now: offered where it loses nothing, else said plainly. */
import { bytesText } from '../lib/bytes.ts';
import { watched } from '../machine/facts.ts';
import type { Context } from '../machine/types.ts';
import type { Action, Line } from '../ports/chat.ts';
import { button, type Scene } from './scene.ts';

/** `at`: when it was last seen, ms since the epoch. */
export type WayBack =
  /** It streams from the region that serves and lacks so many bytes of its log; `command`: the one that goes there. */
  | { is: 'streams'; bytes: number; at: number; command: 'failback' | 'failover' }
  /** `others`: regions that do follow. */
  | { is: 'lost'; others: string[]; at: number }
  /** It has not answered lately. */
  | { is: 'silent'; others: string[] }
  /** Nor has the region that serves. */
  | { is: 'unknown' };

/** null where nothing is watched, or nobody was asked. */
export function wayBackLine(c: Context, way: WayBack | null | undefined): Line | null {
  if (way == null || watched(c) === null) return null;
  const { source, target } = c;
  switch (way.is) {
    case 'streams':
      return [
        `Way back: ${commandOf(c, way.command)}, without loss: ${source} streams, ${bytesText(way.bytes)} behind at `,
        { time: way.at },
        '.',
      ];
    case 'lost':
      return way.others.length === 0
        ? `No way back without loss: nothing follows ${target} (UNPROTECTED).`
        : `No way back to ${source} without loss: it does not follow ${target}. ${way.others.join(' and ')} ${way.others.length === 1 ? 'does' : 'do'}.`;
    case 'silent':
      return `No way back to ${source} now: it does not answer.${way.others.length === 0 ? ` Nothing is seen to follow ${target} (UNPROTECTED).` : ''}`;
    case 'unknown':
      return `Nobody can say now what going back would lose: ${target} has not been seen to serve lately.`;
  }
}

const commandOf = ({ source, target }: Context, command: 'failback' | 'failover'): string =>
  command === 'failback' ? '/dr failback' : `/dr failover ${target} to:${source}`;

/** Both in one: the watch ends, and the run that goes back begins. Only where that loses nothing. */
export function wayBackButtons({ c, wayBack }: Scene): Action[] {
  if (wayBack?.is !== 'streams' || watched(c) === null) return [];
  const { source: to, target: from } = c;
  return [button(wayBack.command, `Go back to ${to}…`, c, { endWatch: c.run, from, to })];
}
