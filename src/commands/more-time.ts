/**
 * Looking once and waiting longer: what a person asks for who does not want anything to be sent. A held step is asked
 * about, a question nobody has decided yet stays open for five more minutes.
 */
import { gateNode, gateState, mayExtend, mayLook, mayWait, stepState } from '../machine/facts.ts';
import type { GateNode } from '../machine/types.ts';
import { who } from '../messages/scene.ts';
import { mayDecideFor, mayOperate } from '../policy/authorize.ts';
import type { Reply, Span } from '../ports/chat.ts';
import type { RunView } from '../runner/ledger.ts';
import { type Command, type CommandWorld, openGates, type Request, runOf } from './command.ts';
import { act, heldStep } from './control.ts';

const MORE_MS = 5 * 60_000;

/** What is being undone is not looked at: asking is undoing it once more, and that is another word. */
const undoing = (title: string, step: string): string =>
  `“${title}” is being undone, and asking about that undoes it once more: /dr retry ${step}. Nothing was sent.`;

export const check: Command = {
  name: 'check',
  usage: 'check [step]',
  words: 1,
  summary: 'Look at a held step now, once. Sends nothing.',
  access: 'operate',
  handle: (request, world) =>
    act(request, world, (view) => {
      const meant = heldStep(request, view, 'check');
      if ('refuse' in meant) return meant;
      const { step, title } = meant;
      const event = { type: 'STEP_RETRIED', step, by: request.person } as const;
      // Making a plan only reads, as often as it is asked.
      if (step === 'plan') return { event, done: 'The plan is made anew.' };
      if (!mayLook(view.snapshot.context, step)) return { refuse: undoing(title, step) };
      return { event: { ...event, within: 0 }, done: `“${title}” is looked at now. Nothing is sent.` };
    }),
};

/** What waits and may wait longer: the button's, the one named; else the held step, else the gate that ends first. */
function waiting(request: Request, view: RunView): { step: string } | { gate: GateNode } | null {
  const c = view.snapshot.context;
  const { gate: onGate, step: onStep } = request.carried;
  const meant = typeof onGate === 'string' ? onGate : typeof onStep === 'string' ? onStep : request.words[0];
  const gate = meant === undefined ? undefined : gateNode(c, meant);
  if (gate) return { gate };
  if (meant !== undefined || c.holds.some((hold) => hold.kind === 'step')) return { step: meant ?? '' };
  const deadline = ({ id }: GateNode) => gateState(c, id).deadline ?? 0;
  const [first] = openGates(view).toSorted((a, b) => deadline(a) - deadline(b));
  return first ? { gate: first } : null;
}

function moreForStep(request: Request, world: CommandWorld): Promise<Reply> {
  return act(request, world, (view) => {
    const c = view.snapshot.context;
    const operates = mayOperate(request.actor, world.operators);
    if (!operates.ok) return { refuse: [operates.why, ...named(world.operators)], refused: 'rights' };
    const meant = heldStep(request, view, 'check');
    if ('refuse' in meant) return meant;
    const { step, title } = meant;
    if (step === 'plan') return { refuse: 'The plan is made or it is not: /dr retry makes it anew.' };
    if (mayWait(c, step))
      return {
        event: { type: 'STEP_RETRIED', step, by: request.person, within: MORE_MS },
        done: `“${title}” is asked about for 5 more minutes.`,
      };
    if (stepState(c, step).status === 'undoUnknown') return { refuse: undoing(title, step) };
    return {
      refuse: `“${title}” is not done: waiting alone would only send it again. /dr check ${step} looks without sending, /dr retry ${step} tries it again.`,
    };
  });
}

function moreForGate(request: Request, world: CommandWorld, gate: GateNode): Promise<Reply> {
  return act(request, world, (view) => {
    const c = view.snapshot.context;
    const { id, title } = gate;
    const { round, status } = gateState(c, id);
    const pressedOn = request.carried['round'];
    if (status !== 'open' || (typeof pressedOn === 'number' && pressedOn !== round))
      return { refuse: `“${title}” is not asked on this card any more: see its newest one. No time was added.` };
    if (!mayOperate(request.actor, world.operators).ok && !mayDecideFor(request.actor, c, gate).ok)
      return {
        refuse: ['You cannot give this more time. Who can: ', ...named([...gate.approvers, ...world.operators])],
        refused: 'rights',
      };
    if (!mayExtend(c, id))
      return {
        refuse: `“${title}” has been given more time often enough: decide it, or let it run out and ask it again.`,
      };
    return {
      event: ({ context: now }) => [
        {
          type: 'GATE_EXTENDED',
          gate: id,
          deadline: (gateState(now, id).deadline ?? world.runner.now()) + MORE_MS,
          by: request.person,
        },
      ],
      done: `“${title}” waits 5 minutes longer.`,
    };
  });
}

const named = (list: string[]): Span[] =>
  [...new Set(list)].flatMap((one, index) => [...(index > 0 ? [', '] : []), who(one)]);

export const more: Command = {
  name: 'more',
  usage: 'more [gate|step]',
  words: 1,
  summary: 'Five more minutes for a decision, or for a held step to become so.',
  access: 'vote',
  async handle(request, world) {
    const view = runOf(request, world);
    const meant = view ? waiting(request, view) : null;
    if (meant && 'gate' in meant) return await moreForGate(request, world, meant.gate);
    if (meant || !view) return await moreForStep(request, world);
    return await act(request, world, () => ({ refuse: `${view.run} waits for nothing that needs more time.` }));
  },
};
