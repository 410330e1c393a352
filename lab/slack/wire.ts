/** Messages, people and channels as they stand in answers and payloads. */
import type { StoredMessage } from './messages.ts';
import type { Lab } from './method.ts';
import type { LabPerson } from './types.ts';
import { type Channel, teamOf, type World } from './world.ts';

/** A message as `chat.*` answers it and `block_actions` carries it; `metadata` only where it was asked for. */
export function wireMessage(lab: Lab, message: StoredMessage, withMetadata = false): Record<string, unknown> {
  const { world, messages } = lab;
  const replies = messages.replies(message.channel, message.ts);
  const pinned = world.channel(message.channel).pins.some((pin) => pin.ts === message.ts);
  const wire: Record<string, unknown> = {
    type: 'message',
    user: message.user,
    text: message.text,
    ts: message.ts,
    team: world.team.id,
  };
  if (message.isBot) Object.assign(wire, { bot_id: world.app.botId, app_id: world.app.id });
  if (message.blocks.length > 0) wire['blocks'] = structuredClone(message.blocks);
  if (message.attachments) wire['attachments'] = structuredClone(message.attachments);
  if (message.tombstone) Object.assign(wire, { subtype: 'tombstone', hidden: true });
  if (message.broadcast) wire['subtype'] = 'thread_broadcast';
  if (message.threadTs) {
    wire['thread_ts'] = message.threadTs;
    wire['parent_user_id'] = messages.find(message.channel, message.threadTs)?.user;
  }
  if (replies.length > 0) {
    const users = [...new Set(replies.map((reply) => reply.user))];
    Object.assign(wire, {
      thread_ts: message.ts,
      reply_count: replies.length,
      reply_users: users,
      reply_users_count: users.length,
      latest_reply: replies.at(-1)?.ts,
    });
  }
  if (message.editedTs) wire['edited'] = { user: message.user, ts: message.editedTs };
  if (pinned) wire['pinned_to'] = [message.channel];
  if (message.reactions.length > 0) {
    wire['reactions'] = message.reactions.map(({ name, users }) => ({ name, users: [...users], count: users.length }));
  }
  if (withMetadata && message.metadata) wire['metadata'] = structuredClone(message.metadata);
  return wire;
}

export function wireUser(world: World, person: LabPerson, withEmail: boolean): Record<string, unknown> {
  const realName = person.realName ?? person.name;
  const tz = person.tz ?? 'Etc/UTC';
  const deleted = person.deleted ?? false;
  const status = {
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: person.isRestricted ?? false,
    is_ultra_restricted: false,
  };
  return {
    id: person.id,
    team_id: teamOf(world, person),
    name: person.name,
    deleted,
    // Slack leaves zone and standing out for people who are gone.
    ...(deleted ? {} : { real_name: realName, tz, tz_label: tz, tz_offset: offsetOf(tz, world.now()), ...status }),
    is_bot: person.isBot ?? false,
    is_app_user: false,
    ...(person.isStranger ? { is_stranger: true } : {}),
    updated: 0,
    profile: {
      real_name: realName,
      display_name: person.name,
      team: teamOf(world, person),
      ...(withEmail && person.email ? { email: person.email } : {}),
      ...(person.id === world.app.botUserId ? { bot_id: world.app.botId, api_app_id: world.app.id } : {}),
    },
  };
}

/** Seconds east of UTC. */
function offsetOf(tz: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: tz, timeZoneName: 'longOffset' }).formatToParts(at);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
  if (!sign) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

export function wireChannel(channel: Channel, members: boolean): Record<string, unknown> {
  const base = { id: channel.id, created: Math.floor(channel.created / 1000), is_archived: channel.isArchived };
  if (channel.isDirect) return { ...base, is_im: true, is_mpim: false, user: [...channel.members][0], is_open: true };
  return {
    ...base,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: true,
    is_group: channel.isPrivate,
    is_im: false,
    is_mpim: false,
    is_private: channel.isPrivate,
    is_general: false,
    is_shared: false,
    is_member: channel.botIsMember,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    ...(members ? { num_members: channel.members.size + (channel.botIsMember ? 1 : 0) } : {}),
  };
}

export function permalink(world: World, channel: string, ts: string, threadTs?: string): string {
  const link = `https://${world.team.domain}.slack.com/archives/${channel}/p${ts.replace('.', '')}`;
  return threadTs ? `${link}?thread_ts=${threadTs}&cid=${channel}` : link;
}
