import { parseDuration } from '../lib/duration.ts';
import { sentenceOf, UserError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { lengthText } from '../lib/utc.ts';
import { chosenText } from '../machine/facts.ts';
import type { Mode } from '../machine/types.ts';
import { haltLines } from '../messages/halt.ts';
import type { Form, Line, Refused, Reply } from '../ports/chat.ts';
import type { Choice } from '../runner/choosing.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { END_WATCH, endedLines, endingForm, wayFree } from './end-watch.ts';
import { reasonField } from './fields.ts';
import { notBegun, servedBy, takeOut } from './take-out.ts';

/** What is wrong with a region, in a sentence; null when nothing is. */
export function regionProblem(region: string, world: CommandWorld): string | null {
  const regions = Object.keys(world.runner.system.regions);
  if (regions.includes(region)) return null;
  const near = nearest(region, regions);
  return `“${region}” is not a region of ${world.runner.system.organization}.${near ? ` Did you mean ${near}?` : ''} Regions: ${regions.join(', ')}.`;
}

/** The target that was named, else the one that is chosen; or why there is none. Measuring takes seconds. */
export async function chosen(
  from: string,
  to: string | undefined,
  mode: Mode,
  world: CommandWorld,
): Promise<Choice | { why: string }> {
  if (to !== undefined) return { target: to, selection: null };
  try {
    return await world.runner.choose(from, mode);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { why: sentenceOf(error) };
  }
}

/** How it was chosen, where it was. */
export function chosenLines(choice: Choice): Line[] {
  const text = chosenText(choice);
  return text === null ? [] : [{ untrusted: text }];
}

/** Everything that must be right before a run is started, each with its sentence and the form's field it belongs to. */
function problem(
  asked: { from: string; to: string | undefined; reason: string },
  world: CommandWorld,
): { field: string; why: string; refused?: Refused } | null {
  const from = regionProblem(asked.from, world);
  if (from) return { field: 'from', why: `${from} Nothing was started.` };
  if (asked.to !== undefined) {
    const to = regionProblem(asked.to, world);
    if (to) return { field: 'to', why: `${to} Nothing was started.` };
    if (asked.to === asked.from)
      return {
        field: 'to',
        why: `${asked.from} cannot fail over to itself. Name another region with to:. Nothing was started.`,
      };
  }
  if (asked.reason === '')
    return {
      field: 'reason',
      why: `A failover needs a reason: /dr failover ${asked.from} reason:"maintenance". Nothing was started.`,
    };
  return null;
}

/** Less would force what had no chance; more is no plan any more, ms. */
const BOX_AT_LEAST = 60_000;
const BOX_AT_MOST = 24 * 3_600_000;

/** How long it may take before it is to go on as an emergency, null without such a box; or what is wrong with it. */
function timeBox(text: string): { ms: number | null } | string {
  const typed = text.trim();
  if (typed === '') return { ms: null };
  const ms = parseDuration(typed);
  if (ms === undefined) return `“${typed}” is no length of time: write it like force-after:10m. Nothing was started.`;
  return ms >= BOX_AT_LEAST && ms <= BOX_AT_MOST
    ? { ms }
    : `force-after:${typed} is too ${ms < BOX_AT_LEAST ? 'short' : 'long'}: give ${lengthText(BOX_AT_LEAST)} to ${lengthText(BOX_AT_MOST)}. Nothing was started.`;
}

const boxLine = (ms: number, { runner }: CommandWorld): string =>
  runner.system.gates.declare.required
    ? `If it is not promoted in ${lengthText(ms)}, people are asked whether it goes on as an emergency.`
    : `If it is not promoted in ${lengthText(ms)}, it goes on as an emergency by itself: gates.declare is not required.`;

/** What is meant where no target is named. */
export const otherRegion = ({ runner }: CommandWorld): string =>
  Object.keys(runner.system.regions).length > 2 ? 'the best by score' : 'the other region';

export const failoverForm = (
  world: CommandWorld,
  initial: {
    from?: string | undefined;
    to?: string | undefined;
    reason?: string | undefined;
    forceAfter?: string | undefined;
  },
): Form => {
  const options = Object.keys(world.runner.system.regions).map((region) => ({ value: region, label: region }));
  return {
    id: 'failover',
    title: 'Planned failover',
    submit: 'Start',
    meta: '{}',
    lines: ['Nothing is changed before a second person has approved. Every card shows from → to.'],
    fields: [
      {
        id: 'from',
        label: 'Away from',
        kind: 'choice',
        options,
        hint: 'The region that is left.',
        ...(initial.from && options.some(({ value }) => value === initial.from) ? { initial: initial.from } : {}),
      },
      {
        id: 'to',
        label: 'To',
        kind: 'choice',
        options: [{ value: 'auto', label: otherRegion(world) }, ...options],
        initial: options.find(({ value }) => value === initial.to)?.value ?? 'auto',
      },
      reasonField(initial.reason),
      {
        id: 'force-after',
        label: 'Else as an emergency after',
        kind: 'text',
        optional: true,
        hint: 'Like 10m: not promoted by then, it is to go on as an emergency.',
        ...(initial.forceAfter ? { initial: initial.forceAfter } : {}),
      },
    ],
  };
};

/** What was asked for, as a button carries it on to the dialog. */
const wish = ({ words, named, carried }: Request): { [key: string]: string } => {
  const given = {
    from: words[0] ?? named['from'] ?? carried['from'],
    to: named['to'] ?? carried['to'],
    reason: named['reason'] ?? carried['reason'],
    forceAfter: named['force-after'] ?? carried['forceAfter'],
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value.slice(0, 500)]] : [])),
  );
};

