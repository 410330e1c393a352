/**
 * The lab's own Slack, in one process: an HTTP server for the Web API, Socket Mode and response URLs, signed requests
 * to the app where it wants those instead, and the people of the workspace as functions. See types.ts for what can be asked of it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clickMessage, clickView, useShortcut } from './clicks.ts';
import { typeCommand } from './commands.ts';
import { openAppHome, write } from './events.ts';
import { createFaults } from './faults.ts';
import { answerJson } from './http.ts';
import { createLimits } from './limits.ts';
import { createMessages } from './messages.ts';
import type { Lab } from './method.ts';
import { closeModal, submitModal } from './modals.ts';
import { createRequestUrl } from './request-url.ts';
import { handleResponseUrl } from './response-urls.ts';
import { seenEphemeral, seenMessage, seenView, snapshotOf, timeline } from './seen.ts';
import { createSocketMode } from './socket-mode.ts';
import { createTickets } from './tickets.ts';
import type { SlackLab, SlackOptions } from './types.ts';
import { until } from './until.ts';
import { createViews } from './views.ts';
import { createWebApi } from './web-api.ts';
import { createWorld, stoppableTimers } from './world.ts';

/** Starts the server on 127.0.0.1 and answers once it listens. */
export async function startSlack(options: SlackOptions): Promise<SlackLab> {
  const world = createWorld(options);
  const timers = stoppableTimers(world.after);
  world.after = timers;
  let latencyMs = 0;
  const pause = async () => {
    if (latencyMs > 0) await new Promise<void>((resolve) => world.after(latencyMs, resolve));
  };

  const wire = {
    ackLimitMs: options.ackLimitMs ?? 3000,
    eventRetryDelaysMs: options.eventRetryDelaysMs ?? [0, 60_000, 300_000],
    pause,
  };
  const socket = createSocketMode(world, wire);
  const requests =
    options.http &&
    createRequestUrl(world, { ...wire, signingSecret: options.http.signingSecret, url: () => world.requestUrl });
  const deliveries = requests ?? socket;
  const lab: Lab = {
    world,
    messages: createMessages(world),
    views: createViews(world),
    tickets: createTickets(world),
    limits: createLimits(options.rateLimits, world.now),
    faults: createFaults(),
    socket,
    deliveries,
  };
  const api = createWebApi(lab, pause);
  const rules = { shouldEscape: options.shouldEscape ?? true, commands: options.commands };
  const subscribed = new Set(options.events ?? ['app_home_opened', 'app_mention']);

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://lab');
    const method = /^\/api\/([\w.]+)$/.exec(url.pathname)?.[1];
    if (method) await api.handle(method, url, request, response);
    else if (/^\/(commands|actions)\//.test(url.pathname)) {
      await handleResponseUrl(lab, url.pathname, request, response);
    } else answerJson(response, 404, { ok: false, error: 'not_found' });
  }

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      // A bug of the lab must not look like a Slack error.
      answerJson(response, 599, { ok: false, error: 'lab_is_broken', detail: String(error) });
    });
  });
  server.on('upgrade', (request, tcp, head) => lab.socket.upgrade(request, tcp, head));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  world.baseUrl = `http://127.0.0.1:${port}`;

  const { messages, views, faults } = lab;
  return {
    apiUrl: `${world.baseUrl}/api/`,
    url: world.baseUrl,
    port,

    command: (userId, channelId, line, how) =>
      typeCommand(lab, rules, [userId, channelId, line], how?.smartQuotes ?? false),
    click: (userId, target) => clickMessage(lab, userId, target),
    submitView: (userId, viewId, values = {}) => submitModal(lab, userId, viewId, values),
    closeView: (userId, viewId, all = false) => closeModal(lab, userId, viewId, all),
    clickInView: (userId, viewId, actionId, option) => clickView(lab, userId, viewId, actionId, option),
    mention: (userId, channelId, text, threadTs) =>
      write(lab, subscribed, [userId, channelId, `@${world.app.name} ${text}`], threadTs),
    say: (userId, channelId, text, threadTs) => write(lab, subscribed, [userId, channelId, text], threadTs),
    setPresence(userId, presence) {
      world.person(userId).presence = presence;
      world.changed();
    },
    openHome: (userId, tab = 'home') => openAppHome(lab, subscribed, userId, tab),
    shortcut: (userId, callbackId, message) => useShortcut(lab, userId, callbackId, message),
    directChannel: (userId) => world.directChannel(userId).id,

    messages: (channelId) => timeline(lab, world.channel(channelId).id).map((message) => seenMessage(lab, message)),
    thread(channelId, ts) {
      const parent = messages.find(world.channel(channelId).id, ts);
      if (!parent || parent.deleted) return [];
      return [parent, ...messages.replies(channelId, ts)].map((message) => seenMessage(lab, message));
    },
    message(channelId, ts) {
      const message = messages.find(world.channel(channelId).id, ts);
      return message && !message.deleted ? seenMessage(lab, message) : undefined;
    },
    history: (channelId, ts) => structuredClone(messages.find(world.channel(channelId).id, ts)?.versions ?? []),
    ephemerals: (userId) => messages.ephemerals(world.person(userId).id).map(seenEphemeral),
    views: (userId) => views.stack(world.person(userId).id).map(seenView),
    home(userId) {
      const home = views.home(world.person(userId).id);
      return home && seenView(home);
    },
    pins: (channelId) =>
      world.channel(channelId).pins.flatMap((pin) => {
        const message = messages.live(channelId, pin.ts);
        return message ? [seenMessage(lab, message)] : [];
      }),
    calls: api.calls,
    counters: () => ({ ...world.counters }),
    connections: () => socket.list(),
    snapshot: (userId) => snapshotOf(lab, userId),
    subscribe(listener) {
      world.listeners.add(listener);
      return () => world.listeners.delete(listener);
    },
    until: (read, timeoutMs, what) => until(world, read, timeoutMs, what),

    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    dropConnections: (connection) => socket.drop(connection),
    sendDisconnect: (reason, how = {}) => socket.sendDisconnect(reason, how),
    duplicateNextEnvelope: () => deliveries.duplicateNext(),
    refuseConnections: (on, how = 500) => socket.refuse(on, how),
    deaf: (on) => deliveries.deaf(on),
    async setRequestUrl(url) {
      const before = world.requestUrl;
      world.requestUrl = url;
      const good = (await requests?.verify()) ?? false;
      if (!good) world.requestUrl = before;
      return good;
    },
    get latencyMs() {
      return latencyMs;
    },
    set latencyMs(ms) {
      latencyMs = ms;
    },

    async close() {
      socket.close();
      requests?.close();
      timers.stop();
      world.listeners.clear();
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await ended;
    },
  };
}
