/** A person types a slash command: what reaches the app, and what its answer makes the person see. */
import { asBlocks, checkMessageBlocks } from './checks.ts';
import { escapeTyped, withSmartQuotes } from './escape.ts';
import type { Lab } from './method.ts';
import { commandPayload } from './payloads.ts';
import { seenView } from './seen.ts';
import type { CommandResult, LabPerson, SeenView } from './types.ts';

export interface CommandRules {
  shouldEscape: boolean;
  /** Registered commands; undefined: any. */
  commands: string[] | undefined;
}

export function actingPerson(lab: Lab, id: string): LabPerson {
  const person = lab.world.person(id);
  if (person.deleted)
    throw new Error(`${id} (${person.name}) has left the workspace and cannot act: use another person.`);
  return person;
}

/** Types `line` (`/dr failover …`) in a channel. Slash commands cannot be typed in threads. */
export async function typeCommand(
  lab: Lab,
  rules: CommandRules,
  [userId, channelId, line]: [string, string, string],
  smartQuotes: boolean,
): Promise<CommandResult> {
  const { world, tickets, deliveries } = lab;
  const person = actingPerson(lab, userId);
  const channel = world.channel(channelId);
  const [, command, typed = ''] = /^(\/\S+)\s*([\s\S]*)$/.exec(line.trim()) ?? [];
  if (!command) throw new Error(`"${line}" is no slash command: begin with a slash, like "/dr status".`);
  if (!channel.members.has(userId)) {
    throw new Error(`${userId} is not in ${channelId} and so cannot type there: add them to the channel's members.`);
  }
  const text = escapeTyped(world, smartQuotes ? withSmartQuotes(typed) : typed, rules.shouldEscape);
  const fail = (error: NonNullable<CommandResult['error']>, words: string): CommandResult => {
    const show = { channel: channelId, user: userId, text: words, blocks: [], source: 'slack' as const };
    lab.messages.addEphemeral(show);
    return { command, text, error };
  };
  if (rules.commands && !rules.commands.includes(command)) {
    return fail('unknown_command', `${command} is not a valid command.`);
  }

  const triggerId = tickets.trigger(userId);
  const responseUrl = tickets.responseUrl({ user: userId, channel: channelId });
  const payload = commandPayload(world, person, channel, { command, text, triggerId, responseUrl });
  const delivery = await deliveries.deliver('slash_commands', payload, true);
  if ('error' in delivery) {
    const failed = fail(delivery.error, `${command} failed with the error "${delivery.error}"`);
    return { ...failed, ...openedView(lab, triggerId) };
  }
  const ack = showAck(lab, delivery.ack, userId, channelId);
  if (ack === 'invalid') {
    return fail('invalid_ack', `${command} failed because the app answered something Slack cannot show`);
  }
  return { command, text, ...(ack ? { ack } : {}), ...openedView(lab, triggerId) };
}

export function openedView(lab: Lab, trigger: string): { openedView?: SeenView } {
  const view = lab.views.find(lab.tickets.openedBy(trigger) ?? '');
  return view ? { openedView: seenView(view) } : {};
}

/** Shows the ack's message, if there is one: to the person, or to all with `in_channel`. */
function showAck(
  lab: Lab,
  ack: Record<string, unknown>,
  user: string,
  channel: string,
): CommandResult['ack'] | 'invalid' {
  const text = typeof ack['text'] === 'string' ? ack['text'] : '';
  const given = ack['blocks'] ?? [];
  if (checkMessageBlocks(given)) return 'invalid';
  const blocks = asBlocks(given);
  if (text === '' && blocks.length === 0) return undefined;
  const responseType = ack['response_type'] === 'in_channel' ? 'in_channel' : 'ephemeral';
  if (responseType === 'in_channel') {
    lab.messages.post({ channel, user: lab.world.app.botUserId, isBot: true, text, blocks });
  } else {
    lab.messages.addEphemeral({ channel, user, text, blocks, source: 'ack' });
  }
  return { text, blocks, responseType };
}
