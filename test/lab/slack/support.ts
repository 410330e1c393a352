/** A small workspace, a real Bolt app on two Socket Mode connections, a hand-driven clock, and a plain API caller. */
import { App, type Receiver, SocketModeReceiver } from '@slack/bolt';
import { startSlack } from '../../../lab/slack/server.ts';
import type { Clock, SlackLab, SlackOptions } from '../../../lab/slack/types.ts';

export const SCOPES = [
  'commands',
  'chat:write',
  'app_mentions:read',
  'channels:read',
  'groups:read',
  'channels:history',
  'groups:history',
  'im:write',
  'users:read',
  'users:read.email',
  'usergroups:read',
  'pins:read',
  'pins:write',
  'reactions:write',
  'bookmarks:write',
];

export function workspace(options: Partial<SlackOptions> = {}): Promise<SlackLab> {
  return startSlack({
    people: [
      { id: 'U1', name: 'ann', realName: 'Ann Ash', email: 'ann@example.com', tz: 'Europe/Berlin' },
      { id: 'U2', name: 'bob' },
      { id: 'U3', name: 'guest', isRestricted: true },
      { id: 'U4', name: 'gone', deleted: true },
    ],
    usergroups: [{ id: 'S1', handle: 'sre', users: ['U1', 'U2', 'U4'] }],
    channels: [
      { id: 'C1', name: 'incidents', members: ['U1', 'U2', 'U3'] },
      { id: 'C2', name: 'elsewhere', members: ['U1'], botIsMember: false },
      { id: 'C3', name: 'secret', members: ['U2'], isPrivate: true, botIsMember: false },
      { id: 'C4', name: 'old', members: ['U1'], isArchived: true },
      { id: 'C5', name: 'war-room', members: ['U1', 'U2'], isPrivate: true },
    ],
    botToken: 'xoxb-lab',
    appToken: 'xapp-lab',
    scopes: SCOPES,
    rateLimits: { enabled: false },
    ...options,
  });
}

export const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => 'error' as never,
  setName() {},
};

export interface Bot {
  app: App;
  receivers: SocketModeReceiver[];
  stop(): Promise<void>;
}

/** Starts an unmodified Bolt app with its listeners; resolves when every connection has said hello. */
export async function startBot(lab: SlackLab, listen: (app: App) => void, connections = 2): Promise<Bot> {
  const clientOptions = {
    slackApiUrl: lab.apiUrl,
    retryConfig: { retries: 1, minTimeout: 10, maxTimeout: 20 },
    logger: silent,
  };
  const receivers = Array.from(
    { length: connections },
    () =>
      new SocketModeReceiver({
        appToken: 'xapp-lab',
        logger: silent,
        // Also the pause before a reconnect, which is what tests would wait for.
        clientPingTimeout: 1000,
        installerOptions: {
          clientOptions: { ...clientOptions, retryConfig: { retries: 20, minTimeout: 20, factor: 1 } },
        },
      }),
  );
  const receiver: Receiver = {
    init: (app) => {
      for (const one of receivers) one.init(app);
    },
    start: () => Promise.all(receivers.map((one) => one.start())),
    stop: () => Promise.all(receivers.map((one) => one.client.disconnect())),
  };
  const app = new App({
    token: 'xoxb-lab',
    receiver,
    clientOptions,
    convoStore: false,
    logger: silent,
    deferInitialization: true,
  });
  app.error(async () => {});
  listen(app);
  await app.init();
  await app.start();
  return { app, receivers, stop: async () => void (await receiver.stop()) };
}

export interface HandClock extends Clock {
  /** Moves time on and runs what became due, in order. */
  advance(ms: number): void;
  /** How many tasks wait. */
  waiting(): number;
}

export function handClock(start = 1_800_000_000_000): HandClock {
  let time = start;
  let tasks: { at: number; task: () => void }[] = [];
  return {
    now: () => time,
    waiting: () => tasks.length,
    after(ms, task) {
      const entry = { at: time + ms, task };
      tasks.push(entry);
      return () => {
        tasks = tasks.filter((one) => one !== entry);
      };
    },
    advance(ms) {
      const end = time + ms;
      for (;;) {
        const due = tasks.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        tasks = tasks.filter((one) => one !== due);
        time = Math.max(time, due.at);
        due.task();
      }
      time = end;
    },
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { ok: boolean; error?: string };
}

/** One Web API call as a JSON request, without any client in between. */
export async function call(
  lab: SlackLab,
  method: string,
  args: Record<string, unknown> = {},
  token = 'xoxb-lab',
): Promise<Answer> {
  const response = await fetch(lab.apiUrl + method, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(args),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

export const plain = (text: string) => ({ type: 'plain_text', text });

export const button = (actionId: string, text = actionId, more: object = {}) => ({
  type: 'button',
  action_id: actionId,
  text: plain(text),
  ...more,
});
