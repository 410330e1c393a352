/** From the server's state to what people see: messages, ephemerals, views, and the snapshot for a page. */
import { elementsOf, seenElement, seenInputs, wordsOf } from './elements.ts';
import type { StoredEphemeral, StoredMessage } from './messages.ts';
import type { Lab } from './method.ts';
import type { LabPerson, SeenChannel, SeenEphemeral, SeenMessage, SeenView, Snapshot } from './types.ts';
import type { StoredView } from './views.ts';
import { permalink } from './wire.ts';
import type { Channel } from './world.ts';

export function seenMessage(lab: Lab, message: StoredMessage): SeenMessage {
  const { channel, ts, threadTs, broadcast, user, isBot, text, blocks, at, versions, tombstone } = message;
  const replies = lab.messages.replies(channel, ts);
  const latest = replies.at(-1);
  const edited = versions.length > 1 ? versions.at(-1) : undefined;
  return {
    channel,
    ts,
    ...(threadTs ? { threadTs } : {}),
    broadcast,
    user,
    isBot,
    text,
    blocks: structuredClone(blocks),
    ...(message.attachments ? { attachments: structuredClone(message.attachments) } : {}),
    ...(message.metadata ? { metadata: structuredClone(message.metadata) } : {}),
    at,
    edits: versions.length - 1,
    ...(edited ? { editedAt: edited.at } : {}),
    pinned: lab.world.channel(channel).pins.some((pin) => pin.ts === ts),
    reactions: structuredClone(message.reactions),
    replyCount: replies.length,
    ...(latest ? { latestReply: latest.ts } : {}),
    elements: elementsOf(blocks).map(seenElement),
    permalink: permalink(lab.world, channel, ts, threadTs),
    ...(tombstone ? { tombstone } : {}),
  };
}

export function seenEphemeral(message: StoredEphemeral): SeenEphemeral {
  return { ...structuredClone(message), elements: elementsOf(message.blocks).map(seenElement) };
}

export function seenView(view: StoredView): SeenView {
  const { content } = view;
  const submit = wordsOf(content['submit']);
  const close = wordsOf(content['close']);
  return {
    id: view.id,
    type: view.type,
    callbackId: String(content['callback_id'] ?? ''),
    title: wordsOf(content['title']),
    ...(submit ? { submit } : {}),
    ...(close ? { close } : {}),
    privateMetadata: String(content['private_metadata'] ?? ''),
    externalId: String(content['external_id'] ?? ''),
    hash: view.hash,
    blocks: structuredClone(view.blocks),
    inputs: seenInputs(view.blocks, view.state),
    elements: elementsOf(view.blocks)
      .filter(({ block }) => block.type !== 'input')
      .map(seenElement),
    errors: { ...view.errors },
  };
}

export function timeline(lab: Lab, channel: string): StoredMessage[] {
  return lab.messages.inChannel(channel).filter((message) => !message.threadTs || message.broadcast);
}

function seenChannel(lab: Lab, channel: Channel): SeenChannel {
  const threads: Record<string, SeenMessage[]> = {};
  for (const message of lab.messages.inChannel(channel.id)) {
    if (!message.threadTs) continue;
    const replies = threads[message.threadTs] ?? [];
    replies.push(seenMessage(lab, message));
    threads[message.threadTs] = replies;
  }
  return {
    id: channel.id,
    name: channel.name,
    isPrivate: channel.isPrivate,
    isDirect: channel.isDirect,
    isArchived: channel.isArchived,
    botIsMember: channel.botIsMember,
    members: [...channel.members],
    messages: timeline(lab, channel.id).map((message) => seenMessage(lab, message)),
    threads,
    pins: channel.pins.map((pin) => pin.ts),
    bookmarks: channel.bookmarks.map(({ id, title, link }) => ({ id, title, link })),
  };
}

/** The whole workspace, or what one person may see of it. */
export function snapshotOf(lab: Lab, userId: string | undefined): Snapshot {
  const { world, messages, views, socket } = lab;
  const sees = (channel: Channel) => userId === undefined || channel.members.has(userId);
  const people: LabPerson[] = [...world.people.values()];
  const ids = people.map((person) => person.id).filter((id) => userId === undefined || id === userId);
  const homes = ids.flatMap((id) => {
    const home = views.home(id);
    return home ? [[id, seenView(home)] as const] : [];
  });
  return {
    version: world.version,
    at: world.now(),
    team: { ...world.team },
    app: { ...world.app },
    people: structuredClone(people),
    usergroups: structuredClone([...world.usergroups.values()]),
    channels: [...world.channels.values()].filter(sees).map((channel) => seenChannel(lab, channel)),
    ephemerals: Object.fromEntries(ids.map((id) => [id, messages.ephemerals(id).map(seenEphemeral)])),
    views: Object.fromEntries(ids.map((id) => [id, views.stack(id).map(seenView)])),
    homes: Object.fromEntries(homes),
    connections: socket.list(),
    ...(world.requestUrl === undefined ? {} : { requestUrl: world.requestUrl }),
    counters: { ...world.counters },
  };
}
