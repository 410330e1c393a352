/** `/dr status`: for a stakeholder in three lines; in detail for an operator. */
import { clockText } from '../lib/duration.ts';
import { stepState } from '../machine/facts.ts';
import type { StepNode } from '../machine/types.ts';
import type { Line, Message } from '../ports/chat.ts';
import { headline } from './headline.ts';
import { stepLine } from './phase.ts';
import { askedAt, openGates, type Scene } from './scene.ts';

export function status(scene: Scene, detail: boolean, link: string | null): Message {
  const { c } = scene;
  const thread: Line[] = link === null ? [] : [[{ link, text: 'The thread ↗' }]];
  if (detail) {
    const steps = c.nodes.filter(
      (node): node is StepNode => node.kind === 'step' && stepState(c, node.id).status !== 'none',
    );
    const head = headline(scene);
    return { ...head, actions: [], lines: [...head.lines, ...steps.map((step) => stepLine(c, step)), ...thread] };
  }
  return {
    title: [moving(scene)],
    lines: [customers(scene), ...waitingFor(scene), ...thread],
    tone: c.end === 'completed' ? 'good' : c.holds.length > 0 ? 'bad' : 'plain',
    actions: [],
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function moving({ c, where }: Scene): string {
  const name = capital(c.organization);
  switch (c.end) {
    case 'completed':
      return `${name} has moved from ${c.source} to ${c.target}.`;
    case 'rolledBack':
    case 'aborted':
      return `${name} stays in ${c.source}: the move to ${c.target} was called off.`;
    case 'takenOver':
      return `${name} is being moved from ${c.source} to ${c.target} by hand.`;
    default:
      if (where === 'rollingBack')
        return `${name} stays in ${c.source}: the move to ${c.target} is being undone.${c.holds.length > 0 ? ' It has stopped and waits for people.' : ''}`;
      return `${name} is moving from ${c.source} to ${c.target}. ${c.holds.length > 0 ? 'It has stopped and waits for people.' : 'It goes to plan.'}`;
  }
}

function customers({ c, now }: Scene): Line {
  const { from, to } = c.outage;
  if (from === null) return 'Customers: nothing is noticeable so far.';
  if (to === null && c.endedAt !== null)
    return ['Customers: saving was paused at ', { time: from }, '; people bring it back by hand.'];
  if (to === null)
    return [
      `Customers: reading works; saving has been paused for ${clockText(now - from)}, since `,
      { time: from },
      '.',
    ];
  const proven = ['done', 'alreadyDone'].includes(stepState(c, 'prove-replicated').status);
  return [
    `Customers: saving was paused for ${clockText(to - from)}, at `,
    { time: from },
    proven ? '. Nothing was lost.' : '.',
  ];
}

const waitingFor = (scene: Scene): Line[] =>
  openGates(scene).map((gate) => ['Waiting for a decision: ', gate.title, ', asked: ', ...askedAt(scene.c, gate)]);
