/** A region that was left becomes a standby of the one that serves again. What only it holds may be thrown away: others decide. */
import { haltLines } from '../messages/halt.ts';
import type { Form, Refused, Reply } from '../ports/chat.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { busy, regionProblem } from './failover.ts';
import { notBegun } from './take-out.ts';

const NOTHING = 'Nothing was started.';

const formOf = (region: string): Form => ({
  id: 'reprotect',
  title: 'Protect again',
  submit: 'Start',
  meta: JSON.stringify({ region }),
  lines: [
    `${region} becomes a standby again. It is looked at first: what only it holds is shown, and kept before it is replaced. Nothing is changed before a second person has approved.`,
  ],
  fields: [{ id: 'reason', label: 'Reason', kind: 'text', hint: 'Everybody will read it.' }],
});

type Problem = { why: string; refused?: Refused };

/** What is wrong with what was typed, or configured; null where nothing is. */
function typedWrong(region: string, world: CommandWorld): Problem | null {
  if (region === '')
    return { why: `Say which region: /dr reprotect <region> reason:"…". ${NOTHING}`, refused: 'input' };
  const wrong = regionProblem(region, world);
  if (wrong) return { why: `${wrong} ${NOTHING}`, refused: 'input' };
  if (world.runner.system.regions[region]!.reprotect === undefined)
    return {
      why: `Nothing says how ${region} is made a standby: regions.${region}.postgres.reprotect is not configured. Make it one by hand, or configure that. ${NOTHING}`,
    };
  return null;
}

/** Who it is to follow, by who serves now; or why it cannot be begun. */
async function serving(region: string, { runner }: CommandWorld): Promise<{ primary: string } | Problem> {
  const { roles, streams } = await runner.followers(region);
  const primaries = Object.keys(roles).filter((one) => roles[one] === 'primary');
  const others = primaries.filter((one) => one !== region);
  const [primary] = others;
  if (primary === undefined)
    return {
      why: primaries.includes(region)
        ? `${region} is the primary: it is what others follow. ${NOTHING}`
        : `No region answers as the primary: look at that first. ${NOTHING}`,
    };
  if (others.length > 1)
    return { why: `Postgres takes writes in ${others.join(' and in ')}: look at that first. ${NOTHING}` };
  // Two of them: whoever the system was moved to serves, and nobody else is believed.
  const moved = runner.movedTo();
  if (roles[region] === 'primary' && moved !== primary)
    return {
      why: `Postgres answers as a primary in ${region} and in ${primary}, and by Regent’s record ${moved === null ? 'nobody can say which of them serves' : `${moved} serves`}: look at both first. ${NOTHING}`,
    };
  if (streams.includes(primary)) return { why: `${region} streams from ${primary} already. ${NOTHING}` };
  return { primary };
}

export const reprotect: Command = {
  name: 'reprotect',
  usage: 'reprotect <region> reason:"…"',
  summary:
    'Make a region that was left a standby again. What only it holds is shown first, and kept; a second person approves.',
  access: 'operate',
  words: 1,
  async handle(request: Request, world: CommandWorld): Promise<Reply> {
    const { words, named, carried, via, person, delivery } = request;
    const refuse = refuser(request, world);
    const { runner } = world;
    const region = typeof carried['region'] === 'string' ? carried['region'] : (words[0] ?? '');
    const active = runner.active();
    if (active) return await refuse(...(await busy(active.run, world)));
    const { halt } = runner;
    if (halt) return await refuse(`No run is started while this stands. ${NOTHING}`, haltLines({ halt }));
    const wrong = typedWrong(region, world);
    if (wrong) return await refuse(wrong.why, [], wrong.refused);
    const reason = (named['reason'] ?? '').trim();
    if (reason === '') {
      if (via !== 'form') return { kind: 'form', form: formOf(region) };
      const missing = `It needs a reason: /dr reprotect ${region} reason:"…". ${NOTHING}`;
      await refuse(missing, [], 'input');
      return atField('reason', missing);
    }
    const seen = await serving(region, world);
    if ('why' in seen) {
      const reply = await refuse(seen.why);
      return via === 'form' ? atField('reason', seen.why) : reply;
    }
    const { primary } = seen;
    const begun = await runner.beginReprotect(region, primary, reason, person, delivery);
    if (!begun.ok) return await notBegun(begun, request, world);
    const { run } = begun.view;
    const link = await world.linkTo(run);
    return say(
      [
        { bold: run },
        ` makes ${region} a standby of ${primary}. `,
        ...(link === null ? [] : [{ link, text: 'Follow it ↗' }]),
      ],
      [`What ${region} holds is looked at now, and a second person is waited for before anything is changed there.`],
    );
  },
};
