/**
 * Saying a thing once. Every message carries its key as metadata; before a key of doubtful past is posted, the place is
 * read back: after a lost answer always, and once per place after a start, for what a former life may have said.
 */
import { IntegrationError } from '../../lib/errors.ts';
import type { Message, Posted, PostTarget } from '../../ports/chat.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Api } from './api.ts';
import { hasCode } from './failures.ts';
import type { Log } from './log.ts';
import { renderMessage } from './render.ts';

const EVENT_TYPE = 'regent_message';
const PAGE = 200;
/** In a channel the newest come first, and a message of seconds ago stands among them. */
const CHANNEL_PAGES = 5;
/** A thread is told from its beginning, so all of it is read. */
const THREAD_PAGES = 25;
/** What Slack accepted a moment ago may not be readable yet. */
const SETTLE_MS = 700;
/** Messages, and places too. */
const REMEMBERED_KEYS = 5000;

export type Posting = {
  /** See `Chat.post`. Calls for one channel must come one after the other. */
  post(target: PostTarget, message: Message, key: string, signal: AbortSignal): Promise<Posted>;
  /** The message is gone: its key may be posted anew. */
  forget(posted: Posted): void;
};

type Options = { api: Api; clock: Clock; log: Log; botUser: () => string };
/** `since`: a ts of Slack's after which nothing of ours has been read or written there. */
type Place = { looked: boolean; since: string | undefined };

export function createPosting({ api, clock, log, botUser }: Options): Posting {
  const posted = new Map<string, Posted>();
  const unsure = new Set<string>();
  const places = new Map<string, Place>();

  function placeOf(target: PostTarget): Place {
    const name = placeName(target.channel, target.thread?.ts);
    const place = places.get(name) ?? { looked: false, since: undefined };
    places.set(name, place);
    return place;
  }

  function remember(key: string, at: Posted, place: Place): Posted {
    posted.set(key, at);
    unsure.delete(key);
    place.since = later(place.since, at.ts);
    for (const map of [posted, places]) if (map.size > REMEMBERED_KEYS) map.delete(map.keys().next().value!);
    return at;
  }

  /** Reads everything of ours in the place since `place.since`. @throws IntegrationError when it cannot be read */
  async function look(target: PostTarget, place: Place, pages: number, signal: AbortSignal): Promise<void> {
    let cursor: string | undefined;
    let newest = place.since;
    for (let page = 0; page < pages; page += 1) {
      const args = {
        channel: target.channel,
        include_all_metadata: true,
        limit: PAGE,
        ...(place.since === undefined ? {} : { oldest: place.since }),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const answer = target.thread
        ? await api.call('conversations.replies', { ...args, ts: target.thread.ts }, { signal })
        : await api.call('conversations.history', args, { signal });
      for (const { ts, user, metadata } of answer.messages ?? []) {
        if (ts === undefined) continue;
        newest = later(newest, ts);
        const key = (metadata?.event_payload as { key?: unknown } | undefined)?.key;
        // Only our own: anybody's app may write such metadata, and must not silence us by it.
        if (user !== botUser() || metadata?.event_type !== EVENT_TYPE || typeof key !== 'string') continue;
        posted.set(key, { channel: target.channel, ts });
      }
      cursor = answer.response_metadata?.next_cursor || undefined;
      if (cursor === undefined) break;
    }
    if (cursor !== undefined && target.thread) {
      throw unknown(`The thread is too long to be read (${pages * PAGE} messages).`);
    }
    place.since = newest;
    place.looked = true;
  }

  async function firstLook(target: PostTarget, place: Place, signal: AbortSignal): Promise<void> {
    if (place.looked) return;
    try {
      await look(target, place, target.thread ? THREAD_PAGES : 1, signal);
    } catch (error) {
      // Not being able to read is no reason for silence: no answer of this process was lost here yet.
      place.looked = true;
      log.warn({ channel: target.channel, code: codeOf(error) }, 'what was posted before the start cannot be read');
    }
  }

  function send(target: PostTarget, message: Message, key: string, signal: AbortSignal) {
    const args = {
      channel: target.channel,
      ...renderMessage(message),
      ...(target.thread ? { thread_ts: target.thread.ts } : {}),
      ...(target.thread && target.broadcast ? { reply_broadcast: true } : {}),
      metadata: { event_type: EVENT_TYPE, event_payload: { key } },
      parse: 'none',
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    };
    return api.call('chat.postMessage', args, { signal, waitOnLimit: false });
  }

  /** Whether it stands there after all; `undefined` means surely not. */
  async function found(
    target: PostTarget,
    key: string,
    place: Place,
    signal: AbortSignal,
  ): Promise<Posted | undefined> {
    try {
      for (const pause of [0, SETTLE_MS]) {
        if (pause > 0) await clock.sleep(pause, signal);
        await look(target, place, target.thread ? THREAD_PAGES : CHANNEL_PAGES, signal);
        const at = posted.get(key);
        if (at) return remember(key, at, place);
      }
      return undefined;
    } catch (error) {
      const scope = hasCode(error, 'missing_scope') ? ' Private channels need the optional scope groups:history.' : '';
      throw unknown(`Slack's answer was lost and the channel cannot be read to find out.${scope}`, error);
    }
  }

  return {
    async post(target, message, key, signal) {
      const place = placeOf(target);
      const before = posted.get(key);
      if (before) return before;
      await firstLook(target, place, signal);
      const earlier = posted.get(key) ?? (unsure.has(key) ? await found(target, key, place, signal) : undefined);
      if (earlier) return remember(key, earlier, place);

      for (let attempt = 1; ; attempt += 1) {
        try {
          const { ts, channel } = await send(target, message, key, signal);
          if (ts === undefined) throw unknown('Slack said yes and named no message.');
          // Under a message written just now there is nothing of a former life.
          if (!target.thread) places.set(placeName(target.channel, ts), { looked: true, since: ts });
          return remember(key, { channel: channel ?? target.channel, ts }, place);
        } catch (error) {
          if (!(error instanceof IntegrationError) || error.effect === 'none' || signal.aborted) {
            if (error instanceof IntegrationError && error.effect === 'unknown') unsure.add(key);
            throw error;
          }
          unsure.add(key);
          log.warn(
            { key, code: error.code },
            'an answer of Slack was lost; reading the channel before saying it again',
          );
          const at = await found(target, key, place, signal);
          if (at) return at;
          if (attempt === 2) throw notThere(error);
        }
      }
    },
    forget(gone) {
      for (const [key, at] of posted) if (at.channel === gone.channel && at.ts === gone.ts) posted.delete(key);
    },
  };
}

const placeName = (channel: string, thread = ''): string => `${channel}/${thread}`;

/** Timestamps of Slack compare by their digits: seconds of ten digits, then six. */
function later(a: string | undefined, b: string): string {
  return a === undefined || b > a ? b : a;
}

const codeOf = (error: unknown): string => (error instanceof IntegrationError ? error.code : 'unknown');

function unknown(message: string, cause?: unknown): IntegrationError {
  const operation = 'chat.postMessage';
  return new IntegrationError(message, { code: 'slack_unsure', system: 'slack', operation, effect: 'unknown', cause });
}

function notThere(cause: IntegrationError): IntegrationError {
  return new IntegrationError(`${cause.message} The message is not in the channel.`, {
    code: cause.code,
    system: 'slack',
    operation: 'chat.postMessage',
    effect: 'none',
    cause,
  });
}
