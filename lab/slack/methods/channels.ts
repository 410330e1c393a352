/** Which channel a call means, and whether the app may see it, read it, write to it. */
import { ApiError, type Lab, missingScope } from '../method.ts';
import type { Channel } from '../world.ts';

/** A channel the bot can see; people's ids stand for the direct channel with them. */
export function visibleChannel(lab: Lab, id: string | undefined): Channel {
  const { world } = lab;
  if (id && world.people.has(id) && id !== world.app.botUserId) return world.directChannel(id);
  const channel = id === undefined ? undefined : world.channels.get(id);
  if (!channel || (channel.isPrivate && !channel.botIsMember)) throw new ApiError('channel_not_found');
  return channel;
}

/** A channel the bot may post to. */
export function writableChannel(lab: Lab, id: string | undefined): Channel {
  const channel = visibleChannel(lab, id);
  if (channel.isArchived) throw new ApiError('is_archived');
  const mayPost = channel.botIsMember || (!channel.isPrivate && lab.world.scopes.has('chat:write.public'));
  if (!mayPost) throw new ApiError('not_in_channel');
  return channel;
}

/** Scopes for channels come by kind: `channels:read` says nothing about private ones. */
export function needScope(lab: Lab, channel: Channel, right: 'read' | 'history'): void {
  const kind = channel.isDirect ? 'im' : channel.isPrivate ? 'groups' : 'channels';
  const needed = `${kind}:${right}`;
  if (!lab.world.scopes.has(needed)) throw missingScope(lab.world, needed);
}
