/** `/dr status`: for a stakeholder in three lines; in detail for an operator. */
import { clockText } from '../lib/duration.ts';
import { stepState } from '../machine/facts.ts';
import type { StepNode } from '../machine/types.ts';
import type { Line, Message } from '../ports/chat.ts';
import { haltLines } from './halt.ts';
import { headline } from './headline.ts';
import { overrideLines, reviewLines } from './overrides.ts';
import { stepLine } from './phase.ts';
import { movesNothing, standing } from './reprotection.ts';
import { askedAt, isFailback, openGates, type Scene } from './scene.ts';
import { measureLines } from './success.ts';
import { warningLines } from './warnings.ts';
import { cutLines } from './watch.ts';
import { wayBackLine } from './way-back.ts';

export function status(scene: Scene, detail: boolean, link: string | null): Message {
  const { c } = scene;
  const thread: Line[] = link === null ? [] : [[{ link, text: 'The thread ↗' }]];
  if (detail) {
    const steps = c.nodes.filter(
      (node): node is StepNode => node.kind === 'step' && stepState(c, node.id).status !== 'none',
    );
    const head = headline(scene);
    return {
      ...head,
      actions: [],
      lines: [
        ...head.lines,
        ...(c.end === 'completed' && !movesNothing(c) ? measureLines(c) : []),
        ...steps.map((step) => stepLine(c, step, scene.progress?.[step.id])),
        ...thread,
      ],
    };
  }
  return {
    title: [moving(scene)],
    lines: [
      ...haltLines(scene),
      customers(scene),
      ...waitingFor(scene),
      ...wayBackLines(scene),
      ...cutLines(c),
      ...warningLines(c),
      ...waived(scene),
      ...thread,
    ],
    tone: c.end === 'completed' ? 'good' : c.holds.length > 0 || scene.halt ? 'bad' : 'plain',
    actions: [],
  };
}

/** The same words in the stakeholders' channel, edited in place while it lasts. */
export const stakeholders = (scene: Scene): Message => ({
  title: [moving(scene)],
  lines: [customers(scene)],
  tone: scene.c.end === 'completed' ? 'good' : 'plain',
  actions: [],
});

/** And a new message once it is over: an edit is noticed by nobody. */
export const stakeholdersEnd = (scene: Scene): Message => ({
  ...stakeholders(scene),
  lines: [customers(scene), ['It ended at ', { time: scene.c.endedAt ?? scene.now }, '.']],
});

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function moving({ c, where }: Scene): string {
  if (movesNothing(c)) return standing(c);
  const name = capital(c.organization);
  const back = isFailback(c) ? ' back' : '';
  switch (c.end) {
    case 'completed':
      return `${name} has moved${back} from ${c.source} to ${c.target}.`;
    case 'rolledBack':
    case 'aborted':
      return `${name} stays in ${c.source}: the move${back} to ${c.target} was called off.`;
    case 'takenOver':
      return `${name} is being moved${back} from ${c.source} to ${c.target} by hand.`;
    default:
      if (where === 'rollingBack')
        return `${name} stays in ${c.source}: the move${back} to ${c.target} is being undone.${c.holds.length > 0 ? ' It has stopped and waits for people.' : ''}`;
      return `${name} is moving${back} from ${c.source} to ${c.target}. ${c.holds.length > 0 ? 'It has stopped and waits for people.' : 'It goes to plan.'}`;
  }
}

function customers({ c, now }: Scene): Line {
  const { from, to } = c.outage;
  if (from === null) return 'Customers: nothing is noticeable so far.';
  if (to === null && (c.endedAt !== null || c.end === 'takenOver'))
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

/** On show until somebody who made none of it has looked at it; from then on that. */
const waived = ({ c }: Scene): Line[] => [...(c.reviewed ? [] : overrideLines(c)), ...reviewLines(c)];

const wayBackLines = ({ c, wayBack }: Scene): Line[] => {
  const line = wayBackLine(c, wayBack);
  return line === null ? [] : [line];
};

const waitingFor = (scene: Scene): Line[] =>
  openGates(scene).map((gate) => ['Waiting for a decision: ', gate.title, ', asked: ', ...askedAt(scene.c, gate)]);
