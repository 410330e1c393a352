/**
 * The one door: whatever a person typed, pressed or submitted comes in here, is told apart, authorized, done, answered.
 * Nothing is silently ignored and nothing throws.
 */
import { sentenceOf } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { mayOperate, mayRead } from '../policy/authorize.ts';
import type { Call, Chat, Dispatch, Incoming, Refused, Reply } from '../ports/chat.ts';
import { fromValues, onlyReads } from './arguments.ts';
import { type Callers, type CallerWorld, callers } from './caller.ts';
import { type Command, type CommandWorld, type Request, refuser, sayNo, toActor } from './command.ts';
import { launcher } from './launcher.ts';
import { KEYS, parse } from './parse.ts';
import { noted } from './shortcuts.ts';
import { ALIASES, COMMANDS } from './table.ts';

export type { Dispatch, Line, Message, Reply } from '../ports/chat.ts';

export type DispatchWorld = CommandWorld &
  CallerWorld & {
    chat: Pick<Chat, 'person' | 'membersOf'>;
    /** Where the chat has a page for each person. */
    homes?: { opened(person: string): void };
    onError: (error: unknown, input: Incoming) => void;
  };

/** The command of this name, or of another word for it. */
export const commandNamed = (word: string): Command | undefined => {
  const name = word.toLowerCase();
  return COMMANDS.find((command) => command.name === (ALIASES[name] ?? name));
};

export function dispatcher(world: DispatchWorld): Dispatch {
  const whoCalls = callers(world, () => world.runner.now());
  return async (input) => {
    try {
      return input.kind === 'call' ? await dispatchCall(input, world, whoCalls) : await dispatch(input, world);
    } catch (error) {
      world.onError(error, input);
      const why = `That did not work: ${sentenceOf(error)}`;
      return sayNo(why, ['What it has done, if anything: /dr status.'], 'failed');
    }
  };
}

async function dispatch(input: Exclude<Incoming, Call>, world: DispatchWorld): Promise<Reply> {
  if (input.kind === 'home') {
    world.homes?.opened(input.person);
    return { kind: 'none' };
  }
  const request = await toRequest(input, world);
  return 'kind' in request ? request : await handled(request, world);
}

type Found = Request & { command: Command };

/** Authorized and done, or refused. */
async function handled({ command, ...rest }: Found, world: DispatchWorld): Promise<Reply> {
  const refuse = refuser(rest, world);
  const verdict = command.access === 'operate' ? mayOperate(rest.actor, world.operators) : mayRead(rest.actor);
  if (!verdict.ok)
    return await refuse(
      [
        verdict.why,
        ...(verdict.why.endsWith(': ')
          ? world.operators.flatMap((one, index) => [
              index > 0 ? ', ' : '',
              one.startsWith('group:') ? { group: one.slice(6) } : { person: one.slice(5) },
            ])
          : []),
      ],
      [],
      'rights',
    );
  return await command.handle(rest, world);
}

/** A program's request: judged like a person's; what it may change is written down with its token before it is done. */
async function dispatchCall(input: Call, world: DispatchWorld, whoCalls: Callers): Promise<Reply> {
  const { person, token, delivery, values } = input;
  const caller = await whoCalls(input);
  const known = typeof caller !== 'string';
  const away = known && caller.unasked !== null ? `; the chat could not be asked: ${caller.unasked}` : '';
  const text = `${input.command} ${JSON.stringify(values).slice(0, 400)} (token “${token.name}”${away})`.slice(0, 700);
  const refuseWith = refusing(person, text, delivery, world);
  if (!known) return await refuseWith(caller, 'rights');
  const reads = mayRead(caller.actor);
  if (!reads.ok) return await refuseWith(reads.why, 'rights');
  const command = commandNamed(input.command);
  if (!command) return await refuseWith(notCommand(input.command), 'unknown');
  const taken = fromValues(command, values);
  if ('why' in taken) return await refuseWith(taken.why, 'input');
  const { run } = taken.carried;
  if (typeof run === 'string' && !world.runner.view(run))
    return await refuseWith(`“${run}” is not a run. See /dr history. Nothing was done.`, 'input');
  if (!onlyReads(command, values))
    await world.runner.note(
      person,
      { type: 'CALLED', data: { asked: text, token: token.name, judgedBy: away === '' ? 'chat' : 'token' } },
      [],
      `called:${delivery}`,
    );
  const reply = await handled(
    { ...taken, command, person, actor: caller.actor, delivery, via: 'command', text },
    world,
  );
  if (away === '' || reply.kind !== 'message' || onlyReads(command, values)) return reply;
  const line = `The chat could not be asked who may do what: the groups of the token “${token.name}” in the configuration counted.`;
  return { ...reply, message: { ...reply.message, lines: [...reply.message.lines, line] } };
}

