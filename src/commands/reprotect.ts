/** A region that was left becomes a standby of the one that serves again. What only it holds may be thrown away: others decide. */
import { STRATEGIES, type Strategy } from '../machine/types.ts';
import { haltLines } from '../messages/halt.ts';
import type { Form, Refused, Reply } from '../ports/chat.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { END_WATCH, endedLines, endingForm, wayFree } from './end-watch.ts';
import { regionProblem } from './failover.ts';
import { reasonField } from './fields.ts';
import { notBegun } from './take-out.ts';

const NOTHING = 'Nothing was started.';

const WAYS: Record<Strategy, string> = {
  auto: 'As it is where it can, else rewound, else a new copy',
  rejoin: 'As it is: it was stopped cleanly and wrote nothing of its own',
  rewind: 'Rewound to where the histories part',
  copy: 'A new copy of the region that serves',
};

const formOf = (region: string, reason: string, way: Strategy): Form => ({
  id: 'reprotect',
  title: 'Protect again',
  submit: 'Start',
  meta: JSON.stringify({ region }),
  lines: [
    `${region} becomes a standby again. It is looked at first: what only it holds is shown, and kept before it is replaced. Nothing is changed before a second person has approved.`,
  ],
  fields: [
    reasonField(reason),
    {
      id: 'strategy',
      label: 'Way',
      kind: 'choice',
      options: STRATEGIES.map((value) => ({ value, label: WAYS[value] })),
      initial: way,
      hint: 'For this run. It stands on the card that is approved.',
    },
  ],
});

/** The way that was asked for; null where none was, or what is wrong with the word. */
function strategyOf(typed: string): { strategy: Strategy | null } | { why: string } {
  const strategy = STRATEGIES.find((one) => one === typed.toLowerCase());
  if (typed === '' || strategy !== undefined) return { strategy: strategy ?? null };
  return {
    why: `“${typed}” is no way to make a standby: write strategy:${STRATEGIES.slice(0, -1).join(', ')} or ${STRATEGIES.at(-1)}. ${NOTHING}`,
  };
}

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
  usage: 'reprotect <region> reason:"…" [strategy:copy] [end-watch:<run>]',
  summary:
    'Make a region that was left a standby again. What only it holds is shown first, and kept; a second person approves.',
  access: 'operate',
  words: 1,
  keys: ['strategy', END_WATCH],
  async handle(request: Request, world: CommandWorld): Promise<Reply> {
    const { words, named, carried, via, person, delivery } = request;
    const refuse = refuser(request, world);
    const { runner } = world;
    const region = typeof carried['region'] === 'string' ? carried['region'] : (words[0] ?? '');
    const reason = (named['reason'] ?? '').trim();
    const label = 'make it a standby';
    const typed = String(named['strategy'] ?? carried['strategy'] ?? '').trim();
    const value = { region, reason, strategy: typed };
    const free = await wayFree(request, world, { command: 'reprotect', label, value });
    if ('reply' in free) return free.reply;
    const { ends } = free;
    const { halt } = runner;
    if (halt) return await refuse(`No run is started while this stands. ${NOTHING}`, haltLines({ halt }));
    const wrong = typedWrong(region, world);
    if (wrong) return await refuse(wrong.why, [], wrong.refused);
    const chosen = strategyOf(typed);
    if ('why' in chosen) {
      const reply = await refuse(chosen.why, [], 'input');
      return via === 'form' ? atField('strategy', chosen.why) : reply;
    }
    const { strategy } = chosen;
    if (reason === '' || via === 'action') {
      if (via !== 'form') {
        const { reason: before } = carried;
        const way = strategy ?? runner.system.regions[region]!.reprotect!.strategy;
        const form = formOf(region, typeof before === 'string' ? before : '', way);
        return { kind: 'form', form: endingForm(form, ends, world) };
      }
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
    const begun = await runner.beginReprotect(region, primary, reason, person, delivery, { strategy, ends });
    if (!begun.ok) return await notBegun(begun, request, world);
    const { run } = begun.view;
    const link = await world.linkTo(run);
    return say(
      [
        { bold: run },
        ` makes ${region} a standby of ${primary}. `,
        ...(link === null ? [] : [{ link, text: 'Follow it ↗' }]),
      ],
      [
        `What ${region} holds is looked at now, and a second person is waited for before anything is changed there.`,
        ...endedLines(ends),
      ],
    );
  },
};
