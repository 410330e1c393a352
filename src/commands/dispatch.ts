/**
 * The one door: whatever a person typed, pressed or submitted comes in here, is told apart, authorized, done, answered.
 * Nothing is silently ignored and nothing throws.
 */
import { sentenceOf } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { mayOperate, mayRead } from '../policy/authorize.ts';
import type { Chat, Dispatch, Incoming, Reply } from '../ports/chat.ts';
import { type Command, type CommandWorld, type Request, refusal, refuser, say, toActor } from './command.ts';
import { launcher } from './launcher.ts';
import { parse } from './parse.ts';
import { noted } from './shortcuts.ts';
import { ALIASES, COMMANDS } from './table.ts';

export type DispatchWorld = CommandWorld & {
  chat: Pick<Chat, 'person' | 'membersOf'>;
  /** Every `group:S…` the configuration names. */
  groups: string[];
  /** Where the chat has a page for each person. */
  homes?: { opened(person: string): void };
  onError: (error: unknown, input: Incoming) => void;
  stop: AbortSignal;
};

const named = (word: string): Command | undefined => {
  const name = word.toLowerCase();
  return COMMANDS.find((command) => command.name === (ALIASES[name] ?? name));
};

export function dispatcher(world: DispatchWorld): Dispatch {
  return async (input) => {
    try {
      return await dispatch(input, world);
    } catch (error) {
      world.onError(error, input);
      return say(`That did not work: ${sentenceOf(error)}`, ['What it has done, if anything: /dr status.'], 'bad');
    }
  };
}

async function dispatch(input: Incoming, world: DispatchWorld): Promise<Reply> {
  if (input.kind === 'home') {
    world.homes?.opened(input.person);
    return { kind: 'none' };
  }
  const request = await toRequest(input, world);
  if ('kind' in request) return request;
  const { command, ...rest } = request;
  const refuse = refuser(rest, world);
  const verdict = command.access === 'operate' ? mayOperate(rest.actor, world.operators) : mayRead(rest.actor);
  if (!verdict.ok)
    return await refuse([
      verdict.why,
      ...(verdict.why.endsWith(': ')
        ? world.operators.flatMap((one, index) => [
            index > 0 ? ', ' : '',
            one.startsWith('group:') ? { group: one.slice(6) } : { person: one.slice(5) },
          ])
        : []),
    ]);
  return await command.handle(rest, world);
}

type Asked = Exclude<Incoming, { kind: 'home' }>;

/** What is asked for, by whom; or at once the answer when it cannot be told. */
async function toRequest(input: Asked, world: DispatchWorld): Promise<(Request & { command: Command }) | Reply> {
  const actor = await actorOf(input.person, world);
  const text = textOf(input);
  const base = { person: input.person, actor, delivery: input.delivery };
  const refuseWith = async (why: string): Promise<Reply> => {
    await world.runner.refused(input.person, text, why, `refused:${input.delivery}`);
    return say(refusal(why), [], 'bad');
  };
  const reads = mayRead(actor);
  if (!reads.ok) return await refuseWith(reads.why);
  if (input.kind === 'command') {
    const parsed = parse(input.text);
    if (!parsed.ok) return await refuseWith(parsed.sentence);
    const [first, ...words] = parsed.words;
    if (first === undefined && Object.keys(parsed.named).length === 0) return launcher(world, actor);
    const command = first === undefined ? undefined : named(first);
    if (!command) {
      const near = nearest(
        first ?? '',
        COMMANDS.filter((one) => !one.buttonOnly).map((one) => one.name),
      );
      return await refuseWith(
        `“${first ?? input.text}” is not a command.${near ? ` Did you mean /dr ${near}?` : ' See /dr help.'} Nothing was started.`,
      );
    }
    const extra = unasked(command, words, parsed.named);
    if (extra !== null)
      return await refuseWith(
        `/dr ${command.name} does not take “${extra}”: /dr ${command.usage}. Nothing was started.`,
      );
    return { ...base, command, words, named: parsed.named, carried: {}, via: 'command', text: input.text };
  }
  if (input.kind === 'shortcut') {
    if (input.shortcut === 'failover') return launcher(world, actor);
    const command = named('note');
    if (input.shortcut !== 'note' || input.on === null || !command)
      return await refuseWith('This menu entry is of another version of Regent. Nothing was run. See /dr help.');
    const carried = { text: await noted(input.on, world.chat, world.stop) };
    return { ...base, command, words: [], named: {}, carried, via: 'command', text };
  }
  const id = input.kind === 'action' ? input.action : input.form;
  const command = named(id.split(':')[0] ?? '');
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
