/** Fences that were left in a region and are gone because a person said so: each by its name. */
import type { Message } from '../ports/chat.ts';
import { SIGN, who } from './scene.ts';
import type { SystemScene } from './system.ts';

export type LiftedFacts = {
  region: string;
  /** In words, one each. */
  lifted: string[];
  /** Not Regent's to lift. */
  kept: string[];
  /** With the reason. */
  failed: string[];
  by: string;
  at: number;
  reason: string;
};

export function lifted({ facts }: Pick<SystemScene, 'facts'>): Message {
  const { region, lifted: gone, kept, failed, by, at, reason } = facts as unknown as LiftedFacts;
  const all = kept.length + failed.length === 0;
  return {
    title: [
      `${all ? SIGN.done : SIGN.notDone} `,
      { bold: `${gone.length} of ${gone.length + kept.length + failed.length} fences lifted in ${region}` },
    ],
    lines: [
      [who(by), ' lifted them at ', { time: at }, ': ', { untrusted: `“${reason}”` }],
      ...gone.map((one) => ({ untrusted: `${SIGN.done} ${one}` })),
      ...kept.map((one) => ({ untrusted: `${SIGN.held} stays: ${one}` })),
      ...failed.map((one) => ({ untrusted: `${SIGN.notDone} ${one}` })),
    ],
    tone: all ? 'plain' : 'bad',
    actions: [],
  };
}
