/** What people, pages and tests see of the lab's Slack: plain JSON, copies of the server's state. */
import type { LabBlock, LabPerson, LabUsergroup } from './types-world.ts';

/** A button, select or menu of a message or view. */
export interface SeenElement {
  type: string;
  actionId: string;
  blockId: string;
  /** The words on it (label, or placeholder of a select), without markup. */
  text: string;
  value?: string;
  style?: string;
  url?: string;
  confirm?: { title: string; text: string; confirm: string; deny: string };
  options?: { text: string; value: string }[];
}

export interface SeenMessage {
  channel: string;
  ts: string;
  /** The parent's ts, on replies only. */
  threadTs?: string;
  /** A reply that also stands in the channel's timeline. */
  broadcast: boolean;
  user: string;
  isBot: boolean;
  text: string;
  blocks: LabBlock[];
  attachments?: unknown[];
  metadata?: { event_type: string; event_payload: Record<string, unknown> };
  /** When it was posted, ms. */
  at: number;
  /** How often it was edited, and when last (ms). */
  edits: number;
  editedAt?: number;
  pinned: boolean;
  reactions: { name: string; users: string[] }[];
  replyCount: number;
  latestReply?: string;
  /** Everything that can be clicked now. */
  elements: SeenElement[];
  permalink: string;
  /** A deleted parent whose replies remain. */
  tombstone?: boolean;
}

export interface MessageVersion {
  at: number;
  via: 'post' | 'update' | 'response_url' | 'delete';
  text: string;
  blocks: LabBlock[];
}

export interface SeenEphemeral {
  ts: string;
  channel: string;
  user: string;
  threadTs?: string;
  text: string;
  blocks: LabBlock[];
  at: number;
  /** `slack` are Slack's own words, such as "/dr failed with the error …". */
  source: 'ack' | 'response_url' | 'postEphemeral' | 'slack';
  edits: number;
  elements: SeenElement[];
}

export interface SeenInput {
  blockId: string;
  actionId: string;
  label: string;
  type: string;
  optional: boolean;
  hint?: string;
  placeholder?: string;
  multiline?: boolean;
  initial: string | string[] | null;
  options?: { text: string; value: string }[];
}

export interface SeenView {
  id: string;
  type: 'modal' | 'home';
  callbackId: string;
  title: string;
  submit?: string;
  close?: string;
  privateMetadata: string;
  externalId: string;
  hash: string;
  blocks: LabBlock[];
  inputs: SeenInput[];
  elements: SeenElement[];
  /** Per block id, after a submission answered with errors. */
  errors: Record<string, string>;
}

/** What went wrong between the person and the app, as Slack calls it. */
export type DeliveryError = 'operation_timeout' | 'dispatch_failed';

export interface CommandResult {
  command: string;
  /** The text as the app received it, escaped. */
  text: string;
  error?: DeliveryError | 'unknown_command' | 'invalid_ack';
  ack?: { text: string; blocks: LabBlock[]; responseType: 'ephemeral' | 'in_channel' };
  /** A modal opened before the ack; later ones: `views(userId)`. */
  openedView?: SeenView;
}

export interface ClickResult {
  ok: boolean;
  /** `gone`: no such element there (any more); `not_in_channel`: the person cannot see it. */
  error?: DeliveryError | 'gone' | 'not_in_channel';
  /** The question the person had to answer with yes first. */
  confirmed?: { title: string; text: string; confirm: string; deny: string };
  openedView?: SeenView;
}

export interface SubmitResult {
  /** `closed`, `errors`, `updated`, `pushed`, `cleared`; `open` when it did not go through. */
  outcome: 'closed' | 'errors' | 'updated' | 'pushed' | 'cleared' | 'open';
  error?: DeliveryError | 'gone' | 'missing_input' | 'invalid_ack';
  /** Per block id: the app's, or Slack's own for missing or over-long input. */
  errors?: Record<string, string>;
  /** The modal now on top. */
  view?: SeenView;
}

export interface EventResult {
  /** Of the message written, where one was. */
  ts?: string;
  /** Whether the app has acknowledged the first delivery; redeliveries go on by themselves. */
  delivered: boolean;
  /** Why nothing was sent. */
  notSent?: 'not_subscribed' | 'missing_scope' | 'not_in_channel';
}

export interface ApiCall {
  seq: number;
  method: string;
  args: Record<string, unknown>;
  token: 'bot' | 'app' | 'none' | 'unknown';
  ok: boolean;
  error?: string;
  /** HTTP status; 0 when the connection was cut or left hanging. */
  status: number;
  /** Injected by `fault()`. */
  fault?: string;
  at: number;
}

export interface Counters {
  calls: number;
  posts: number;
  updates: number;
  threadReplies: number;
  broadcasts: number;
  ephemerals: number;
  rateLimited: number;
  envelopes: number;
  acked: number;
  timeouts: number;
  redelivered: number;
  undeliverable: number;
}

export interface ConnectionInfo {
  id: string;
  openedAt: number;
  /** `leaving` once told to disconnect. */
  state: 'open' | 'leaving';
  delivered: number;
  acked: number;
}

export interface SeenChannel {
  id: string;
  name: string;
  isPrivate: boolean;
  isDirect: boolean;
  isArchived: boolean;
  botIsMember: boolean;
  members: string[];
  /** Timeline: top-level messages and broadcast replies. */
  messages: SeenMessage[];
  /** Replies (without the parent) by the parent's ts. */
  threads: Record<string, SeenMessage[]>;
  /** ts of pinned messages. */
  pins: string[];
  bookmarks: { id: string; title: string; link: string }[];
}

export interface Snapshot {
  version: number;
  at: number;
  team: { id: string; domain: string; name: string };
  app: { id: string; botUserId: string; botId: string; name: string };
  people: LabPerson[];
  usergroups: LabUsergroup[];
  channels: SeenChannel[];
  /** By person. */
  ephemerals: Record<string, SeenEphemeral[]>;
  views: Record<string, SeenView[]>;
  homes: Record<string, SeenView>;
  connections: ConnectionInfo[];
  /** Where the app takes deliveries by HTTP, instead of connections. */
  requestUrl?: string;
  counters: Counters;
}
