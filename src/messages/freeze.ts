/** What developers are told: from when on they must change nothing, and that they may again. They know no runbook. */
import { clockText } from '../lib/duration.ts';
import { stepState } from '../machine/facts.ts';
import type { Context } from '../machine/types.ts';
import type { Line, Message } from '../ports/chat.ts';
import { isSettled, kindOf, route, type Scene, SIGN, who } from './scene.ts';

const FREEZE = 'freeze-changes';
const LIFT = 'lift-freeze';

/** Told when the freeze begins; once it is lifted the same message says so, for whoever scrolls back. */
export function freeze({ c }: Scene): Message {
  const { endedAt } = stepState(c, LIFT);
  const over = isSettled(c.steps[LIFT]);
  const asked: Line = [`${kindOf(c)}, asked for by `, who(c.requestedBy), ': ', { untrusted: `“${c.reason}”` }];
  if (over)
    return {
      title: [{ bold: 'Change freeze, over' }, ` since `, { time: endedAt ?? 0 }, ` · ${route(c)} · ${c.run}`],
      lines: [[`${c.organization}: `, ...asked]],
      tone: 'plain',
      actions: [],
    };
  return {
    title: [
      `${SIGN.held} `,
      { bold: 'Change freeze' },
      `: deploy nothing to ${c.organization} · ${route(c)} · ${c.run}`,
    ],
    lines: [
      [`${c.organization} is being moved from ${c.source} to ${c.target}: `, ...asked],
      [
        'From ',
        { time: stepState(c, FREEZE).endedAt ?? 0 },
        ` until it is over: no deployments, no change of configuration, Secrets or infrastructure in ${c.source} or ${c.target}. What is changed now can get lost with the region that is left.`,
      ],
      `It is over when ${c.run} ends, whichever way; that is meant to be within ${clockText(c.objectives.rtoMs)}, and is told here.`,
    ],
    tone: 'waiting',
    actions: [],
    footnote: 'Pipelines can see it too: the annotation regent.dev/change-freeze on the namespace, in both clusters.',
  };
}

/** Told when the freeze is lifted, or left to people. */
export function freezeLifted({ c }: Scene): Message {
  const skipped = stepState(c, LIFT).status === 'skipped';
  const handed = c.end === 'takenOver';
  return {
    title: [
      `${handed ? SIGN.held : SIGN.done} `,
      { bold: 'The change freeze is over' },
      ` · ${c.organization} · ${route(c)} · ${c.run}`,
    ],
    lines: [
      primaryNow(c),
      handed ? 'Ask them before you deploy.' : 'You may deploy and change configuration again.',
      ...(skipped
        ? [
            'Regent did not take the annotation regent.dev/change-freeze off both clusters: a pipeline that looks for it may still wait.',
          ]
        : []),
    ],
    tone: handed ? 'plain' : 'good',
    actions: [],
  };
}

function primaryNow(c: Context): string {
  switch (c.end) {
    case 'completed':
      return `${c.target} is primary now. ${c.source} serves nobody.`;
    case 'rolledBack':
      return `The move was undone: ${c.source} is primary, as before.`;
    case 'aborted':
      return `Nothing was moved: ${c.source} is primary, as before.`;
    default:
      return `${c.run} was taken over: people finish it by hand, and which region is primary is for them to say.`;
  }
}
