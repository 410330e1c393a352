/**
 * The plan of recovery of a region that was lost: `/dr recovery` lists it, adds to it, gives an item an owner and a day,
 * ticks it off, and says when the region is expected back. Everything stands in the run that left the region.
 */
import { lengthText, parseMoment, utcText } from '../lib/utc.ts';
import { hasLost, itemOf, openItems, type RecoveryItem } from '../machine/recovery.ts';
import type { Context } from '../machine/types.ts';
import { inRecovery, itemLine, recoveryPlan } from '../messages/recovery.ts';
import { mayOperate } from '../policy/authorize.ts';
import type { Form, Line, Reply } from '../ports/chat.ts';
import type { NewEvent } from '../runner/ledger.ts';
import { atField, type Command, type CommandWorld, type Request, refuser, say } from './command.ts';
import { dueOf } from './due.ts';

const NOTHING = 'Nothing was changed.';
const TEXT_MAX = 300;
const FORM_CHOICES = 25;
/** What the verbs are, and what stands behind each. */
const VERBS = {
  add: 'add "what is to be done" [owner:@who] [due:YYYY-MM-DD]',
  set: 'set <number> [owner:@who] [due:YYYY-MM-DD]',
  done: 'done <number> [reason:"…"]',
  reopen: 'reopen <number> [reason:"…"]',
  return: 'return at:"YYYY-MM-DD hh:mm"',
};
type Verb = keyof typeof VERBS;
const isVerb = (word: string): word is Verb => Object.hasOwn(VERBS, word);

type Refusal = { why: Line; field?: string; refused?: 'input' | 'rights' | 'state' };
const refusal = (why: Line, field?: string): Refusal => ({
  why,
  ...(field !== undefined && { field }),
  refused: 'input',
});

/** The run that is meant: the button's, the one named, else the newest that is not ticked off, else the newest. */
function meant({ carried, named }: Request, { runner }: CommandWorld): Context | Refusal {
  const name = typeof carried['run'] === 'string' ? carried['run'] : named['run'];
  const runs = runner.all().map(({ snapshot }) => snapshot.context);
  if (name !== undefined) {
    const c = runs.find(({ run }) => run === name);
    if (c === undefined) return refusal(`“${name}” is not a run. See /dr history. ${NOTHING}`);
    return c.recovery === null ? refusal(`${name} has no plan of recovery: ${whyNone(c)} ${NOTHING}`) : c;
  }
  return (
    inRecovery(runs)[0] ??
    runs.findLast(({ recovery }) => recovery !== null) ?? {
      why: 'No region is being recovered: a plan begins when an emergency has left a region.',
    }
  );
}
const whyNone = (c: Context): string =>
  hasLost(c) ? 'it begins in a moment.' : 'only an emergency that has left a region has one.';

/** `@U1` as the chat escapes it, or a name of people's own. */
const ownerOf = (text: string): string => text.replace(/^@/, '').slice(0, 80);

/** Owner and day as they were given; what was not is left out. */
function given({ named }: Request, now: number): { owner?: string | null; due?: number | null } | Refusal {
  const { owner, due } = named;
  const day = due === undefined || due === '' ? undefined : dueOf(due, now);
  if (day !== undefined && typeof day === 'object') return refusal(`${day.why} ${NOTHING}`, 'due');
  return {
    ...(owner !== undefined && owner !== '' && { owner: isNone(owner) ? null : ownerOf(owner) }),
    ...(day !== undefined && { due: day === 'none' ? null : day }),
  };
}
const isNone = (text: string): boolean => text.toLowerCase() === 'none';

