/**
 * The Web API methods the lab knows. Left out, and so answered `unknown_method`: file uploads, scheduled messages,
 * canvases, creating and inviting to channels, group direct messages, streaming.
 */
import type { Method } from '../method.ts';
import { chat } from './chat.ts';
import { conversations } from './conversations.ts';
import { directory } from './directory.ts';
import { marks } from './marks.ts';
import { views } from './views.ts';

export const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries({ ...directory, ...chat, ...views, ...conversations, ...marks }),
);
