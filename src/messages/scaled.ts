/** A service that somebody gave another number of pods: asked for, and what came of it. */
import { tookText } from '../lib/duration.ts';
import type { Line, Message } from '../ports/chat.ts';
import { SIGN, who } from './scene.ts';
import type { SystemScene } from './system.ts';

export type ScaledFacts = {
  service: string;
  region: string;
  /** Pods wanted before, and wanted now. */
  from: number;
  to: number;
  by: string;
  at: number;
  reason: string | null;
  /** null while its pods are not ready. */
  end: { at: number; done: boolean; why: string } | null;
};

export function scaled({ facts }: Pick<SystemScene, 'facts'>): Message {
  const { service, region, from, to, by, at, reason, end } = facts as unknown as ScaledFacts;
  const sign = end === null ? SIGN.running : end.done ? SIGN.done : SIGN.notDone;
  const what = `${service} in ${region}: ${from} → ${to} pods`;
  const came: Line =
    end === null
      ? 'Its pods are awaited.'
      : end.done
        ? `All ${to} ready after ${tookText(end.at - at)}.`
        : ['Not so: ', { untrusted: end.why }];
  return {
    title: [`${sign} `, { bold: what }],
    lines: [
      [who(by), ' asked for it at ', { time: at }, ...(reason === null ? [] : [': ', { untrusted: `“${reason}”` }])],
      came,
    ],
    tone: end === null ? 'waiting' : end.done ? 'good' : 'bad',
    actions: [],
  };
}
