/**
 * Going past what the runner can know or do: marking a step, skipping one, taking the run over. Each needs a reason,
 * stays on the headline as an override, and the first two are decided by who may decide the step's gate.
 */
import { gateNode, gatesOf, noReturn, settled, stepNode, stepState, stepsOf, watched } from '../machine/facts.ts';
import type { Context, GateNode, StepNode } from '../machine/types.ts';
import { haltLines } from '../messages/halt.ts';
import { who } from '../messages/scene.ts';
import { mayDecideFor } from '../policy/authorize.ts';
import type { Form, Reply } from '../ports/chat.ts';
import type { NewEvent, RunView } from '../runner/ledger.ts';
import { type Command, type CommandWorld, type Request, refuser, runOf, say } from './command.ts';
import { reasonField } from './fields.ts';

/** The gate whose people answer for a step: its phase's own, else the promotion's. */
export const gateFor = (c: Context, step: StepNode): GateNode | undefined =>
  (step.phase === 'atEnd' ? undefined : gatesOf(c, step.phase)[0]) ?? gateNode(c, 'promote');

/** The held step that is meant: the button's, the one named, or the only one. */
function stepMeant(request: Request, c: Context, verb: Deed['verb']): StepNode | string {
  const held = c.holds.filter((hold) => hold.kind === 'step').flatMap((hold) => stepNode(c, hold.ref) ?? []);
  // A watch holds the run open without a hold: it can be ended too, by its name.
  const now = watched(c);
  const open = now === null || verb !== 'skip' ? undefined : stepNode(c, now.step);
  if (open !== undefined && !held.includes(open)) held.push(open);
  const carried = request.carried['step'];
  const meant = typeof carried === 'string' ? carried : request.words[0];
  const step = held.find((one) => one.id === meant);
  if (step) return step;
  if (held.length === 0) return `${c.run} is not held at a step: there is nothing to mark or skip.`;
  return `${meant === undefined ? 'Say which step' : `“${meant}” is not held`}. Held: ${held.map((one) => one.id).join(', ')}.`;
}

type Deed = {
  verb: 'mark' | 'skip';
  title: string;
  /** What is written when it is allowed; a string says why it is not. */
  event: (step: StepNode, reason: string) => NewEvent | string;
  lines: (step: StepNode) => string[];
  carried: Record<string, string>;
};

async function onStep(request: Request, world: CommandWorld, deed: Deed): Promise<Reply> {
  const refuse = refuser(request, world);
  const view = runOf(request, world);
  if (!view) return await refuse('Nothing is being moved now.');
  const c = view.snapshot.context;
  const step = stepMeant(request, c, deed.verb);
  if (typeof step === 'string') return await refuse(step);
  const gate = gateFor(c, step);
  const verdict = gate === undefined ? null : mayDecideFor(request.actor, c, gate);
  if (gate !== undefined && verdict?.ok === false)
    return await refuse([verdict.why, ...(verdict.why.endsWith(': ') ? gate.approvers.map(who) : [])], [], 'rights');
  const reason = (request.named['reason'] ?? '').trim();
  const event = deed.event(step, reason);
  if (typeof event === 'string') return await refuse(event);
  if (reason === '') {
    if (request.via === 'action') return { kind: 'form', form: reasonForm(view, step, deed) };
    return await refuse(`It needs a reason: /dr ${deed.verb} ${step.id} … reason:"…". Nothing was changed.`);
  }
  const appended = await world.runner.append(view.run, request.person, event, request.delivery);
  if (appended.ok) return say(`${deed.title}: “${step.title}”. It stays on the headline as an override.`);
  if (appended.because === 'duplicate') return { kind: 'none' };
  return await refuse(`${view.run} does not take that now: it has moved on. See /dr status.`);
}

const reasonForm = (view: RunView, step: StepNode, deed: Deed): Form => ({
  id: deed.verb,
  title: deed.title.slice(0, 24),
  submit: deed.title.slice(0, 24),
  meta: JSON.stringify({ run: view.run, step: step.id, ...deed.carried }),
  lines: [`“${step.title}” of ${view.run}.`, ...deed.lines(step)],
  fields: [reasonField('', 'Why')],
});

