/**
 * A request that comes while the run before is only watched. A disaster in the region that is watched ends the watch by
 * itself; for anything else a person says that it is to end, and then both happen in one go.
 */
import type { Json } from '../lib/json.ts';
import { onlyWatched } from '../machine/due.ts';
import { stepNode } from '../machine/facts.ts';
import { who } from '../messages/scene.ts';
import { mayDecideFor } from '../policy/authorize.ts';
import type { Form, Line, Reply } from '../ports/chat.ts';
import { endedByLoss } from '../runner/ending.ts';
import type { Ends } from '../runner/face.ts';
import type { RunView } from '../runner/ledger.ts';
import { busy } from './busy.ts';
import { type CommandWorld, type Request, refuser } from './command.ts';
import { gateFor } from './intervene.ts';

/** The key it is said by: `end-watch:eden-1`. */
export const END_WATCH = 'end-watch';

/** What was asked for, as the button that ends the watch too carries it. */
export type Wanted = {
  command: string;
  /** After “End the watch and”: `fail back`. */
  label: string;
  value: { [key: string]: Json };
  /** The region that is declared lost; null where nothing is. */
  lost?: string | null;
};

const toldBy = ({ named, carried }: Request): string => String(named[END_WATCH] ?? carried['endWatch'] ?? '');

/** Whether a run may begin: nothing is under way, or what is ends with it; else the answer that says why not. */
export async function wayFree(
  request: Request,
  world: CommandWorld,
  wanted: Wanted,
): Promise<{ ends: Ends | null } | { reply: Reply }> {
  const active = world.runner.active();
  if (!active) return { ends: null };
  const loss = wanted.lost == null ? null : endedByLoss(active, wanted.lost);
  if (loss !== null) return { ends: loss };
  const watch = active.refused === null ? onlyWatched(active.snapshot) : null;
  const refuse = refuser(request, world);
  if (watch === null) return { reply: await refuse(...(await busy(active.run, world))) };
  if (toldBy(request) !== active.run) return { reply: await offered(request, world, active, wanted) };
  const c = active.snapshot.context;
  const gate = gateFor(c, stepNode(c, watch.step)!);
  const verdict = gate === undefined ? null : mayDecideFor(request.actor, c, gate);
  if (gate !== undefined && verdict?.ok === false)
    return {
      reply: await refuse(
        [`${c.run} is only watched, and not everybody may end that. ${verdict.why}`, ...gate.approvers.map(who)],
        [],
        'rights',
      ),
    };
  const why = (request.named['reason'] ?? '').trim();
  return { ends: { run: active.run, why: why === '' ? wanted.label : why, lost: null } };
}

/** No, with the button that does both. */
async function offered(
  request: Request,
  world: CommandWorld,
  active: RunView,
  { command, label, value }: Wanted,
): Promise<Reply> {
  const [why] = await busy(active.run, world);
  const how = `It ends with this where ${END_WATCH}:${active.run} is added, or by the button; who may skip a step may end it.`;
  const no = await refuser(request, world)(why, [how]);
  if (no.kind !== 'message') return no;
  const action = {
    id: `${command}:end-watch`,
    label: `End the watch and ${label}…`,
    style: 'danger' as const,
    value: JSON.stringify({ ...value, endWatch: active.run }),
  };
  return { ...no, message: { ...no.message, actions: [action] } };
}

/** The dialog says what ends with it, and carries that it was said. */
export function endingForm(form: Form, ends: Ends | null, world: CommandWorld): Form {
  if (ends === null) return form;
  const said = ends.lost === null ? { endWatch: ends.run } : {};
  return {
    ...form,
    meta: JSON.stringify({ ...JSON.parse(form.meta), ...said }),
    lines: [...form.lines, ...endingLines(ends, world)],
  };
}

/** What ends with the request, before it is done. */
function endingLines({ run }: Ends, { runner }: CommandWorld): Line[] {
  const watch = runner.view(run)?.snapshot.context.watch;
  if (watch == null) return [];
  const { until, findings } = watch;
  const trouble =
    findings.length === 0 ? 'no trouble is seen now' : `seen now: ${findings.map(({ words }) => words).join('; ')}`;
  return [[`${run} ends with that: it is only watched, until `, { time: until }, '; ', { untrusted: trouble }, '.']];
}

/** And after. */
export const endedLines = (ends: Ends | null): Line[] =>
  ends === null ? [] : [`${ends.run} has ended with that: it was only watched. Its headline says so.`];
