/**
 * The public face of the lab's Slack: what `startSlack(options)` takes and the `SlackLab` it gives back.
 *
 * One process-local server speaks Slack's Web API (`${lab.apiUrl}auth.test`, …) and Socket Mode to an unmodified
 * Bolt app; the methods below act as the people of the workspace and read what those people see. Everything returned
 * is plain JSON and a copy, so a web page or a test may keep it, send it on, or change it.
 *
 *   const lab = await startSlack({ people, usergroups, channels, botToken, appToken, scopes });
 *   new App({ token, clientOptions: { slackApiUrl: lab.apiUrl, … }, … });
 *   const seen = await lab.command('U1', 'C1', '/dr failover us-east-1');
 *   await lab.until(() => lab.messages('C1').find((m) => m.text.includes('Failover')));
 */

import type {
  ApiCall,
  ClickResult,
  CommandResult,
  ConnectionInfo,
  Counters,
  EventResult,
  MessageVersion,
  SeenEphemeral,
  SeenMessage,
  SeenView,
  Snapshot,
  SubmitResult,
} from './types-seen.ts';
import type { Clock, LabBlock, LabPerson, LabUsergroup, RateLimitOptions } from './types-world.ts';

export type * from './types-seen.ts';
export type * from './types-world.ts';

export interface SlackOptions extends Partial<Clock> {
  team?: { id?: string; domain?: string; name?: string };
  /** The app under test. Defaults: app `A0LAB`, bot user `U0BOT`, bot `B0BOT`, name `regent`. */
  app?: { id?: string; botUserId?: string; botId?: string; name?: string };
  people: LabPerson[];
  usergroups?: LabUsergroup[];
  channels: LabChannelOptions[];
  botToken: string;
  appToken: string;
  /** Deliver by signed requests instead of Socket Mode; the URL may be set later with `setRequestUrl`. */
  http?: { signingSecret: string; requestUrl?: string };
  /** Bot scopes granted at installation, e.g. `['commands', 'chat:write']`. */
  scopes: string[];
  /** Event types the app subscribed to. Default `['app_home_opened', 'app_mention']`. */
  events?: string[];
  /** Commands the app registered; when given, any other is answered `unknown_command` without reaching the app. */
  commands?: string[];
  /** The manifest's `should_escape`: mentions, channels and links typed by people arrive as `<…>`. Default true. */
  shouldEscape?: boolean;
  rateLimits?: RateLimitOptions;
  /** How long Slack waits for an ack. Default 3000 ms. */
  ackLimitMs?: number;
  /** Pauses before redelivery 1, 2 and 3 of an unacknowledged event. Default 0 s, 60 s, 300 s. */
  eventRetryDelaysMs?: number[];
  /** Port to listen on; default 0, any free one. Always on 127.0.0.1. */
  port?: number;
}

export interface LabChannelOptions {
  id: string;
  name: string;
  members: string[];
  /** Whether the bot was invited. Default true. */
  botIsMember?: boolean;
  isPrivate?: boolean;
  isArchived?: boolean;
}

/** Which element a person uses: by its action id or by the words on it; `value` tells apart equal ones. */
export interface ClickTarget {
  channel: string;
  /** The `ts` of a message, or of an ephemeral one that this person sees. */
  ts: string;
  actionId?: string;
  buttonText?: string;
  value?: string;
  /** For selects and overflow menus: value or label of the option picked. */
  option?: string;
}

/** What a person typed or picked, by block id or action id; dates as Slack has them, several picks as an array. */
export type ViewValues = Record<string, string | string[] | null>;

export type FaultKind =
  | 'http500'
  | 'hang'
  | 'hang-after-commit'
  | 'reset-before'
  | 'reset-after-commit'
  | '429'
  | 'error';

export interface Fault {
  /** A Web API method, `response_url`, or `*` for every method. */
  method: string;
  kind: FaultKind;
  /** How many calls it hits. Default 1; `Infinity` until `clearFaults()`. */
  times?: number;
  /** For `error`: the code answered with `ok: false`. Default `internal_error`. */
  error?: string;
  /** For `429`: seconds. Default 1. */
  retryAfter?: number;
}