export const mark: Command = {
  name: 'mark',
  usage: 'mark <step> done|not-done reason:"…"',
  summary: 'Say what became of a held step, after looking yourself.',
  access: 'vote',
  words: 2,
  handle(request, world) {
    const said = String(request.carried['as'] ?? request.words[1] ?? '')
      .toLowerCase()
      .replaceAll('-', '');
    const as = said === 'done' ? 'done' : said === 'notdone' ? 'notDone' : null;
    return onStep(request, world, {
      verb: 'mark',
      title: as === 'notDone' ? 'Mark not done' : 'Mark done',
      carried: as === null ? {} : { as },
      lines: () => [
        as === 'done'
          ? 'You have seen that it is so. The run goes on from there; what comes after is still checked.'
          : 'You have seen that it did not happen. It is tried again.',
      ],
      event: (step, reason) => {
        if (as === null) return 'Say done or not-done: /dr mark <step> done reason:"…". Nothing was changed.';
        if (step.proves) return `“${step.title}” is a proof: it can be asked again, not marked.`;
        return { type: 'STEP_MARKED', step: step.id, as, by: request.person, reason };
      },
    });
  },
};

export const skip: Command = {
  name: 'skip',
  usage: 'skip <step> reason:"…"',
  summary: 'Go on without a held step. Proofs cannot be skipped.',
  access: 'vote',
  words: 1,
  handle: (request, world) =>
    onStep(request, world, {
      verb: 'skip',
      title: 'Skip',
      carried: {},
      lines: () => ['The run goes on as if it were done. Nothing of it is undone.'],
      event: (step, reason) => {
        const c = runOf(request, world)!.snapshot.context;
        if (step.proves) return `“${step.title}” is a proof that later steps rest on: it cannot be skipped.`;
        if (stepState(c, step.id).status === 'unknown' && noReturn(c)?.id === step.id)
          return `It is not known whether “${step.title}” took, and there is no way back from it: mark it first.`;
        return { type: 'STEP_SKIPPED', step: step.id, by: request.person, reason };
      },
    }),
};

/** What a takeover does now: the first tidies up, a second ends even that. */
function takeoverLines(view: RunView): string[] {
  const c = view.snapshot.context;
  const left = c.plan === null ? [] : stepsOf(c, 'atEnd').filter((step) => !settled(c, step.id));
  const titles = left.map((step) => `“${step.title}”`).join(', ');
  if (c.end !== null && left.length > 0) return [`${view.run} ends at once. Regent leaves undone: ${titles}.`];
  return [
    left.length === 0
      ? `${view.run} ends here for Regent: nothing is undone and nothing more is done.`
      : `Nothing is undone. Regent lifts what it froze (${titles}), and does nothing more.`,
    'What is in flight is still written down.',
  ];
}

export const takeover: Command = {
  name: 'takeover',
  usage: 'takeover reason:"…"',
  summary: 'Go on by hand: Regent lifts what it froze, and does nothing more on this run.',
  access: 'operate',
  words: 0,
  async handle(request, world) {
    const refuse = refuser(request, world);
    const view = runOf(request, world);
    if (!view || view.snapshot.context.endedAt !== null) return await refuse('Nothing is being moved now.');
    const reason = (request.named['reason'] ?? '').trim();
    if (reason === '') {
      if (request.via !== 'action')
        return await refuse('A takeover needs a reason: /dr takeover reason:"…". Nothing was changed.');
      return {
        kind: 'form',
        form: {
          id: 'takeover',
          title: 'Take over',
          submit: 'Take over',
          meta: JSON.stringify({ run: view.run }),
          lines: takeoverLines(view),
          fields: [reasonField('', 'Why')],
        },
      };
    }
    const appended = await world.runner.append(
      view.run,
      request.person,
      { type: 'TAKEN_OVER', by: request.person, reason },
      request.delivery,
    );
    if (!appended.ok)
      return appended.because === 'duplicate'
        ? { kind: 'none' }
        : await refuse('That could not be taken now. See /dr status.');
    return say(
      appended.view.snapshot.context.endedAt === null
        ? `${view.run} is yours: Regent lifts what it froze, and does nothing more on it.`
        : `${view.run} is yours: Regent does nothing more on it.`,
      haltLines({ halt: world.runner.halt }),
    );
  },
};
