/** A planned run that is to go on as an emergency: what that gives up, the question when time has run out, and the news. */
import { lengthText } from '../lib/utc.ts';
import { stepState } from '../machine/facts.ts';
import type { Context } from '../machine/types.ts';
import type { Action, Message } from '../ports/chat.ts';
import { abortButton, button, isForward, kindOf, listed, route, type Scene, SIGN, who } from './scene.ts';

const isDone = (c: Context, step: string): boolean => ['done', 'alreadyDone'].includes(stepState(c, step).status);

/** What an emergency does without, in one sentence, from what the run has done so far. */
export function gaveUp(c: Context): string {
  const { source, target } = c;
  if (isDone(c, 'promote-postgres'))
    return `${source} counts as lost from here on: it is fenced and closed as far as it answers, and has to be made a standby anew.`;
  return `The clean stop of ${source} and the proof that ${target} has every write of it: what ${target} lacks when it is promoted is lost.`;
}

/** Offered wherever a planned run stands still. */
export const switchButton = (c: Context, rest: Partial<Pick<Action, 'style'>>): Action =>
  button('mode', 'Go on as an emergency…', c, { to: 'emergency' }, rest);

/** Regent’s own question: its time box is over, and it is not promoted. */
export function switchAsked(scene: Scene): Message | null {
  const { c } = scene;
  const asked = c.switchAsked;
  if (asked === null) return null;
  const promoted = c.phases.promoting?.to != null;
  if (c.switched !== null || !isForward(scene) || promoted)
    return {
      title: [
        `${SIGN.held} Going on as an emergency is no longer asked · ${route(c)} · ${c.run}`,
        c.switched !== null
          ? ': it does'
          : promoted
            ? `: ${c.target} is promoted`
            : ': it has ended or is being undone',
      ],
      lines: [],
      tone: 'plain',
      actions: [],
    };
  return {
    title: [
      `${SIGN.emergency} `,
      { bold: `${c.run} is not promoted` },
      ` after ${lengthText(asked.at - c.requestedAt)}: go on as an emergency? · ${route(c)} `,
      ...listed(asked.asks.map(who)),
    ],
    lines: [
      asked.why,
      `Given up with that: ${gaveUp(c)}`,
      'Whoever presses is asked why first. Nothing is switched before that; until then the planned run goes on where it can.',
    ],
    tone: 'bad',
    actions: [switchButton(c, { style: 'danger' }), ...abortButton(scene)],
  };
}

/** Told to everybody: from here on another procedure runs. */
export function switched({ c }: Scene): Message | null {
  if (c.switched === null) return null;
  const { by, at, reason, gaveUp: given } = c.switched;
  return {
    title: [`${SIGN.emergency} `, { bold: c.run }, ` goes on as an ${kindOf(c)} · ${route(c)}`],
    lines: [
      [who(by), ' switched it at ', { time: at }, ': ', { untrusted: `“${reason}”` }],
      `Given up with that: ${given}`,
      'A new plan is made. What was done stays done, everything is looked at again, and people are asked again.',
    ],
    tone: 'bad',
    actions: [],
  };
}
