/** Going home: back to the region that serves when nothing has happened. Never by itself, and never from home. */
import { haltLines } from '../messages/halt.ts';
import type { Form, Refused, Reply } from '../ports/chat.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { END_WATCH, endedLines, endingForm, wayFree } from './end-watch.ts';
import { regionProblem } from './failover.ts';
import { reasonField } from './fields.ts';
import { notBegun } from './take-out.ts';

const NOTHING = 'Nothing was started.';

export const failbackForm = ({ runner }: CommandWorld, reason = ''): Form => ({
  id: 'failback',
  title: 'Failback',
  submit: 'Start',
  meta: '{}',
  lines: [
    ['Back to ', { bold: runner.system.home }, ', which serves when nothing has happened.'],
    'It is looked at first: whether it is whole, follows, and no fence is left there. Nothing is changed before a second person has approved.',
  ],
  fields: [reasonField(reason)],
});

type Problem = { why: string; refused?: Refused };

/** What is wrong with what was typed; null where nothing is. */
function typedWrong(region: string | undefined, world: CommandWorld): Problem | null {
  const { home, organization } = world.runner.system;
  if (region === undefined || region === home) return null;
  const wrong = regionProblem(region, world);
  if (wrong) return { why: `${wrong} ${NOTHING}`, refused: 'input' };
  return {
    why: `${region} is not where ${organization} is at home: that is ${home}, by role: primary of the configuration. Leave the region out; anywhere else goes /dr failover. ${NOTHING}`,
    refused: 'input',
  };
}

/** From where it goes home, by who serves now; or why there is no way home. */
export function leaving(
  roles: Record<string, 'primary' | 'standby' | 'unknown'>,
  { runner, fence }: Pick<CommandWorld, 'runner' | 'fence'>,
): { from: string } | { why: string } {
  const { home, organization } = runner.system;
  const primaries = Object.keys(roles).filter((region) => roles[region] === 'primary');
  const [from] = primaries;
  if (primaries.length > 1)
    return { why: `Postgres takes writes in ${primaries.join(' and in ')}: look at that first.` };
  if (from === undefined) return { why: `No region answers as the primary: look at that first.` };
  if (from === home) return { why: `${organization} is at home already: ${home} serves.` };
  const owed = fence?.owed() ?? null;
  if (owed?.source === home)
    return {
      why: `${home} is no standby yet: Regent keeps it from taking writes since ${owed.run}. Make it a standby of ${from} first.`,
    };
  return { from };
}

export const failback: Command = {
  name: 'failback',
  usage: 'failback [<region>] reason:"…" [end-watch:<run>]',
  summary: 'Go home, planned: back to the region that serves when nothing has happened. A second person approves.',
  access: 'operate',
  words: 1,
  keys: [END_WATCH],
  async handle(request: Request, world: CommandWorld): Promise<Reply> {
    const { words, named, carried, via, person, delivery } = request;
    const refuse = refuser(request, world);
    const { runner } = world;
    const reason = (named['reason'] ?? '').trim();
    const free = await wayFree(request, world, { command: 'failback', label: 'fail back', value: { reason } });
    if ('reply' in free) return free.reply;
    const { ends } = free;
    const { halt } = runner;
    if (halt) return await refuse(`No run is started while this stands. ${NOTHING}`, haltLines({ halt }));
    const wrong = typedWrong(words[0], world);
    if (wrong) return await refuse(wrong.why, [], wrong.refused);
    if (reason === '' || via === 'action') {
      if (via !== 'form') {
        const { reason: before } = carried;
        const form = failbackForm(world, typeof before === 'string' ? before : '');
        return { kind: 'form', form: endingForm(form, ends, world) };
      }
      const missing = `A failback needs a reason: /dr failback reason:"…". ${NOTHING}`;
      await refuse(missing, [], 'input');
      return atField('reason', missing);
    }
    const seen = leaving(await runner.rolesNow(), world);
    if ('why' in seen) {
      const why = `${seen.why} ${NOTHING}`;
      const reply = await refuse(why);
      return via === 'form' ? atField('reason', why) : reply;
    }
    const { from } = seen;
    const { home } = runner.system;
    const begun = await runner.beginFailback(from, home, reason, person, delivery, { ends });
    if (!begun.ok) return await notBegun(begun, request, world);
    const { run } = begun.view;
    const link = await world.linkTo(run);
    return say(
      [
        { bold: run },
        ` is the failback ${from} → ${home}. `,
        ...(link === null ? [] : [{ link, text: 'Follow it ↗' }]),
      ],
      [
        `${home} is checked and prepared now, and a second person is waited for before anything stops.`,
        ...endedLines(ends),
      ],
    );
  },
};
