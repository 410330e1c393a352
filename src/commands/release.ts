/**
 * Giving up the fence that is kept over a region left in an emergency: from then on nobody keeps it from taking writes.
 * Only by its typed name, never while a run is under way.
 */
import { twoWritable } from '../messages/released.ts';
import { SIGN } from '../messages/scene.ts';
import type { Form, Line, Reply } from '../ports/chat.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { viewOf } from './declare.ts';
import { regionProblem } from './failover.ts';
import { reasonField, sureField } from './fields.ts';

const NOTHING = 'Nothing was released.';

/** The fence as commands may ask about it. */
export type KeptFence = {
  /** Over which region it is kept, and since which run; null where none is. */
  owed(): { run: string; source: string; target: string } | null;
  /** False: this delivery has acted before. */
  release(
    owed: { run: string; source: string; target: string },
    person: string,
    reason: string,
    delivery: string,
  ): Promise<boolean>;
};
type Owed = NonNullable<ReturnType<KeptFence['owed']>>;

const meaning = ({ source, target, run }: Owed, { runner }: CommandWorld): Line[] => [
  [
    `${SIGN.emergency} `,
    { bold: `Regent keeps ${source} from taking writes since ${run}. ` },
    'Released, nothing does.',
  ],
  twoWritable(source, target),
  ...viewOf(source, runner.watch.health(source), runner.now()).lines,
];

const formOf = (owed: Owed, world: CommandWorld, reason: string): Form => ({
  id: 'release',
  title: 'Release the fence',
  submit: 'Release',
  meta: JSON.stringify({ region: owed.source }),
  lines: meaning(owed, world),
  fields: [reasonField(reason), sureField(owed.source, 'It may take writes from then on.')],
});

/** What stands in the way, with the form's field it belongs to; null where nothing does. */
function problem(region: string, world: CommandWorld): string | null {
  const wrong = region === '' ? 'Say which region: /dr release <region>.' : regionProblem(region, world);
  if (wrong) return `${wrong} ${NOTHING}`;
  const active = world.runner.active();
  if (active) return `${active.run} is under way, and decides itself what is fenced. ${NOTHING}`;
  const owed = world.fence?.owed() ?? null;
  if (owed?.source === region) return null;
  return `Regent keeps no fence over ${region}${owed ? `, only over ${owed.source}` : ''}. ${NOTHING}`;
}

export const release: Command = {
  name: 'release',
  usage: 'release <region> reason:"…" [sure:<region>]',
  summary: 'Fence a region that was lost no more. It may take writes from then on.',
  access: 'operate',
  words: 1,
  keys: ['sure'],
  async handle(request: Request, world: CommandWorld): Promise<Reply> {
    const { named, carried, words, via } = request;
    const refuse = refuser(request, world);
    const region = typeof carried['region'] === 'string' ? carried['region'] : (words[0] ?? '');
    const why = problem(region, world);
    if (why !== null) return await refuse(why);
    const owed = world.fence!.owed()!;
    const reason = (named['reason'] ?? '').trim();
    const sure = (named['sure'] ?? '').trim();
    if (via !== 'form' && (reason === '' || sure === '')) return { kind: 'form', form: formOf(owed, world, reason) };
    const missing =
      reason === ''
        ? { field: 'reason', why: `A release needs a reason. ${NOTHING}` }
        : sure === region
          ? null
          : { field: 'sure', why: `Type its name, ${region}, to release it; “${sure}” was typed. ${NOTHING}` };
    if (missing) {
      const reply = await refuse(missing.why, [], 'input');
      return via === 'form' ? atField(missing.field, missing.why) : reply;
    }
    const done = await world.fence!.release(owed, request.person, reason, request.delivery);
    if (!done) return { kind: 'none' };
    return say(
      [`${SIGN.emergency} `, { bold: region }, ' is released: Regent fences it no more.'],
      [twoWritable(region, owed.target)],
    );
  },
};
