/** What Slack hands out with every interaction and takes back only for a while: trigger ids and response URLs. */
import { randomBytes } from 'node:crypto';
import type { StoredEphemeral, StoredMessage } from './messages.ts';
import type { World } from './world.ts';

const TRIGGER_MS = 3000;
const RESPONSE_URL_MS = 30 * 60_000;
const RESPONSE_URL_USES = 5;

export interface ResponseUrl {
  url: string;
  user: string;
  channel: string;
  /** What was clicked; nothing for commands. */
  original?: StoredMessage | StoredEphemeral;
}

export interface Tickets {
  trigger(user: string, viewId?: string): string;
  /** Whose trigger it is, used up by this; or the error code Slack would answer. */
  useTrigger(id: string): { user: string; viewId?: string } | { error: string };
  /** The modal opened with a trigger, for the answer the person sees. */
  openedBy(trigger: string): string | undefined;
  opened(trigger: string, viewId: string): void;
  responseUrl(about: Omit<ResponseUrl, 'url'>): string;
  /** Takes one use of the URL whose path this is; or the error code Slack would answer with 404. */
  useResponseUrl(path: string): ResponseUrl | { error: string };
}

export function createTickets(world: World): Tickets {
  const triggers = new Map<string, { user: string; viewId?: string; at: number; used: boolean }>();
  const opened = new Map<string, string>();
  const urls = new Map<string, ResponseUrl & { at: number; uses: number }>();
  let count = 0;

  return {
    trigger(user, viewId) {
      count += 1;
      const id = `${count}.${Math.floor(world.now())}.${randomBytes(8).toString('hex')}`;
      triggers.set(id, { user, at: world.now(), used: false, ...(viewId ? { viewId } : {}) });
      return id;
    },
    useTrigger(id) {
      const trigger = triggers.get(id);
      if (!trigger) return { error: 'invalid_trigger_id' };
      if (world.now() - trigger.at > TRIGGER_MS) return { error: 'expired_trigger_id' };
      if (trigger.used) return { error: 'exchanged_trigger_id' };
      trigger.used = true;
      return trigger;
    },
    openedBy: (trigger) => opened.get(trigger),
    opened(trigger, viewId) {
      opened.set(trigger, viewId);
    },
    responseUrl(about) {
      const kind = about.original ? 'actions' : 'commands';
      const path = `/${kind}/${world.team.id}/${randomBytes(6).toString('hex')}/${randomBytes(12).toString('base64url')}`;
      urls.set(path, { ...about, url: world.baseUrl + path, at: world.now(), uses: 0 });
      return world.baseUrl + path;
    },
    useResponseUrl(path) {
      const known = urls.get(path);
      if (!known) return { error: 'no_such_url' };
      if (world.now() - known.at > RESPONSE_URL_MS) return { error: 'expired_url' };
      if (known.uses >= RESPONSE_URL_USES) return { error: 'used_url' };
      known.uses += 1;
      return known;
    },
  };
}
