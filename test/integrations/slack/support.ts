/** What the tests of the Slack adapter share: a workspace of the lab, the adapter in it, and a log that is kept. */
import { setTimeout as delay } from 'node:timers/promises';
import { poll } from '../../../lab/lib/poll.ts';
import { startSlack } from '../../../lab/slack/server.ts';
import type { SlackOptions as LabOptions, SlackLab } from '../../../lab/slack/types.ts';
import { type SlackAdapter, type SlackOptions, slackChat } from '../../../src/integrations/slack/adapter.ts';
import type { Log } from '../../../src/integrations/slack/log.ts';
import { neededScopes, optionalScopes } from '../../../src/integrations/slack/methods.ts';
import type { Incoming, Message, Reply } from '../../../src/ports/chat.ts';
import type { Clock } from '../../../src/ports/clock.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
};

/** A clock that stands until it is moved; who waits on it is woken in order. */
export function standingClock(start = 1_000_000) {
  let now = start;
  let waiting: { at: number; wake: () => void }[] = [];
  return {
    now: () => now,
    sleep(ms: number, signal?: AbortSignal): Promise<void> {
      if (signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const entry = { at: now + ms, wake: resolve };
        waiting.push(entry);
        signal?.addEventListener('abort', () => {
          waiting = waiting.filter((one) => one !== entry);
          resolve();
        });
      });
    },
    /** Moves on, stopping at everybody who waits, and lets what was woken run. */
    async move(ms: number): Promise<void> {
      const until = now + ms;
      for (;;) {
        await settled();
        const next = waiting.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        waiting = waiting.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.wake();
      }
      now = until;
      await settled();
    },
    waiters: () => waiting.length,
  };
}

/** Everything that is ready has run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export type Entry = { level: string; message: string; fields: Record<string, unknown> };

export function keptLog(): Log & { entries: Entry[]; said: (part: string) => Entry[] } {
  const entries: Entry[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) => {
    entries.push({ level, message, fields });
  };
  const said = (part: string) => entries.filter(({ message }) => message.includes(part));
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), entries, said };
}

export const BOT_TOKEN = 'xoxb-lab-1';
export const APP_TOKEN = 'xapp-lab-1';
export const SIGNING_SECRET = '0123456789abcdef0123456789abcdef';
export type Transport = 'socket' | 'http';
/** Where the adapter listens for requests. */
export const requestUrl = (chat: SlackAdapter) => `${chat.listening()[0]?.replace('http ', 'http://')}/slack/events`;
export const signal = () => AbortSignal.timeout(20_000);

export const message = (title: string, more: Partial<Message> = {}): Message => ({
  title,
  lines: [],
  tone: 'plain',
  actions: [],
  ...more,
});

export type World = {
  lab: SlackLab;
  chat: SlackAdapter;
  log: ReturnType<typeof keptLog>;
  /** Everything dispatched, in order. */
  heard: Incoming[];
  deaf: string[];
  /** What dispatch answers from now on. */
  answer: (reply: (input: Incoming) => Reply | Promise<Reply>) => void;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Ana, Bo and others in #incidents (C1), #private (G1); the adapter, started unless told otherwise. */
export async function slackWorld(
  options: {
    lab?: Partial<LabOptions>;
    adapter?: Partial<SlackOptions>;
    start?: boolean;
    connections?: number;
    /** Default socket. */
    transport?: Transport;
  } = {},
): Promise<World> {
  const http = options.transport === 'http';
  const lab = await startSlack({
    people: [
      { id: 'U1', name: 'ana', realName: 'Ana' },
      { id: 'U2', name: 'bo', realName: 'Bo' },
      { id: 'U3', name: 'gus', isRestricted: true },
      { id: 'U4', name: 'stan', isStranger: true },
      { id: 'U5', name: 'dora', deleted: true },
      { id: 'U6', name: 'robo', isBot: true },
    ],
    usergroups: [{ id: 'S1', handle: 'sre', users: ['U1', 'U2'] }],
    channels: [
      { id: 'C1', name: 'incidents', members: ['U1', 'U2', 'U3', 'U4'] },
      { id: 'C2', name: 'elsewhere', members: ['U1'], botIsMember: false },
      { id: 'G1', name: 'secret', members: ['U1'], isPrivate: true },
    ],
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    scopes: [...neededScopes(), ...optionalScopes()],
    rateLimits: { enabled: false },
    ...(http ? { http: { signingSecret: SIGNING_SECRET } } : {}),
    ...options.lab,
  });
  const log = keptLog();
  const heard: Incoming[] = [];
  const deaf: string[] = [];
  let reply: (input: Incoming) => Reply | Promise<Reply> = () => ({ kind: 'none' });
  const chat = slackChat({
    botToken: BOT_TOKEN,
    ...(http
      ? { transport: 'http', signingSecret: SIGNING_SECRET, listen: { host: '127.0.0.1', port: 0 } }
      : { appToken: APP_TOKEN }),
    apiUrl: lab.apiUrl,
    clock: systemClock,
    log,
    dispatch: async (input) => {
      heard.push(input);
      return await reply(input);
    },
    commandName: '/dr',
    onDeaf: (why) => deaf.push(why),
    timings: { watchdogEveryMs: 50, deafAfterMs: 60_000, requestTimeoutMs: 1500, drainMs: 2000, staggerMs: 0 },
    ...options.adapter,
  });
  if (options.start !== false) {
    await chat.start();
    const wanted = http ? 1 : (options.connections ?? 2);
    await poll(`${wanted} connections`, () => chat.listening().length >= wanted, { withinMs: 10_000 });
    if (http && !(await lab.setRequestUrl(requestUrl(chat)))) throw new Error('The challenge was not given back.');
  }
  return {
    lab,
    chat,
    log,
    heard,
    deaf,
    answer: (next) => {
      reply = next;
    },
    async [Symbol.asyncDispose]() {
      await chat.stop();
      await lab.close();
    },
  };
}