function numbered(typed: string, c: Context, what: 'open' | 'done'): RecoveryItem | Refusal {
  const item = itemOf(c, Number(typed.replace(/^#/, '')));
  if (item === undefined) {
    const open = openItems(c).map(({ n }) => n);
    return refusal(
      `${typed === '' ? 'Say which item' : `“${typed}” is not the number of an item of ${c.run}`}. Open: ${open.join(', ') || 'none'}; /dr recovery lists them. ${NOTHING}`,
      'item',
    );
  }
  if (what === 'open' && item.done !== null)
    return {
      why: `Item ${item.n} is done already: “${item.text}”. /dr recovery reopen ${item.n} opens it again. ${NOTHING}`,
    };
  if (what === 'done' && item.done === null) return { why: `Item ${item.n} is open: “${item.text}”. ${NOTHING}` };
  return item;
}

/** What is to be written, or why not. */
function eventOf(verb: Verb, request: Request, c: Context, now: number): NewEvent | Refusal {
  const { words, named, person: by, carried } = request;
  const why = (named['reason'] ?? '').trim() || null;
  const typed = named['item'] ?? words[1] ?? String(carried['item'] ?? '');
  const extra =
    verb === 'add'
      ? []
      : words.slice(verb === 'return' && named['at'] === undefined ? words.length : verb === 'return' ? 1 : 2);
  if (extra.length > 0)
    return refusal(`“${extra.join(' ')}” is more than this takes: /dr recovery ${VERBS[verb]}. ${NOTHING}`);
  const more = given(request, now);
  if ('why' in more) return more;
  switch (verb) {
    case 'add': {
      const text = (named['what'] ?? words.slice(1).join(' ')).trim();
      if (text === '') return refusal(`Say what is to be done: /dr recovery ${VERBS.add}. ${NOTHING}`, 'what');
      if (text.length > TEXT_MAX)
        return refusal(`That has ${text.length} characters, and ${TEXT_MAX} are the most. ${NOTHING}`, 'what');
      return { type: 'RECOVERY_ADDED', key: null, text, by, owner: more.owner ?? null, due: more.due ?? null };
    }
    case 'set': {
      const item = numbered(typed, c, 'open');
      if ('why' in item) return item;
      if (Object.keys(more).length === 0)
        return refusal(`Say who has it, or by when: /dr recovery ${VERBS.set}. ${NOTHING}`);
      return { type: 'RECOVERY_SET', item: item.n, by, ...more };
    }
    case 'done': {
      const item = numbered(typed, c, 'open');
      return 'why' in item ? item : { type: 'RECOVERY_DONE', item: item.n, by, why };
    }
    case 'reopen': {
      const item = numbered(typed, c, 'done');
      return 'why' in item ? item : { type: 'RECOVERY_REOPENED', item: item.n, by, why };
    }
    case 'return': {
      const text = (named['at'] ?? words.slice(1).join(' ')).trim();
      if (isNone(text)) return { type: 'RECOVERY_RETURN', by, expected: null };
      const at = parseMoment(text);
      if (at === undefined)
        return refusal(
          `“${text}” is not a time I can use. In UTC: /dr recovery return at:"${utcText(now + 86_400_000).slice(0, 16)}", or at:none. ${NOTHING}`,
        );
      if (at <= now) return refusal(`${utcText(at)} is past. ${NOTHING}`);
      return { type: 'RECOVERY_RETURN', by, expected: at };
    }
  }
}

/** Operators, and whoever an item was given to. */
function mayWrite(request: Request, world: CommandWorld, event: NewEvent, c: Context): Refusal | null {
  const verdict = mayOperate(request.actor, world.operators);
  if (verdict.ok) return null;
  const own = 'item' in event && itemOf(c, event.item)?.owner === request.person;
  return own && event.type === 'RECOVERY_DONE'
    ? null
    : { why: `Operators keep this plan, and an item’s owner ticks it off. ${NOTHING}`, refused: 'rights' };
}

function answer(event: NewEvent, c: Context, now: number): Reply {
  const left = openItems(c).length;
  const standing = `${left} of ${c.recovery!.items.length} open.`;
  if (event.type === 'RECOVERY_RETURN')
    return say(
      event.expected === null
        ? `Nobody says any more when ${c.source} is back.`
        : `${c.source} is expected back at ${utcText(event.expected)}, in ${lengthText(event.expected - now)}. It stands in /dr status.`,
    );
  const n = 'item' in event ? event.item : c.recovery!.items.length;
  return say([{ bold: `Recovery of ${c.source}` }, ` (${c.run}): ${standing}`], [itemLine(itemOf(c, n)!, now)]);
}

const doneForm = (c: Context): Form => ({
  id: 'recovery',
  title: 'Done',
  submit: 'Done',
  meta: JSON.stringify({ run: c.run, do: 'done' }),
  lines: [`What is done of the recovery of ${c.source}? Your name is written down with it.`],
  fields: [
    {
      id: 'item',
      label: 'Item',
      kind: 'choice',
      options: openItems(c)
        .slice(0, FORM_CHOICES)
        .map(({ n, text }) => ({ value: String(n), label: `${n} ${text}`.slice(0, 75) })),
    },
    { id: 'reason', label: 'What was done or decided', kind: 'text', optional: true, hint: 'Everybody will read it.' },
  ],
});
const addForm = (c: Context): Form => ({
  id: 'recovery',
  title: 'Add to the plan',
  submit: 'Add',
  meta: JSON.stringify({ run: c.run, do: 'add' }),
  lines: [`What else must be done until ${c.source} is as before?`],
  fields: [
    { id: 'what', label: 'What is to be done', kind: 'text' },
    { id: 'owner', label: 'Who does it', kind: 'text', optional: true },
    { id: 'due', label: 'By when', kind: 'text', optional: true, hint: 'YYYY-MM-DD, or 2d from now; in UTC.' },
  ],
});

export const recovery: Command = {
  name: 'recovery',
  usage:
    'recovery [add "…" | set <n> | done <n> | reopen <n> | return] [owner:@who] [due:YYYY-MM-DD] [at:"YYYY-MM-DD hh:mm"] [reason:"…"] [run:<run>]',
  summary: 'What is left to do until a lost region is as before: list it, add, give owners and days, tick off.',
  access: 'read',
  keys: ['owner', 'due', 'at', 'run'],
  async handle(request: Request, world: CommandWorld): Promise<Reply> {
    const { words, named, carried, via, person, delivery } = request;
    const { runner } = world;
    const refuse = refuser(request, world);
    const c = meant(request, world);
    const doing = typeof carried['do'] === 'string' ? carried['do'] : (words[0] ?? '').toLowerCase();
    const asks = doing === '' && Object.keys(named).every((key) => key === 'run');
    if ('why' in c) return asks && c.refused === undefined ? say(c.why) : await refuse(c.why, [], c.refused);
    const now = runner.now();
    if (asks) return { kind: 'message', message: recoveryPlan(c, now), data: dataOf(c) };
    if (!isVerb(doing))
      return await refuse(
        `${doing === '' ? 'Say what is to be done with the plan' : `“${doing}” is nothing a plan takes`}. It takes ${Object.values(VERBS).join('; ')}. ${NOTHING}`,
        [],
        'input',
      );
    if (via === 'action') return { kind: 'form', form: doing === 'add' ? addForm(c) : doneForm(c) };
    const event = eventOf(doing, request, c, now);
    const no =
      'why' in event && !('type' in event) ? (event as Refusal) : mayWrite(request, world, event as NewEvent, c);
    if (no !== null) {
      const reply = await refuse(no.why, [], no.refused);
      return via === 'form' ? atField(no.field ?? (doing === 'add' ? 'what' : 'item'), String(no.why)) : reply;
    }
    const appended = await runner.append(c.run, person, event as NewEvent, delivery);
    if (appended.ok) return answer(event as NewEvent, appended.view.snapshot.context, now);
    if (appended.because === 'duplicate') return say('This was already taken: it acts once.');
    return await refuse(`That was decided meanwhile: /dr recovery shows how it stands. ${NOTHING}`);
  },
};

/** For programs. Moments in ms since the epoch. */
export const dataOf = ({ run, source, assessed, recovery: plan }: Context) => ({
  run,
  region: source,
  backAt: plan?.back?.at ?? null,
  items: (plan?.items ?? []).map(({ n, key, text, owner, due, done }) => ({
    n,
    key,
    text,
    owner,
    dueAt: due,
    doneAt: done?.at ?? null,
    doneBy: done?.by ?? null,
    why: done?.why ?? null,
  })),
  files: (assessed?.files ?? []).map(({ file }) => file),
});
