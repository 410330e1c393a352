/** What is hung on messages and channels: pins, reactions, bookmarks. */
import type { StoredMessage } from '../messages.ts';
import { ApiError, type Args, type Lab, type Method } from '../method.ts';
import { wireMessage } from '../wire.ts';
import { type Channel, newId } from '../world.ts';
import { visibleChannel } from './channels.ts';

const MAX_PINS = 100;

function item(lab: Lab, args: Args): { channel: Channel; message: StoredMessage } {
  const channel = visibleChannel(lab, args.need('channel'));
  if (!channel.botIsMember) throw new ApiError('not_in_channel');
  const timestamp = args.text('timestamp');
  if (timestamp === undefined) throw new ApiError('no_item_specified');
  if (!/^\d+\.\d{6}$/.test(timestamp)) throw new ApiError('bad_timestamp');
  const message = lab.messages.live(channel.id, timestamp);
  if (!message) throw new ApiError('message_not_found');
  return { channel, message };
}

function addPin(lab: Lab, args: Args): Record<string, unknown> {
  const { channel, message } = item(lab, args);
  if (channel.pins.some((pin) => pin.ts === message.ts)) throw new ApiError('already_pinned');
  if (channel.pins.length >= MAX_PINS) throw new ApiError('too_many_pins');
  channel.pins.push({ ts: message.ts, by: lab.world.app.botUserId, at: lab.world.now() });
  lab.world.changed();
  return {};
}

function removePin(lab: Lab, args: Args): Record<string, unknown> {
  const { channel, message } = item(lab, args);
  if (!channel.pins.some((pin) => pin.ts === message.ts)) throw new ApiError('no_pin');
  channel.pins = channel.pins.filter((pin) => pin.ts !== message.ts);
  lab.world.changed();
  return {};
}

function listPins(lab: Lab, args: Args): Record<string, unknown> {
  const channel = visibleChannel(lab, args.need('channel'));
  const items = channel.pins.flatMap((pin) => {
    const message = lab.messages.live(channel.id, pin.ts);
    return message
      ? [
          {
            type: 'message',
            channel: channel.id,
            created: Math.floor(pin.at / 1000),
            created_by: pin.by,
            message: wireMessage(lab, message),
          },
        ]
      : [];
  });
  return { items };
}

function addReaction(lab: Lab, args: Args): Record<string, unknown> {
  const name = args.need('name');
  if (!/^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/.test(name)) throw new ApiError('invalid_name');
  const { channel, message } = item(lab, args);
  if (channel.isArchived) throw new ApiError('is_archived');
  const bot = lab.world.app.botUserId;
  const reaction = message.reactions.find((one) => one.name === name);
  if (reaction?.users.includes(bot)) throw new ApiError('already_reacted');
  if (reaction) reaction.users.push(bot);
  else message.reactions.push({ name, users: [bot] });
  lab.world.changed();
  return {};
}

function addBookmark(lab: Lab, args: Args): Record<string, unknown> {
  const channel = visibleChannel(lab, args.need('channel_id'));
  if (!channel.botIsMember) throw new ApiError('access_denied');
  if (args.need('type') !== 'link') throw new ApiError('invalid_bookmark_type');
  const link = args.text('link') ?? '';
  if (!/^https?:\/\/\S+$/.test(link)) throw new ApiError('invalid_link');
  const bookmark = {
    id: newId('Bk'),
    title: args.need('title'),
    link,
    emoji: args.text('emoji') ?? '',
    at: lab.world.now(),
  };
  channel.bookmarks.push(bookmark);
  lab.world.changed();
  const { at, ...shown } = bookmark;
  const seconds = Math.floor(at / 1000);
  return {
    bookmark: {
      ...shown,
      channel_id: channel.id,
      type: 'link',
      date_created: seconds,
      date_updated: 0,
      last_updated_by_user_id: lab.world.app.botUserId,
      app_id: lab.world.app.id,
    },
  };
}

export const marks: Record<string, Method> = {
  'pins.add': { scopes: ['pins:write'], rate: 'tier2', required: ['channel'], run: addPin },
  'pins.remove': { scopes: ['pins:write'], rate: 'tier2', required: ['channel'], run: removePin },
  'pins.list': { scopes: ['pins:read'], rate: 'tier2', required: ['channel'], run: listPins },
  'reactions.add': { scopes: ['reactions:write'], rate: 'tier3', required: ['channel', 'name'], run: addReaction },
  'bookmarks.add': {
    scopes: ['bookmarks:write'],
    rate: 'tier2',
    required: ['channel_id', 'title', 'type'],
    run: addBookmark,
  },
};
