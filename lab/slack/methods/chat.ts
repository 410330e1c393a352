/** chat.*: what the bot writes, edits, deletes and shows to one person only. */
import { asBlocks, checkMessageBlocks } from '../checks.ts';
import type { Metadata, StoredMessage } from '../messages.ts';
import { ApiError, type Args, invalidArguments, type Lab, type Method, objectArg } from '../method.ts';
import { isObject } from '../shape.ts';
import type { LabBlock } from '../types.ts';
import { permalink, wireMessage } from '../wire.ts';
import type { Channel } from '../world.ts';
import { visibleChannel, writableChannel } from './channels.ts';

const MAX_TEXT = 40_000;
const MAX_UPDATE_TEXT = 4000;
const MAX_METADATA = 8000;

interface Content {
  text: string;
  blocks: LabBlock[];
  attachments?: unknown[];
  truncated: boolean;
}

/** Text, blocks and attachments of a call, checked. */
export function contentOf(args: Args, longest = MAX_TEXT, tooLong?: string): Content {
  const attachments = args.has('attachments') ? args.json('attachments', 'invalid_attachments') : undefined;
  if (attachments !== undefined && !Array.isArray(attachments)) throw new ApiError('invalid_attachments');
  if (attachments && attachments.length > 100) throw new ApiError('too_many_attachments');
  const markdown = args.text('markdown_text');
  if (markdown !== undefined) {
    if (args.has('text') || args.has('blocks')) throw new ApiError('markdown_text_conflict');
    if (markdown.length > 12_000) throw new ApiError('msg_too_long');
  }
  const text = args.text('text') ?? markdown ?? '';
  if (tooLong && text.length > longest) throw new ApiError(tooLong);
  return {
    text: text.slice(0, longest),
    blocks: blocksOf(args),
    truncated: text.length > longest,
    ...(attachments ? { attachments } : {}),
  };
}

function blocksOf(args: Args): LabBlock[] {
  if (!args.has('blocks')) return [];
  const blocks = args.json('blocks', 'invalid_blocks_format');
  const problem = checkMessageBlocks(blocks);
  if (problem) throw invalidArguments(problem.messages, problem.error);
  return asBlocks(blocks);
}

function isEmpty(content: Content): boolean {
  return content.text.trim() === '' && content.blocks.length === 0 && !content.attachments?.length;
}

/** `undefined`: not given; `null`: an empty object, which takes it off. */
function metadataOf(args: Args): Metadata | null | undefined {
  const given = objectArg(args, 'metadata', 'invalid_metadata_format');
  if (!given) return undefined;
  if (Object.keys(given).length === 0) return null;
  const { event_type: eventType, event_payload: payload } = given;
  if (typeof eventType !== 'string' || !isObject(payload)) throw new ApiError('invalid_metadata_format');
  if (JSON.stringify(given).length > MAX_METADATA) throw new ApiError('metadata_too_large');
  return { event_type: eventType, event_payload: payload };
}

/** A reply to a reply belongs to the parent, as in Slack. */
function parentOf(lab: Lab, channel: Channel, threadTs: string | undefined): string | undefined {
  if (!threadTs) return undefined;
  const message = lab.messages.find(channel.id, threadTs);
  if (!message || message.deleted) throw new ApiError('thread_not_found');
  return message.threadTs ?? message.ts;
}

function ownMessage(lab: Lab, args: Args, notOwn: string): StoredMessage {
  const channel = visibleChannel(lab, args.need('channel'));
  const message = lab.messages.live(channel.id, args.need('ts'));
  if (!message) throw new ApiError('message_not_found');
  if (!message.isBot) throw new ApiError(notOwn);
  if (channel.isArchived) throw new ApiError('is_archived');
  return message;
}

function postMessage(lab: Lab, args: Args): Record<string, unknown> {
  const channel = writableChannel(lab, args.text('channel'));
  const content = contentOf(args);
  if (isEmpty(content)) throw new ApiError('no_text');
  const threadTs = parentOf(lab, channel, args.text('thread_ts'));
  const message = lab.messages.post({
    ...content,
    channel: channel.id,
    user: lab.world.app.botUserId,
    isBot: true,
    threadTs,
    broadcast: threadTs !== undefined && args.flag('reply_broadcast'),
    metadata: metadataOf(args) ?? undefined,
  });
  return {
    channel: channel.id,
    ts: message.ts,
    message: wireMessage(lab, message, true),
    ...(content.truncated
      ? { warning: 'message_truncated', response_metadata: { warnings: ['message_truncated'] } }
      : {}),
  };
}

function update(lab: Lab, args: Args): Record<string, unknown> {
  const message = ownMessage(lab, args, 'cant_update_message');
  const content = contentOf(args, MAX_UPDATE_TEXT, 'msg_too_long');
  const metadata = metadataOf(args);
  const broadcast = args.flag('reply_broadcast') && message.threadTs !== undefined;
  const empty = isEmpty(content);
  if (empty && metadata === undefined && !broadcast) throw new ApiError('no_text');
  if (broadcast && !message.broadcast && !empty) throw new ApiError('no_dual_broadcast_content_update');
  // Text without blocks takes the blocks off; only a call with neither leaves what stands there.
  const standing = { text: message.text, blocks: message.blocks, attachments: message.attachments };
  lab.messages.edit(message, { ...(empty ? standing : content), metadata, broadcast }, 'update');
  return { channel: message.channel, ts: message.ts, text: message.text, message: wireMessage(lab, message, true) };
}

function remove(lab: Lab, args: Args): Record<string, unknown> {
  const message = ownMessage(lab, args, 'cant_delete_message');
  lab.messages.remove(message);
  return { channel: message.channel, ts: message.ts };
}

function postEphemeral(lab: Lab, args: Args): Record<string, unknown> {
  const channel = writableChannel(lab, args.text('channel'));
  const user = args.need('user');
  if (!channel.members.has(user)) throw new ApiError('user_not_in_channel');
  const content = contentOf(args, MAX_TEXT, 'msg_too_long');
  if (isEmpty(content)) throw new ApiError('no_text');
  const threadTs = parentOf(lab, channel, args.text('thread_ts'));
  const message = lab.messages.addEphemeral({
    channel: channel.id,
    user,
    text: content.text,
    blocks: content.blocks,
    source: 'postEphemeral',
    ...(threadTs ? { threadTs } : {}),
  });
  return { message_ts: message.ts };
}

function getPermalink(lab: Lab, args: Args): Record<string, unknown> {
  const channel = visibleChannel(lab, args.need('channel'));
  const message = lab.messages.live(channel.id, args.need('message_ts'));
  if (!message) throw new ApiError('message_not_found');
  return { channel: channel.id, permalink: permalink(lab.world, channel.id, message.ts, message.threadTs) };
}

const scopes = ['chat:write'];

export const chat: Record<string, Method> = {
  'chat.postMessage': { scopes, rate: 'post', required: ['channel'], run: postMessage },
  'chat.update': { scopes, rate: 'tier3', required: ['channel', 'ts'], run: update },
  'chat.delete': { scopes, rate: 'tier3', required: ['channel', 'ts'], run: remove },
  'chat.postEphemeral': { scopes, rate: 'tier4', required: ['channel', 'user'], run: postEphemeral },
  'chat.getPermalink': { rate: 'none', required: ['channel', 'message_ts'], run: getPermalink },
};
