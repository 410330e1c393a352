/** Pausing, going on, trying again, asking again, undoing, noting: what operators do to a run under way. */
import { whereIs } from '../machine/due.ts';
import { noReturn, stepNode, toUndo } from '../machine/facts.ts';
import { haltLines } from '../messages/halt.ts';
import type { Line, Refused, Reply } from '../ports/chat.ts';
import type { NewEvent, RunView } from '../runner/ledger.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, runOf, say } from './command.ts';
import { reasonField } from './fields.ts';
import { plainText } from './parse.ts';

type Deed = {
  event: NewEvent | ((snapshot: RunView['snapshot']) => NewEvent[]);
  /** What the person reads when it was taken. */
  done: string;
};

/** Takes the event, or says why not. */
export async function act(
  request: Request,
  world: CommandWorld,
  make: (view: RunView) => Deed | { refuse: Line; refused?: Refused },
): Promise<Reply> {
  const refuse = refuser(request, world);
  const view = runOf(request, world);
  if (!view) return await refuse('Nothing is being moved now.');
  if (view.refused !== null)
    return await refuse(
      `${view.run} holds an event this version of Regent does not take (number ${view.refused.index + 1}, ${view.refused.type}). Start the version that wrote it, or go on by hand.`,
    );
  const made = make(view);
  if ('refuse' in made) return await refuse(made.refuse, [], made.refused);
  const appended = await world.runner.append(view.run, request.person, made.event, request.delivery);
  if (appended.ok)
    return request.via === 'action' ? { kind: 'none' } : say(made.done, haltLines({ halt: world.runner.halt }));
  if (appended.because === 'duplicate') return { kind: 'none' };
  return await refuse(`${view.run} does not take that now: it has moved on. See /dr status.`);
}

const endedWords = (view: RunView): string | null =>
  view.snapshot.context.endedAt === null ? null : `${view.run} has ended. Nothing more to do.`;
const reasonOf = ({ named, words }: Request): string => (named['reason'] ?? words.join(' ')).trim();

export const pause: Command = {
  name: 'pause',
  usage: 'pause [reason:"…"]',
  summary: 'Let nothing new start. What is in flight goes on.',
  access: 'operate',
  handle: (request, world) =>
    act(request, world, (view) => {
      const ended = endedWords(view);
      if (ended) return { refuse: ended };
      const by = view.snapshot.context.holds.find((hold) => hold.kind === 'person');
      if (by) return { refuse: `${view.run} is already paused. Go on with /dr resume.` };
      const reason = reasonOf(request);
      return {
        event: { type: 'PAUSED', by: request.person, reason: reason === '' ? null : reason },
        done: `${view.run} is paused: nothing new starts, what is in flight goes on. Go on with /dr resume.`,
      };
    }),
};

export const resume: Command = {
  name: 'resume',
  usage: 'resume',
  words: 0,
  summary: 'Go on after a pause.',
  access: 'operate',
  handle: (request, world) =>
    act(request, world, (view) => {
      const { holds } = view.snapshot.context;
      if (!holds.some((hold) => hold.kind === 'person' || hold.kind === 'replay')) {
        const other = holds[0];
        return {
          refuse: other
            ? `${view.run} is not paused by a person: it is held at ${other.ref}. Use /dr retry${other.kind === 'step' ? ` ${other.ref}` : ''}, or /dr abort.`
            : `${view.run} is not paused.`,
        };
      }
      return { event: { type: 'RESUMED', by: request.person }, done: `${view.run} goes on.` };
    }),
};

/** The held step that is meant: the button's, the one named, or the first. */
export function heldStep(
  request: Request,
  view: RunView,
  verb: 'retry' | 'check',
): { step: string; title: string } | { refuse: string } {
  const held = view.snapshot.context.holds.filter((hold) => hold.kind === 'step');
  const carried = request.carried['step'];
  const meant = typeof carried === 'string' ? carried : request.words[0];
  const hold = meant === undefined ? held[0] : held.find((one) => one.ref === meant);
  if (hold) return { step: hold.ref, title: stepNode(view.snapshot.context, hold.ref)?.title ?? 'the plan' };
  return {
    refuse:
      held.length === 0
        ? `${view.run} is not held at a step: there is nothing to ${verb}.`
        : `“${meant}” is not held. Held: ${held.map((one) => one.ref).join(', ')}.`,
  };
}