export const failover: Command = {
  name: 'failover',
  usage: 'failover <region> [to:<region>] reason:"…" [force-after:10m] [end-watch:<run>]',
  keys: ['force-after', END_WATCH],
  summary: 'Move away from a region, planned. A second person approves.',
  access: 'operate',
  async handle(request: Request, world: CommandWorld): Promise<Reply> {
    const { words, named, via } = request;
    if (via === 'command' && words.length === 0)
      return { kind: 'form', form: failoverForm(world, { from: named['from'], reason: named['reason'] }) };
    const refuse = refuser(request, world);
    if (words.length > 1)
      return await refuse(
        `I read “${words.slice(1).join(' ')}” after the region and do not know what it means. Write the reason as reason:"…". Nothing was started.`,
      );
    const to = named['to'] === 'auto' ? undefined : named['to'];
    const asked = { from: words[0] ?? named['from'] ?? '', to, reason: (named['reason'] ?? '').trim() };

    const free = await wayFree(request, world, { command: 'failover', label: 'move on', value: wish(request) });
    if ('reply' in free) return free.reply;
    const { ends } = free;
    if (via === 'action') {
      const { carried } = request;
      return { kind: 'form', form: endingForm(failoverForm(world, carried as ReturnType<typeof wish>), ends, world) };
    }
    const { halt } = world.runner;
    if (halt) return await refuse('No run is started while this stands. Nothing was started.', haltLines({ halt }));
    const wrong = problem(asked, world);
    if (wrong) {
      const reply = await refuse(wrong.why, [], wrong.refused ?? 'input');
      return via === 'form' ? atField(wrong.field, wrong.why) : reply;
    }
    const box = timeBox(named['force-after'] ?? '');
    if (typeof box === 'string') {
      const reply = await refuse(box, [], 'input');
      return via === 'form' ? atField('force-after', box) : reply;
    }
    const served = servedBy(asked.from, asked.to, await world.runner.rolesNow());
    if (served !== null && 'why' in served) {
      const reply = await refuse(served.why, [], served.refused);
      return via === 'form' ? atField(served.field, served.why) : reply;
    }
    if (served !== null) {
      const { from, reason } = asked;
      return await takeOut(request, world, { from, primary: served.primary, reason, declared: false, ends });
    }
    const choice = await chosen(asked.from, asked.to, 'planned', world);
    if ('why' in choice) {
      const why = `${choice.why} Nothing was started.`;
      const reply = await refuse(why);
      return via === 'form' ? atField('to', why) : reply;
    }
    const { target, selection } = choice;
    const { person, delivery } = request;
    const begun = await world.runner.begin(asked.from, target, asked.reason, person, delivery, {
      selection,
      forceAfterMs: box.ms,
      ends,
    });
    if (begun.ok) {
      const { run } = begun.view;
      const link = await world.linkTo(run);
      return say(
        [
          { bold: run },
          ` is moving ${asked.from} → ${target}. `,
          ...(link === null ? [] : [{ link, text: 'Follow it ↗' }]),
        ],
        [
          ...chosenLines(choice),
          'It is checked and prepared now, and waits for a second person before anything stops.',
          ...(box.ms === null ? [] : [boxLine(box.ms, world)]),
          ...endedLines(ends),
        ],
      );
    }
    return await notBegun(begun, request, world);
  },
};
