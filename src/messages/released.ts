/** A fence that Regent kept over a region left in an emergency, and keeps no more because a person said so. */
import type { Message } from '../ports/chat.ts';
import { SIGN, who } from './scene.ts';
import type { SystemScene } from './system.ts';

export type ReleasedFacts = { run: string; region: string; target: string; by: string; at: number; reason: string };

/** What a region means that nobody keeps from taking writes, while another one serves. */
export const twoWritable = (region: string, target: string): string =>
  `${target} serves. If ${region} takes writes again, each of them holds writes the other lacks, and people have to reconcile them by hand.`;

export function released({ facts }: Pick<SystemScene, 'facts'>): Message {
  const { run, region, target, by, at, reason } = facts as unknown as ReleasedFacts;
  return {
    title: [`${SIGN.emergency} `, { bold: `${region} is released` }, `: Regent fences it no more · ${run}`],
    lines: [
      [who(by), ' released it at ', { time: at }, ': ', { untrusted: `“${reason}”` }],
      twoWritable(region, target),
      `Make it a standby of ${target} before anything writes there. This cannot be taken back: only another emergency fences it again.`,
    ],
    tone: 'bad',
    actions: [],
  };
}