export interface DisconnectOptions {
  /** One connection by its id; default all. */
  connection?: string;
  /**
   * How the server behaves when the client then closes: `close` answers and ends TCP (default), `keep-open` answers but
   * leaves TCP open as Slack does, `silent` never answers anything again.
   */
  mode?: 'close' | 'keep-open' | 'silent';
}

export interface SlackLab {
  /** Base of the Web API with trailing slash: Bolt's `slackApiUrl`. */
  readonly apiUrl: string;
  readonly url: string;
  readonly port: number;

  // --- acting as a person; unknown ids throw, what Slack would show comes back as the result
  command(userId: string, channelId: string, line: string, how?: { smartQuotes?: boolean }): Promise<CommandResult>;
  click(userId: string, target: ClickTarget): Promise<ClickResult>;
  submitView(userId: string, viewId: string, values?: ViewValues): Promise<SubmitResult>;
  closeView(userId: string, viewId: string, all?: boolean): Promise<void>;
  clickInView(userId: string, viewId: string, actionId: string, option?: string): Promise<ClickResult>;
  mention(userId: string, channelId: string, text: string, threadTs?: string): Promise<EventResult>;
  say(userId: string, channelId: string, text: string, threadTs?: string): Promise<EventResult>;
  /** Whether the person is at a screen, from now on. */
  setPresence(userId: string, presence: 'active' | 'away'): void;
  openHome(userId: string, tab?: 'home' | 'messages'): Promise<EventResult>;
  shortcut(userId: string, callbackId: string, message?: { channel: string; ts: string }): Promise<ClickResult>;
  /** Opens (or finds) the direct-message channel between a person and the bot; returns its id. */
  directChannel(userId: string): string;

  // --- reading
  /** What stands in the channel's timeline: top-level messages and broadcast replies, oldest first. */
  messages(channelId: string): SeenMessage[];
  /** The parent and its replies, oldest first; empty when there is no such thread. */
  thread(channelId: string, ts: string): SeenMessage[];
  /** One message, wherever it stands; undefined when deleted. */
  message(channelId: string, ts: string): SeenMessage | undefined;
  /** What was written and every edit since, with times. Kept after deletion. */
  history(channelId: string, ts: string): MessageVersion[];
  /** Ephemeral messages and command answers this person sees, oldest first. Removed ones are gone. */
  ephemerals(userId: string): SeenEphemeral[];
  /** Open modals of this person, the topmost last. */
  views(userId: string): SeenView[];
  /** The App Home the app published for this person. */
  home(userId: string): SeenView | undefined;
  pins(channelId: string): SeenMessage[];
  /** Every Web API call, in order, refused and faulted ones included. Tokens are left out. */
  readonly calls: readonly ApiCall[];
  counters(): Counters;
  connections(): ConnectionInfo[];
  /** The whole workspace for a page; with a person, only what that person may see. */
  snapshot(userId?: string): Snapshot;
  /** Called after every change, with the snapshot's new `version`. Returns the way to stop. */
  subscribe(listener: (version: number) => void): () => void;
  /** Resolves with the first truthy answer of `read`, asked now and after every change; rejects after `timeoutMs`. */
  until<T>(read: () => T, timeoutMs?: number, what?: string): Promise<NonNullable<T>>;

  // --- making trouble
  fault(fault: Fault): void;
  clearFaults(): void;
  /** Cuts TCP of every Socket Mode connection (or one) without a word. Returns how many. */
  dropConnections(connection?: string): number;
  sendDisconnect(reason: 'warning' | 'refresh_requested' | 'link_disabled', options?: DisconnectOptions): number;
  /**
   * The next envelope is delivered twice with the same id; the second copy goes to another connection if there is one.
   * By HTTP the same request is sent twice, its signature too.
   */
  duplicateNextEnvelope(): void;
  /** While on, WebSocket upgrades are answered with an HTTP error (default 500), or accepted without ever a hello. */
  refuseConnections(on: boolean, how?: number | 'no-hello'): void;
  /** While on, nothing is delivered although connections and Web API work. */
  deaf(on: boolean): void;
  /** Asks the URL the challenge, as Slack does when it is put into the app's settings; taken only if that is answered. */
  setRequestUrl(url: string): Promise<boolean>;
  /** Added before every Web API answer and every envelope. */
  latencyMs: number;

  close(): Promise<void>;
}

export type { LabBlock };
