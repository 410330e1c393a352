/**
 * Lifting what an earlier run has left in a region to keep it from serving. Only on purpose, by name, with a reason; and
 * only where its Postgres is seen to be a standby: of anything else nobody knows what it would write.
 */
import { sentenceOf } from '../lib/errors.ts';
import { holdOn } from '../machine/facts.ts';
import { haltLines } from '../messages/halt.ts';
import { SIGN } from '../messages/scene.ts';
import type { Form, Line, Reply } from '../ports/chat.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { regionProblem } from './failover.ts';
import { reasonField } from './fields.ts';

const NOTHING = 'Nothing was lifted.';
/** The step that holds a run over them. */
const HELD_AT = 'no-stale-fence';

/** As commands may ask for it. Null: this delivery has acted before. */
export type Lift = (
  asked: { region: string; serving: string; by: string; reason: string },
  delivery: string,
) => Promise<{ lifted: string[]; kept: string[]; failed: string[] } | null>;

const formOf = (region: string, { runner }: CommandWorld): Form => {
  const why = heldAt(runner.active())?.why;
  return {
    id: 'lift',
    title: 'Lift the fences',
    submit: 'Lift',
    meta: JSON.stringify({ region }),
    lines: [
      ...(why === undefined ? [] : [{ untrusted: why }]),
      `They keep ${region} from serving. Your name and the reason are written down with each.`,
    ],
    fields: [reasonField('', 'Why')],
  };
};

const heldAt = (view: ReturnType<CommandWorld['runner']['active']>) =>
  view && holdOn(view.snapshot.context, 'step', HELD_AT);

/** What stands in the way of it; null where nothing does. */
function problem(region: string, world: CommandWorld): string | null {
  const wrong = region === '' ? 'Say which region: /dr lift <region> reason:"…".' : regionProblem(region, world);
  if (wrong) return wrong;
  const c = world.runner.active()?.snapshot.context;
  if (c && !(c.target === region && heldAt(world.runner.active())))
    return `${c.run} is under way and not held at a fence in ${region}: it decides itself what is fenced.`;
  const owed = world.fence?.owed() ?? null;
  if (owed?.source === region)
    return `Regent keeps ${region} from taking writes since ${owed.run}: make it a standby of ${owed.target} first.`;
  return null;
}

/** The region that serves, where this one is seen to be its standby; or why nothing may be lifted. */
function servingBeside(
  region: string,
  roles: Record<string, 'primary' | 'standby' | 'unknown'>,
): { serving: string } | { why: string } {
  const primaries = Object.keys(roles).filter((one) => roles[one] === 'primary');
  if (roles[region] === 'unknown')
    return { why: `Postgres in ${region} does not answer: what it would do once it is let, nobody can say.` };
  if (roles[region] === 'primary')
    return {
      why:
        primaries.length > 1
          ? `Postgres in ${primaries.join(' and in ')} takes writes: make one of them a standby of the other first.`
          : `${region} serves: what is fenced there is no leftover.`,
    };
  const [serving] = primaries;
  return serving === undefined
    ? { why: 'No region answers as the primary: look at that first.' }
    : primaries.length > 1
      ? { why: `Postgres in ${primaries.join(' and in ')} takes writes: one of them must be made a standby first.` }
      : { serving };
}

export const lift: Command = {
  name: 'lift',
  usage: 'lift <region> reason:"…"',
  summary: 'Lift the fences an earlier run has left in a region, so that it can serve again.',
  access: 'operate',
  words: 1,
  async handle(request: Request, world: CommandWorld): Promise<Reply> {
    const { named, carried, words, via, person, delivery } = request;
    const refuse = refuser(request, world);
    const region = typeof carried['region'] === 'string' ? carried['region'] : (words[0] ?? '');
    const why = problem(region, world);
    if (why !== null) return await refuse(`${why} ${NOTHING}`);
    const { halt } = world.runner;
    if (halt) return await refuse(`Nothing is sent while this stands. ${NOTHING}`, haltLines({ halt }));
    const reason = (named['reason'] ?? '').trim();
    if (reason === '') {
      if (via !== 'form') return { kind: 'form', form: formOf(region, world) };
      const missing = `It needs a reason: /dr lift ${region} reason:"…". ${NOTHING}`;
      await refuse(missing, [], 'input');
      return atField('reason', missing);
    }
    const seen = servingBeside(region, await world.runner.rolesNow());
    if ('why' in seen) return await refuse(`${seen.why} ${NOTHING}`);
    const asked = { region, serving: seen.serving, by: person, reason };
    const came = await world.lift!(asked, delivery).catch((error: unknown) => sentenceOf(error));
    if (came === null) return { kind: 'none' };
    if (typeof came === 'string') return await refuse(`Nobody can say what stands in ${region}: ${came} ${NOTHING}`);
    const again = came.lifted.length > 0 ? await askAgain(person, world) : null;
    return answer(region, came, again);
  },
};

/** The run that is held over them looks once more. */
async function askAgain(person: string, { runner }: CommandWorld): Promise<string | null> {
  const view = runner.active();
  if (!view || !heldAt(view)) return null;
  const event = { type: 'STEP_RETRIED' as const, step: HELD_AT, by: person };
  const appended = await runner.append(view.run, person, event, null);
  return appended.ok ? view.run : null;
}

function answer(
  region: string,
  { lifted, kept, failed }: { lifted: string[]; kept: string[]; failed: string[] },
  again: string | null,
): Reply {
  const lines: Line[] = [
    ...lifted.map((one) => ({ untrusted: `${SIGN.done} ${one}` })),
    ...kept.map((one) => ({ untrusted: `${SIGN.held} stays: ${one}` })),
    ...failed.map((one) => ({ untrusted: `${SIGN.notDone} ${one}` })),
    ...(again === null ? [] : [`${again} looks again.`]),
  ];
  if (lifted.length + kept.length + failed.length === 0) return say(`No fence stands in ${region}. ${NOTHING}`);
  const some = failed.length + kept.length > 0;
  return say(
    `${lifted.length} of ${lifted.length + kept.length + failed.length} fences lifted in ${region}.`,
    lines,
    some ? 'bad' : 'plain',
  );
}