export const retry: Command = {
  name: 'retry',
  usage: 'retry [step]',
  words: 1,
  summary: 'Ask again about a held step, or try it again if it is surely not done.',
  access: 'operate',
  handle: (request, world) =>
    act(request, world, (view) => {
      const meant = heldStep(request, view, 'retry');
      if ('refuse' in meant) return meant;
      return {
        event: { type: 'STEP_RETRIED', step: meant.step, by: request.person },
        done: `“${meant.title}” is asked about again.`,
      };
    }),
};

export const ask: Command = {
  name: 'ask',
  usage: 'ask <gate>',
  words: 1,
  summary: 'Ask a denied or timed-out gate again.',
  access: 'operate',
  buttonOnly: true,
  handle: (request, world) =>
    act(request, world, (view) => {
      const gate = String(request.carried['gate'] ?? request.words[0] ?? '');
      const state = view.snapshot.context.gates[gate];
      if (!state || !['denied', 'expired'].includes(state.status))
        return { refuse: `“${gate}” is not denied or timed out: there is nothing to ask again.` };
      return {
        event: { type: 'GATE_REOPENED', gate, why: state.status === 'denied' ? 'it was denied' : 'it timed out' },
        done: 'It is asked again.',
      };
    }),
};

export const abort: Command = {
  name: 'abort',
  usage: 'abort reason:"…"',
  summary: 'Undo everything attempted, last first. Not after the promotion.',
  access: 'operate',
  async handle(request, world) {
    const view = runOf(request, world);
    const reason = reasonOf(request);
    if (
      view &&
      request.via === 'action' &&
      view.refused === null &&
      view.snapshot.context.end === null &&
      whereIs(view.snapshot) !== 'rollingBack' &&
      !noReturn(view.snapshot.context)
    ) {
      const steps = toUndo(view.snapshot.context).map((step) => step.title);
      return {
        kind: 'form',
        form: {
          id: 'abort',
          title: 'Abort and undo',
          submit: 'Abort',
          meta: JSON.stringify({ run: view.run }),
          lines: [
            steps.length === 0 ? 'Nothing has been changed: there is nothing to undo.' : 'Undone, in this order:',
            ...steps.map((title) => `↩ ${title}`),
          ],
          fields: [reasonField('', 'Why')],
        },
      };
    }
    const missing = 'An abort needs a reason: /dr abort reason:"…". Nothing was undone.';
    if (request.via === 'form' && reason === '') {
      await refuser(request, world)(missing);
      return atField('reason', missing);
    }
    return await act(request, world, (now) => {
      const c = now.snapshot.context;
      const ended = endedWords(now);
      if (ended) return { refuse: ended };
      if (whereIs(now.snapshot) === 'rollingBack') return { refuse: `${now.run} is being undone already.` };
      if (c.end !== null) return { refuse: `${now.run} is over and only tidies up: there is nothing left to abort.` };
      const last = noReturn(c);
      if (last)
        return {
          refuse: `Abort is no longer possible: “${last.title}” may have taken place. ${last.noUndo} You can pause, or retry what is held.`,
        };
      if (reason === '') return { refuse: missing };
      const count = toUndo(c).length;
      return {
        event: { type: 'ABORTED', by: request.person, reason },
        done: `${now.run} is aborted${count === 0 ? '; nothing had been changed' : `; ${count} step${count === 1 ? ' is' : 's are'} undone, last first`}.`,
      };
    });
  },
};

export const note: Command = {
  name: 'note',
  usage: 'note <text>',
  summary: 'Write a line into the run’s thread and record.',
  access: 'operate',
  async handle(request, world) {
    // As it was typed: a note is no command line, and "to:" in it is only a word.
    const carried = request.carried['text'];
    const text = typeof carried === 'string' ? carried : plainText(request.text).replace(/^\S+\s*/, '');
    const view = world.runner.active() ?? world.runner.last();
    const refuse = refuser(request, world);
    if (text === '') return await refuse('A note needs its text: /dr note vendor called back, ETA 20 min.');
    if (!view) return await refuse('There is no run to note this on.');
    const appended = await world.runner.append(
      view.run,
      request.person,
      { type: 'NOTED', by: request.person, text },
      request.delivery,
    );
    if (appended.ok) return say(`Noted on ${view.run}.`);
    if (appended.because === 'duplicate') return { kind: 'none' };
    return await refuse(`The note could not be kept: ${view.run} holds an event this version of Regent does not take.`);
  },
};