/** Says no before any command is known, and writes it down. */
const refusing =
  (person: string, text: string, delivery: string, world: DispatchWorld) =>
  async (why: string, refused: Refused): Promise<Reply> => {
    await world.runner.refused(person, text, why, `refused:${delivery}`);
    return sayNo(why, [], refused);
  };

function notCommand(word: string): string {
  const names = COMMANDS.filter((one) => !one.buttonOnly).map((one) => one.name);
  const near = nearest(word.slice(0, 40), names);
  return `“${word}” is not a command.${near ? ` Did you mean /dr ${near}?` : ' See /dr help.'} Nothing was started.`;
}

type Asked = Exclude<Incoming, { kind: 'home' } | { kind: 'call' }>;

/** What is asked for, by whom; or at once the answer when it cannot be told. */
async function toRequest(input: Asked, world: DispatchWorld): Promise<Found | Reply> {
  const actor = await actorOf(input.person, world);
  const text = textOf(input);
  const base = { person: input.person, actor, delivery: input.delivery };
  const refuse = refusing(input.person, text, input.delivery, world);
  const refuseWith = (why: string, refused: Refused = 'input') => refuse(why, refused);
  const reads = mayRead(actor);
  if (!reads.ok) return await refuseWith(reads.why, 'rights');
  if (input.kind === 'command') {
    const plain = parse(input.text);
    const own = plain.ok ? commandNamed(plain.words[0] ?? '')?.keys : undefined;
    const parsed = own === undefined ? plain : parse(input.text, [...KEYS, ...own]);
    if (!parsed.ok) return await refuseWith(parsed.sentence);
    const [first, ...words] = parsed.words;
    if (first === undefined && Object.keys(parsed.named).length === 0) return launcher(world, actor);
    const command = first === undefined ? undefined : commandNamed(first);
    if (!command) return await refuseWith(notCommand(first ?? input.text));
    const extra = unasked(command, words, parsed.named);
    if (extra !== null)
      return await refuseWith(
        `/dr ${command.name} does not take “${extra}”: /dr ${command.usage}. Nothing was started.`,
      );
    return { ...base, command, words, named: parsed.named, carried: {}, via: 'command', text: input.text };
  }
  if (input.kind === 'shortcut') {
    if (input.shortcut === 'failover') return launcher(world, actor);
    const command = commandNamed('note');
    if (input.shortcut !== 'note' || input.on === null || !command)
      return await refuseWith('This menu entry is of another version of Regent. Nothing was run. See /dr help.');
    const carried = { text: await noted(input.on, world.chat, world.stop) };
    return { ...base, command, words: [], named: {}, carried, via: 'command', text };
  }
  const id = input.kind === 'action' ? input.action : input.form;
  const command = commandNamed(id.split(':')[0] ?? '');
  const carried = json(input.kind === 'action' ? input.value : input.meta);
  if (!command || carried === null)
    return await refuseWith('This button is of another version of Regent. Nothing was run. See /dr status.');
  const fields = input.kind === 'form' ? input.fields : {};
  return {
    ...base,
    command,
    words: fields['from'] === undefined ? [] : [fields['from']],
    named: fields,
    carried,
    via: input.kind,
    text,
  };
}

/** What was asked, for the journal. */
function textOf(input: Asked): string {
  if (input.kind === 'command') return input.text;
  if (input.kind === 'shortcut') return `shortcut ${input.shortcut} ${input.on?.text ?? ''}`.trim().slice(0, 500);
  if (input.kind === 'action') return `action ${input.action} ${input.value}`.slice(0, 500);
  return `${`form ${input.form} ${input.meta}`.slice(0, 500)} ${JSON.stringify(input.fields).slice(0, 300)}`;
}

/** What the command has no use for; null when there is nothing. Ignored, it might be what mattered to who typed it. */
function unasked(command: Command, words: string[], given: Record<string, string>): string | null {
  if (command.usage.includes('<text>')) return null;
  const name = Object.keys(given).find((key) => !command.usage.includes(`${key}:`));
  if (name !== undefined) return `${name}:${given[name]}`;
  return command.words !== undefined && words.length > command.words ? words.slice(command.words).join(' ') : null;
}

const json = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
};

/** Who acts. A group that cannot be read is one nobody belongs to: authorisation fails closed. */
export async function actorOf(id: string, world: Pick<DispatchWorld, 'chat' | 'groups' | 'stop'>) {
  const [person, memberships] = await Promise.all([
    world.chat.person(id, world.stop),
    Promise.all(
      world.groups.map(async (group) => {
        const members = await world.chat.membersOf(group.replace(/^group:/, ''), world.stop).catch((): string[] => []);
        return members.includes(id) ? [group] : [];
      }),
    ),
  ]);
  return toActor(person, memberships.flat());
}
