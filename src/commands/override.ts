/**
 * Going on without a rule of the house that is not met: by name, with a reason, on show until somebody else has looked
 * at it. Whoever asked for the run may do it: a rule protects people's plans, a gate protects the data.
 */
import { heldRules } from '../machine/facts.ts';
import type { StepNode } from '../machine/types.ts';
import type { Form, Reply } from '../ports/chat.ts';
import type { NewEvent, RunView } from '../runner/ledger.ts';
import { atField, type Command, type Request, refuser, runOf, say } from './command.ts';
import { reasonField } from './fields.ts';

const ALL = 'all';

/** What was named: by a form all that its card showed, by a button or a line one rule or all of them. */
function namedBy(request: Request): string[] {
  const { steps, step } = request.carried;
  if (Array.isArray(steps)) return steps.map(String);
  if (typeof step === 'string') return [step];
  return request.words.slice(0, 1);
}

/** The held rules that are meant, or the sentence why none is. */
function rulesMeant(request: Request, view: RunView): StepNode[] | string {
  const c = view.snapshot.context;
  const held = heldRules(c).map(({ step }) => step);
  const names = namedBy(request);
  const example = `/dr override ${held.length === 1 ? held[0]!.id : ALL} reason:"…"`;
  if (held.length === 0) {
    const other = c.holds.find((hold) => hold.kind === 'step');
    return `${c.run} is held at no house rule: there is nothing to go on without.${other ? ` It is held at ${other.ref}: /dr skip ${other.ref} reason:"…" goes on without that.` : ''}`;
  }
  if (names.length === 0) return `Say which rule: ${held.map(({ id }) => id).join(', ')}, or all. Like ${example}.`;
  if (names[0] === ALL) return held;
  const meant = held.filter(({ id }) => names.includes(id));
  if (meant.length > 0) return meant;
  const lost = names.map((name) => `“${name}”`).join(', ');
  return `${lost} ${names.length === 1 ? 'is no rule' : 'are no rules'} ${c.run} is held at. Held: ${held.map(({ id }) => id).join(', ')}. Nothing was changed.`;
}

const titles = (steps: StepNode[]): string => steps.map(({ title }) => `“${title}”`).join(', ');

function reasonForm(view: RunView, steps: StepNode[]): Form {
  const { holds } = view.snapshot.context;
  return {
    id: 'override',
    title: steps.length === 1 ? 'Go on without it' : `Go on without all ${steps.length}`,
    submit: 'Go on',
    meta: JSON.stringify({ run: view.run, steps: steps.map(({ id }) => id) }),
    lines: [
      ...steps.map(({ id, title }) => ({
        untrusted: `“${title}”: ${holds.find(({ ref }) => ref === id)?.why ?? ''}`,
      })),
      `${view.run} goes on without ${steps.length === 1 ? 'it' : 'them'}. Your name and the reason stay on show until somebody else has looked at it.`,
    ],
    fields: [reasonField('', 'Why')],
  };
}

export const override: Command = {
  name: 'override',
  usage: 'override <rule>|all reason:"…"',
  summary: 'Go on without a house rule that is not met. Your name stays on it.',
  access: 'operate',
  words: 1,
  async handle(request, world): Promise<Reply> {
    const refuse = refuser(request, world);
    const view = runOf(request, world);
    if (!view) return await refuse('Nothing is being moved now.');
    if (view.snapshot.context.endedAt !== null) return await refuse(`${view.run} has ended. Nothing more to do.`);
    const steps = rulesMeant(request, view);
    if (typeof steps === 'string') return await refuse(steps);
    const reason = (request.named['reason'] ?? '').trim();
    if (reason === '') {
      if (request.via === 'action') return { kind: 'form', form: reasonForm(view, steps) };
      const name = steps.length === 1 ? steps[0]!.id : ALL;
      const missing = `It needs a reason: /dr override ${name} reason:"…". Nothing was changed.`;
      const reply = await refuse(missing);
      return request.via === 'form' ? atField('reason', missing) : reply;
    }
    const events = steps.map(({ id }): NewEvent => ({ type: 'STEP_SKIPPED', step: id, by: request.person, reason }));
    const appended = await world.runner.append(view.run, request.person, () => events, request.delivery);
    if (appended.ok)
      return say(`${view.run} goes on without ${titles(steps)}.`, [
        'Your name and the reason stay on the headline until somebody else has looked at it.',
      ]);
    if (appended.because === 'duplicate') return { kind: 'none' };
    return await refuse(`${view.run} does not take that now: it has moved on. See /dr status.`);
  },
};
