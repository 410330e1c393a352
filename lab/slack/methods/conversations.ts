/** conversations.*: what the bot may learn of channels, and reading messages back to find out what became of a call. */
import type { StoredMessage } from '../messages.ts';
import { ApiError, type Args, type Lab, type Method } from '../method.ts';
import { wireChannel, wireMessage } from '../wire.ts';
import { needScope, visibleChannel } from './channels.ts';

const READ = ['channels:read', 'groups:read', 'im:read', 'mpim:read'];
const HISTORY = ['channels:history', 'groups:history', 'im:history', 'mpim:history'];

function info(lab: Lab, args: Args): Record<string, unknown> {
  const channel = visibleChannel(lab, args.need('channel'));
  needScope(lab, channel, 'read');
  return { channel: wireChannel(channel, args.flag('include_num_members')) };
}

function open(lab: Lab, args: Args): Record<string, unknown> {
  const users = args.text('users')?.split(',') ?? [];
  const [user] = users;
  const known = args.text('channel');
  if (known) return { channel: wireChannel(visibleChannel(lab, known), false) };
  if (user === undefined) throw new ApiError('users_list_not_supplied');
  // Group messages with several people are left out of the lab.
  if (users.length > 1) throw new ApiError('method_not_supported_for_channel_type');
  const person = lab.world.people.get(user);
  if (!person || user === lab.world.app.botUserId) throw new ApiError('user_not_found');
  if (person.deleted) throw new ApiError('user_disabled');
  const existed = [...lab.world.channels.values()].some((one) => one.isDirect && one.members.has(user));
  const channel = lab.world.directChannel(user);
  return {
    ...(existed ? { no_op: true, already_open: true } : {}),
    channel: args.flag('return_im') ? wireChannel(channel, false) : { id: channel.id },
  };
}

function members(lab: Lab, args: Args): Record<string, unknown> {
  const channel = visibleChannel(lab, args.need('channel'));
  needScope(lab, channel, 'read');
  const all = [...channel.members, ...(channel.botIsMember ? [lab.world.app.botUserId] : [])];
  const from = Number(decodeCursor(args) ?? 0);
  const limit = Math.min(args.count('limit', 100), 1000);
  const page = all.slice(from, from + limit);
  return { members: page, ...nextCursor(from + limit < all.length ? String(from + limit) : undefined) };
}

function history(lab: Lab, args: Args): Record<string, unknown> {
  const channel = visibleChannel(lab, args.need('channel'));
  needScope(lab, channel, 'history');
  if (!channel.botIsMember) throw new ApiError('not_in_channel');
  const shown = lab.messages.inChannel(channel.id).filter((message) => !message.threadTs || message.broadcast);
  return page(lab, args, within(args, shown).reverse(), 100);
}

function replies(lab: Lab, args: Args): Record<string, unknown> {
  const channel = visibleChannel(lab, args.need('channel'));
  needScope(lab, channel, 'history');
  if (!channel.botIsMember) throw new ApiError('not_in_channel');
  const parent = lab.messages.find(channel.id, args.need('ts'));
  if (!parent || parent.deleted) throw new ApiError('thread_not_found');
  const answers = within(args, lab.messages.replies(channel.id, parent.ts));
  return page(lab, args, [parent, ...answers], 1000);
}

function within(args: Args, messages: StoredMessage[]): StoredMessage[] {
  const oldest = tsArg(args, 'oldest', 0);
  const latest = tsArg(args, 'latest', Number.POSITIVE_INFINITY);
  const inclusive = args.flag('inclusive');
  return messages.filter(({ ts }) => {
    const at = micros(ts);
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  });
}

function tsArg(args: Args, name: string, otherwise: number): number {
  const ts = args.text(name);
  if (ts === undefined) return otherwise;
  if (!/^\d+(\.\d+)?$/.test(ts)) throw new ApiError(`invalid_ts_${name}`);
  return micros(ts);
}

/** Microseconds; a float would lose the last digit of a ts. */
function micros(ts: string): number {
  const [seconds, fraction = ''] = ts.split('.');
  return Number(seconds) * 1e6 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

function page(lab: Lab, args: Args, all: StoredMessage[], otherwise: number): Record<string, unknown> {
  const limit = Math.min(args.count('limit', otherwise), 1000);
  const cursor = decodeCursor(args);
  const from = cursor === undefined ? 0 : all.findIndex((message) => message.ts === cursor);
  if (from < 0) throw new ApiError('invalid_cursor');
  const withMetadata = args.flag('include_all_metadata');
  const next = all[from + limit];
  return {
    messages: all.slice(from, from + limit).map((message) => wireMessage(lab, message, withMetadata)),
    has_more: next !== undefined,
    ...nextCursor(next?.ts),
  };
}

function decodeCursor(args: Args): string | undefined {
  const cursor = args.text('cursor');
  if (cursor === undefined) return undefined;
  const plain = Buffer.from(cursor, 'base64').toString();
  if (!plain.startsWith('next:')) throw new ApiError('invalid_cursor');
  return plain.slice('next:'.length);
}

function nextCursor(next: string | undefined): Record<string, unknown> {
  const cursor = next === undefined ? '' : Buffer.from(`next:${next}`).toString('base64');
  return { response_metadata: { next_cursor: cursor } };
}

export const conversations: Record<string, Method> = {
  'conversations.info': { scopes: READ, rate: 'tier3', required: ['channel'], run: info },
  'conversations.open': { scopes: ['im:write', 'mpim:write'], rate: 'tier3', run: open },
  'conversations.members': { scopes: READ, rate: 'tier4', required: ['channel'], run: members },
  'conversations.history': { scopes: HISTORY, rate: 'tier3', required: ['channel'], run: history },
  'conversations.replies': { scopes: HISTORY, rate: 'tier3', required: ['channel', 'ts'], run: replies },
};
