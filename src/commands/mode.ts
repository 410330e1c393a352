/**
 * A planned run that cannot go on is made an emergency: a dialog with what is seen of the region and what is given up,
 * then the run goes on by the other runbook, and its first gate decides. There is no way back from it to a planned run.
 */
import { isForward, onlyWatched } from '../machine/due.ts';
import { maySwitch, noReturn } from '../machine/facts.ts';
import type { Context } from '../machine/types.ts';
import { haltLines } from '../messages/halt.ts';
import { movesNothing } from '../messages/reprotection.ts';
import { route, SIGN } from '../messages/scene.ts';
import { gaveUp } from '../messages/switch.ts';
import { isOf } from '../policy/authorize.ts';
import type { Form, FormField, Line, Reply } from '../ports/chat.ts';
import type { RunView } from '../runner/ledger.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, runOf, say } from './command.ts';
import { viewOf } from './declare.ts';
import { reasonField } from './fields.ts';

const NOTHING = 'Nothing was switched.';

/** Whether this run can go on as an emergency now. */
export const canGoOn = ({ snapshot, refused }: RunView): boolean =>
  // Once it is only watched its source is left, and nothing is owed there that an emergency would do without.
  refused === null && maySwitch(snapshot.context) && isForward(snapshot) && onlyWatched(snapshot) === null;

const seen = (c: Context, world: CommandWorld) =>
  viewOf(c.source, world.runner.watch.health(c.source), world.runner.now());

function formOf(c: Context, world: CommandWorld, reason: string): Form {
  const view = seen(c, world);
  const sure: FormField = {
    id: 'sure',
    label: `Type ${c.source} to go on`,
    kind: 'text',
    hint: 'Asked for because nobody sees the region down.',
  };
  return {
    id: 'mode',
    title: 'Go on as an emergency',
    submit: 'Go on',
    meta: JSON.stringify({ run: c.run, to: 'emergency' }),
    lines: [
      [`${SIGN.emergency} `, { bold: c.run }, ` · ${route(c)} is a planned run now.`],
      ...view.lines,
      `Given up with that: ${gaveUp(c)}`,
      'What it has done so far stays done. There is no way back to the planned run: only an abort, before the promotion.',
      approval(world),
    ],
    fields: [reasonField(reason), ...(view.is === 'down' ? [] : [sure])],
  };
}

/** Who decides it, in a sentence. */
function approval({ runner }: CommandWorld): string {
  const { required, votes } = runner.system.gates.declare;
  if (!required) return 'The configuration asks nobody to declare it; before anything is promoted, people are asked.';
  return `It takes ${votes} approval${votes === 1 ? '' : 's'} of “Declare the disaster”; yours counts if you are one of those who may. Before anything is promoted, people are asked once more.`;
}

/** Lets the run go on as an emergency, or says what is missing. */
export async function goOn(request: Request, world: CommandWorld, view: RunView): Promise<Reply> {
  const refuse = refuser(request, world);
  const { named, via, person, actor, delivery } = request;
  const c = view.snapshot.context;
  const no = async (field: string, why: string): Promise<Reply> => {
    const reply = await refuse(why, [], 'input');
    return via === 'form' ? atField(field, why) : reply;
  };
  const to = named['to'];
  if (to !== undefined && to !== 'auto' && to !== c.target)
    return await no(
      'to',
      `${c.run} goes to ${c.target}, and as an emergency too. To go to ${to}, abort it first. ${NOTHING}`,
    );
  const reason = (named['reason'] ?? '').trim();
  if (reason === '') {
    if (via !== 'form') return { kind: 'form', form: formOf(c, world, '') };
    return await no('reason', `Going on as an emergency needs a reason: /dr mode emergency reason:"…". ${NOTHING}`);
  }
  const sight = seen(c, world);
  const sure = (named['sure'] ?? '').trim();
  if (sight.is !== 'down' && sure !== c.source) {
    if (via !== 'form' && sure === '') return { kind: 'form', form: formOf(c, world, reason) };
    const how = sight.is === 'well' ? `${c.source} looks healthy` : `Nobody can say how ${c.source} is`;
    const typed = sure === '' ? '' : ` “${sure}” was typed.`;
    return await no('sure', `${how}. Type its name, ${c.source}, to give it up all the same.${typed} ${NOTHING}`);
  }
  const { approvers, requesterMayVote } = world.runner.system.gates.declare;
  const wish = {
    by: person,
    reason,
    vote: requesterMayVote && isOf(actor, approvers),
    byName: sight.is === 'down' ? null : sight.words,
  };
  const done = await world.runner.goOnAsEmergency(view.run, wish, delivery);
  if (done.ok)
    return say(
      [`${SIGN.emergency} `, { bold: view.run }, ` goes on as an emergency, ${route(c)}.`],
      [...sight.lines, approval(world), ...haltLines({ halt: world.runner.halt })],
    );
  if (done.because === 'duplicate') return { kind: 'none' };
  return await refuse(`${view.run} does not take that now: it has moved on. See /dr status.`);
}

/** Why a run cannot be made what was asked for; null where it can. */
function problem(view: RunView, wanted: string): Line | null {
  const c = view.snapshot.context;
  if (view.refused !== null)
    return `${view.run} holds an event this version of Regent does not take (number ${view.refused.index + 1}, ${view.refused.type}). Start the version that wrote it, or go on by hand.`;
  if (c.end !== null) return `${c.run} is over: there is nothing left to switch.`;
  if (wanted === c.mode) return `${c.run} is ${wanted === 'planned' ? 'a planned run' : 'an emergency'} already.`;
  if (movesNothing(c))
    return `${c.run} moves nothing: ${c.target} serves. If ${c.target} is lost, abort this run and declare ${c.target}.`;
  if (onlyWatched(view.snapshot) !== null)
    return `${c.run} is only watched now: ${c.target} serves. If ${c.target} is lost, declare it: /dr declare ${c.target} reason:"…". ${NOTHING}`;
  if (wanted === 'emergency') return canGoOn(view) ? null : `${c.run} is being undone: nothing is switched any more.`;
  const last = noReturn(c);
  const given = `${c.run} is an emergency: it has given ${c.source} up, and does not become a planned run again.`;
  return last === undefined
    ? `${given} Abort it, /dr abort reason:"…", and ask for a planned run; or let it end, and go back with a failback. ${NOTHING}`
    : `${given} Nor can it be aborted any more: “${last.title}” may have taken place. Let it end, and go back with a failback. ${NOTHING}`;
}

export const mode: Command = {
  name: 'mode',
  usage: 'mode emergency reason:"…" [sure:<region>]',
  summary: 'Let a planned run that cannot go on go on as an emergency.',
  access: 'operate',
  words: 1,
  keys: ['sure'],
  async handle(request, world) {
    const refuse = refuser(request, world);
    const carried = request.carried['to'];
    const wanted = (typeof carried === 'string' ? carried : (request.words[0] ?? '')).toLowerCase();
    if (wanted !== 'emergency' && wanted !== 'planned')
      return await refuse(
        `${wanted === '' ? 'Say which' : `“${wanted}” is no mode`}: /dr mode emergency reason:"…". ${NOTHING}`,
        [],
        'input',
      );
    const view = runOf(request, world);
    if (!view || view.snapshot.context.endedAt !== null)
      return await refuse('Nothing is being moved now. A disaster is declared with /dr declare <region>.');
    const why = problem(view, wanted);
    if (why !== null) return await refuse(why);
    return await goOn(request, world, view);
  },
};
