/** What people do that reaches the app as an event: mentioning it, writing, opening its Home. */
import { actingPerson } from './commands.ts';
import { escapeTyped } from './escape.ts';
import type { Lab } from './method.ts';
import { eventPayload } from './payloads.ts';
import type { EventResult } from './types.ts';
import { wireMessage } from './wire.ts';

/** Writes a message; `@name` of the bot in it makes it a mention. */
export async function write(
  lab: Lab,
  subscribed: ReadonlySet<string>,
  [userId, channelId, typed]: [string, string, string],
  threadTs: string | undefined,
): Promise<EventResult> {
  const { world, messages } = lab;
  actingPerson(lab, userId);
  const channel = world.channel(channelId);
  if (!channel.members.has(userId)) {
    throw new Error(`${userId} is not in ${channelId} and so cannot write there: add them to the channel's members.`);
  }
  const parent = threadTs === undefined ? undefined : messages.live(channelId, threadTs);
  if (threadTs !== undefined && !parent)
    throw new Error(`No message ${threadTs} in ${channelId} to answer in a thread.`);
  const message = messages.post({
    channel: channelId,
    user: userId,
    isBot: false,
    text: escapeTyped(world, typed, true),
    blocks: [],
    threadTs: parent && (parent.threadTs ?? parent.ts),
  });
  const kind = channel.isDirect ? 'im' : channel.isPrivate ? 'groups' : 'channels';
  const event = { ...wireMessage(lab, message), channel: channelId, event_ts: message.ts };
  const mentioned = message.text.includes(`<@${world.app.botUserId}>`) && !channel.isDirect;
  const events = [
    ...(mentioned
      ? [{ name: 'app_mention', scope: 'app_mentions:read', event: { ...event, type: 'app_mention' } }]
      : []),
    {
      name: `message.${kind}`,
      scope: `${kind}:history`,
      event: { ...event, type: 'message', channel_type: kind.replace(/s$/, '') },
    },
  ];
  const results: EventResult[] = [];
  for (const { name, scope, event } of events) {
    if (!subscribed.has(name)) results.push({ delivered: false, notSent: 'not_subscribed' });
    else if (!world.scopes.has(scope)) results.push({ delivered: false, notSent: 'missing_scope' });
    else if (!channel.botIsMember) results.push({ delivered: false, notSent: 'not_in_channel' });
    else results.push({ delivered: await lab.deliveries.deliverEvent(eventPayload(world, event)) });
  }
  return { ts: message.ts, ...(results.find((one) => one.delivered) ?? results[0] ?? { delivered: false }) };
}

/** Opens the app's Home or its messages tab. */
export async function openAppHome(
  lab: Lab,
  subscribed: ReadonlySet<string>,
  userId: string,
  tab: 'home' | 'messages',
): Promise<EventResult> {
  const { world, views, deliveries } = lab;
  actingPerson(lab, userId);
  if (!subscribed.has('app_home_opened')) return { delivered: false, notSent: 'not_subscribed' };
  const home = views.home(userId);
  const event = {
    type: 'app_home_opened',
    user: userId,
    channel: world.directChannel(userId).id,
    tab,
    event_ts: world.nextTs(),
    ...(home && tab === 'home' ? { view: views.wire(home) } : {}),
  };
  return { delivered: await deliveries.deliverEvent(eventPayload(world, event)) };
}
