/** A region that was taken out of service follows the primary again: the system is protected, and what is left to do. */
import type { Line, Message } from '../ports/chat.ts';
import { SIGN } from './scene.ts';
import type { SystemScene } from './system.ts';

export type ReturnedFacts = {
  region: string;
  run: string;
  target: string;
  /** Since when it was out of service, and when it was seen back, ms since the epoch. */
  since: number;
  at: number;
  role: 'primary' | 'standby';
  /** What the run took out of DNS, as it was before. */
  records: { name: string; values: string[] }[];
};

export function returned({ facts }: Pick<SystemScene, 'facts'>): Message {
  const { region, run, target, since, at, role, records } = facts as unknown as ReturnedFacts;
  const back = role === 'standby' ? `streams from ${target} again` : 'answers as a primary';
  return {
    title: [`${SIGN.done} `, { bold: `${region} ${back}` }, ' since ', { time: at }],
    lines: [
      [`It was out of service since `, { time: since }, ` (${run}).`],
      ...(role === 'standby'
        ? []
        : [`${SIGN.emergency} It should be a standby of ${target}: look at both servers now.`]),
      ...(records.length === 0
        ? []
        : [
            'Left to people: put back into DNS what that run took out, once the region is well.',
            ...records.slice(0, 10).map(({ name, values }): Line => ({ code: `${name}  ${values.join(' ')}` })),
          ]),
    ],
    tone: role === 'standby' ? 'good' : 'bad',
    actions: [],
  };
}
