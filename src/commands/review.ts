/**
 * Looking back on what people went past: by somebody who made none of it. Until then the overrides stay on show.
 */
import { mayReview } from '../machine/facts.ts';
import type { Context, GateNode } from '../machine/types.ts';
import { who } from '../messages/scene.ts';
import { type Actor, isOf } from '../policy/authorize.ts';
import type { Form, Line } from '../ports/chat.ts';
import type { RunView } from '../runner/ledger.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, runOf, say } from './command.ts';

/** Ended, with overrides nobody else has looked at yet. */
export const waitsForReview = ({ endedAt, overrides, reviewed }: Context): boolean =>
  endedAt !== null && overrides.length > 0 && reviewed === null;

/** Operators and approvers of the run review; nobody their own. */
export function reviews(actor: Actor, c: Context, operators: string[]): boolean {
  const gates = c.nodes.filter((node): node is GateNode => node.kind === 'gate');
  const asked = [...operators, ...gates.flatMap((gate) => [...gate.approvers, ...gate.escalateTo])];
  return actor.kind === 'member' && isOf(actor, asked) && mayReview(c, actor.id);
}

/** The run that is meant: the button's, the one named, else the latest that waits. */
function meant(request: Request, world: CommandWorld): RunView | string {
  const name = request.words[0];
  if (typeof request.carried['run'] !== 'string' && name === undefined)
    return (
      world.runner.all().findLast(({ snapshot }) => waitsForReview(snapshot.context)) ??
      'No run waits for a review: every override of an ended run has been looked at.'
    );
  const view = name === undefined ? runOf(request, world) : world.runner.view(name);
  return view ?? `“${name ?? request.carried['run']}” is not a run. See /dr history.`;
}

/** Why this person may not; null when they may. */
function noRight(c: Context, actor: Actor, operators: string[]): string | null {
  if (c.overrides.some(({ by }) => by === actor.id))
    return `You made an override of ${c.run}: somebody who made none reviews them.`;
  return reviews(actor, c, operators) ? null : 'Operators and approvers review, and you are neither.';
}

/** Why this run takes no review now; null when it does. */
function refusal(c: Context): Line | null {
  if (c.endedAt === null) return `${c.run} is still under way: what was overridden is reviewed after its end.`;
  if (c.overrides.length === 0) return `Nothing was overridden in ${c.run}: there is nothing to review.`;
  if (c.reviewed) return [`${c.run} was reviewed by `, who(c.reviewed.by), ' at ', { time: c.reviewed.at }, '.'];
  return null;
}

const form = ({ overrides, run }: Context): Form => ({
  id: 'review',
  title: 'Overrides reviewed',
  submit: 'Reviewed',
  meta: JSON.stringify({ run }),
  lines: [
    `What people went past in ${run}:`,
    ...overrides.map(
      ({ rule, by, reason }): Line => ['· ', { code: rule }, ' by ', who(by), ', ', { untrusted: `“${reason}”` }],
    ),
  ],
  fields: [{ id: 'note', label: 'What you found', kind: 'text', hint: 'Everybody will read it.' }],
});

export const review: Command = {
  name: 'review',
  usage: 'review [run] note:"…"',
  keys: ['note'],
  words: 1,
  summary: 'Say what you found about the overrides of an ended run, none of them yours.',
  access: 'vote',
  async handle(request, world) {
    const refuse = refuser(request, world);
    const view = meant(request, world);
    if (typeof view === 'string') return await refuse(view);
    const c = view.snapshot.context;
    const why = refusal(c);
    if (why !== null) return await refuse(why);
    const right = noRight(c, request.actor, world.operators);
    if (right !== null) return await refuse(right, [], 'rights');
    const note = (request.named['note'] ?? '').trim();
    if (note === '') {
      if (request.via === 'action') return { kind: 'form', form: form(c) };
      const missing = `A review needs what you found: /dr review ${c.run} note:"…". Nothing was written.`;
      const reply = await refuse(missing, [], 'input');
      return request.via === 'form' ? atField('note', missing) : reply;
    }
    const appended = await world.runner.append(
      view.run,
      request.person,
      { type: 'REVIEWED', by: request.person, note },
      request.delivery,
    );
    if (appended.ok) return say(`The overrides of ${c.run} are reviewed. It stands on its headline.`);
    if (appended.because === 'duplicate') return { kind: 'none' };
    return await refuse(refusal(world.runner.view(view.run)!.snapshot.context) ?? 'That could not be taken now.');
  },
};
