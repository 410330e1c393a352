/** A region follows the one that serves again: said once, with how long nothing did. */
import { clockText } from '../lib/duration.ts';
import type { Message } from '../ports/chat.ts';
import { SIGN } from './scene.ts';
import type { SystemScene } from './system.ts';

export type ProtectedFacts = {
  standby: string;
  target: string;
  run: string;
  /** Since when nothing followed, and when something was seen to, ms since the epoch. */
  since: number;
  at: number;
};

export function protectedAgain({ facts }: Pick<SystemScene, 'facts'>): Message {
  const { standby, target, run, since, at } = facts as unknown as ProtectedFacts;
  return {
    title: [
      `${SIGN.done} `,
      { bold: 'Protected again' },
      `: ${standby} streams from ${target}`,
      ' since ',
      { time: at },
    ],
    lines: [[`Nothing followed ${target} for ${clockText(at - since)}, since `, { time: since }, ` (${run}).`]],
    tone: 'good',
    actions: [],
  };
}
