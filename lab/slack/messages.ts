/**
 * The message store: what stands in each channel, its threads, every version of it, and the ephemeral messages of each
 * person. It keeps what Slack keeps and decides nothing; the rules are in the Web API methods.
 */
import { randomBytes } from 'node:crypto';
import { elementsOf } from './elements.ts';
import type { LabBlock, MessageVersion, SeenEphemeral } from './types.ts';
import type { World } from './world.ts';

export interface Metadata {
  event_type: string;
  event_payload: Record<string, unknown>;
}

export interface StoredMessage {
  channel: string;
  ts: string;
  threadTs?: string;
  broadcast: boolean;
  user: string;
  isBot: boolean;
  text: string;
  blocks: LabBlock[];
  attachments?: unknown[];
  metadata?: Metadata;
  at: number;
  /** Slack shows "(edited)" after a text-only edit, not after one with blocks. */
  editedTs?: string;
  versions: MessageVersion[];
  reactions: { name: string; users: string[] }[];
  deleted: boolean;
  tombstone: boolean;
}

export type StoredEphemeral = Omit<SeenEphemeral, 'elements'>;

export interface Draft {
  channel: string;
  user: string;
  isBot: boolean;
  text: string;
  blocks: LabBlock[];
  threadTs?: string | undefined;
  broadcast?: boolean;
  attachments?: unknown[] | undefined;
  metadata?: Metadata | undefined;
}

export interface Change {
  text: string;
  blocks: LabBlock[];
  attachments?: unknown[] | undefined;
  metadata?: Metadata | null | undefined;
  broadcast?: boolean;
}

export interface MessageStore {
  post(draft: Draft): StoredMessage;
  edit(message: StoredMessage, change: Change, via: 'update' | 'response_url'): void;
  remove(message: StoredMessage): void;
  /** Also deleted ones, for their history. */
  find(channel: string, ts: string): StoredMessage | undefined;
  live(channel: string, ts: string): StoredMessage | undefined;
  /** Oldest first, deleted ones left out. */
  inChannel(channel: string): StoredMessage[];
  replies(channel: string, threadTs: string): StoredMessage[];
  addEphemeral(draft: Omit<StoredEphemeral, 'ts' | 'at' | 'edits'>): StoredEphemeral;
  ephemerals(user: string): StoredEphemeral[];
  findEphemeral(user: string, ts: string): StoredEphemeral | undefined;
  editEphemeral(message: StoredEphemeral, change: { text: string; blocks: LabBlock[] }): void;
  removeEphemeral(message: StoredEphemeral): void;
}

export function createMessages(world: World): MessageStore {
  const channels = new Map<string, Map<string, StoredMessage>>();
  const threads = new Map<string, StoredMessage[]>();
  const ephemerals: StoredEphemeral[] = [];

  function of(channel: string): Map<string, StoredMessage> {
    const known = channels.get(channel) ?? new Map<string, StoredMessage>();
    channels.set(channel, known);
    return known;
  }

  const store: MessageStore = {
    post(draft) {
      const blocks = withBlockIds(draft.blocks);
      const at = world.now();
      const message: StoredMessage = {
        channel: draft.channel,
        ts: world.nextTs(),
        broadcast: draft.broadcast ?? false,
        user: draft.user,
        isBot: draft.isBot,
        text: draft.text,
        blocks,
        at,
        versions: [{ at, via: 'post', text: draft.text, blocks }],
        reactions: [],
        deleted: false,
        tombstone: false,
        ...(draft.threadTs === undefined ? {} : { threadTs: draft.threadTs }),
        ...(draft.attachments ? { attachments: draft.attachments } : {}),
        ...(draft.metadata ? { metadata: draft.metadata } : {}),
      };
      of(draft.channel).set(message.ts, message);
      if (message.threadTs) {
        const key = `${message.channel} ${message.threadTs}`;
        threads.set(key, [...(threads.get(key) ?? []), message]);
      }
      if (message.isBot) {
        world.counters.posts += 1;
        if (message.threadTs) world.counters.threadReplies += 1;
        if (message.broadcast) world.counters.broadcasts += 1;
      }
      world.changed();
      return message;
    },
    edit(message, change, via) {
      const at = world.now();
      message.text = change.text;
      message.blocks = withBlockIds(change.blocks);
      if (change.attachments) message.attachments = change.attachments;
      else delete message.attachments;
      if (change.metadata === null) delete message.metadata;
      else if (change.metadata) message.metadata = change.metadata;
      if (change.broadcast && !message.broadcast) {
        message.broadcast = true;
        world.counters.broadcasts += 1;
      }
      if (message.blocks.length === 0) message.editedTs = world.nextTs();
      message.versions.push({ at, via, text: message.text, blocks: message.blocks });
      world.counters.updates += 1;
      world.changed();
    },
    remove(message) {
      message.versions.push({ at: world.now(), via: 'delete', text: '', blocks: [] });
      if (store.replies(message.channel, message.ts).length > 0) {
        message.tombstone = true;
        message.text = 'This message was deleted.';
        message.blocks = [];
        delete message.attachments;
        delete message.metadata;
      } else {
        message.deleted = true;
      }
      const channel = world.channel(message.channel);
      channel.pins = channel.pins.filter((pin) => pin.ts !== message.ts);
      world.changed();
    },
    find: (channel, ts) => channels.get(channel)?.get(ts),
    live(channel, ts) {
      const message = store.find(channel, ts);
      return message && !message.deleted && !message.tombstone ? message : undefined;
    },
    inChannel: (channel) => [...of(channel).values()].filter((message) => !message.deleted),
    replies: (channel, threadTs) => (threads.get(`${channel} ${threadTs}`) ?? []).filter((reply) => !reply.deleted),
    addEphemeral(draft) {
      const message: StoredEphemeral = {
        ...draft,
        blocks: withBlockIds(draft.blocks),
        ts: world.nextTs(),
        at: world.now(),
        edits: 0,
      };
      ephemerals.push(message);
      world.counters.ephemerals += 1;
      world.changed();
      return message;
    },
    ephemerals: (user) => ephemerals.filter((message) => message.user === user),
    findEphemeral: (user, ts) => ephemerals.find((message) => message.user === user && message.ts === ts),
    editEphemeral(message, change) {
      message.text = change.text;
      message.blocks = withBlockIds(change.blocks);
      message.edits += 1;
      world.changed();
    },
    removeEphemeral(message) {
      const at = ephemerals.indexOf(message);
      if (at >= 0) ephemerals.splice(at, 1);
      world.changed();
    },
  };
  return store;
}

/** Slack gives every block and element an id of its own when the app gave none; a click names both. */
export function withBlockIds(blocks: LabBlock[]): LabBlock[] {
  return blocks.map((block) => {
    const copy = { ...structuredClone(block), block_id: block.block_id || shortId() };
    for (const { element } of elementsOf([copy])) element['action_id'] ||= shortId();
    return copy;
  });
}

function shortId(): string {
  return randomBytes(4).toString('base64url').slice(0, 5);
}
