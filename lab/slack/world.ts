/**
 * What the workspace is made of: its people, groups, channels and the clock, and the one place where a change is
 * announced. Messages, views and connections keep their own state and call `changed()`.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Counters, LabPerson, LabUsergroup, SlackOptions } from './types.ts';

export interface Channel {
  id: string;
  name: string;
  members: Set<string>;
  botIsMember: boolean;
  isPrivate: boolean;
  isDirect: boolean;
  isArchived: boolean;
  created: number;
  pins: { ts: string; by: string; at: number }[];
  bookmarks: { id: string; title: string; link: string; emoji: string; at: number }[];
}

export interface World extends Clock {
  readonly team: { id: string; domain: string; name: string };
  readonly app: { id: string; botUserId: string; botId: string; name: string };
  readonly botToken: string;
  readonly appToken: string;
  readonly scopes: ReadonlySet<string>;
  readonly people: Map<string, LabPerson>;
  readonly usergroups: Map<string, LabUsergroup>;
  readonly channels: Map<string, Channel>;
  readonly counters: Counters;
  /** Set once the server listens. */
  baseUrl: string;
  /** Where the app wants its deliveries by HTTP. */
  requestUrl: string | undefined;
  version: number;
  readonly listeners: Set<(version: number) => void>;
  changed(): void;
  /** A ts no other message has, later than all before it. */
  nextTs(): string;
  /** The person, or an error naming those there are. */
  person(id: string): LabPerson;
  channel(id: string): Channel;
  directChannel(userId: string): Channel;
}

export const STRANGERS_TEAM = 'T0ELSEWHERE';

export function teamOf(world: World, person: LabPerson): string {
  return person.isStranger ? STRANGERS_TEAM : world.team.id;
}

/** An id in Slack's style: the kind's letter and ten characters. */
export function newId(letter: string): string {
  return letter + randomBytes(8).toString('hex').toUpperCase().slice(0, 10);
}

export function createWorld(options: SlackOptions): World {
  const team = { id: 'T0LAB', domain: 'lab', name: 'Lab', ...options.team };
  const app = { id: 'A0LAB', botUserId: 'U0BOT', botId: 'B0BOT', name: 'regent', ...options.app };
  const now = options.now ?? Date.now;
  let lastMicros = 0;

  const bot: LabPerson = { id: app.botUserId, name: app.name, isBot: true };
  const world: World = {
    team,
    app,
    botToken: options.botToken,
    appToken: options.appToken,
    scopes: new Set(options.scopes),
    people: new Map([...options.people, bot].map((person) => [person.id, { ...person }])),
    usergroups: new Map((options.usergroups ?? []).map((group) => [group.id, structuredClone(group)])),
    channels: new Map(),
    counters: zeroCounters(),
    baseUrl: '',
    requestUrl: options.http?.requestUrl,
    version: 0,
    listeners: new Set(),
    now,
    after: options.after ?? realTimers,
    changed() {
      world.version += 1;
      for (const listener of world.listeners) listener(world.version);
    },
    nextTs() {
      lastMicros = Math.max(Math.floor(now() * 1000), lastMicros + 1);
      return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`;
    },
    person: (id) => found(world.people, id, 'person'),
    channel: (id) => found(world.channels, id, 'channel'),
    directChannel: (userId) => directChannel(world, userId),
  };
  for (const { id, name, members, ...rest } of options.channels) {
    for (const member of members) world.person(member);
    const channel = emptyChannel(id, name, members, now());
    channel.botIsMember = rest.botIsMember ?? true;
    channel.isPrivate = rest.isPrivate ?? false;
    channel.isArchived = rest.isArchived ?? false;
    world.channels.set(id, channel);
  }
  return world;
}

function found<T extends { name?: string }>(all: Map<string, T>, id: string, kind: string): T {
  const one = all.get(id);
  if (one) return one;
  const known = [...all].map(([key, value]) => `${key} (${value.name ?? ''})`).join(', ');
  throw new Error(`No ${kind} ${id} in the lab's Slack: use one of ${known || 'none, so add one to startSlack()'}.`);
}

function directChannel(world: World, userId: string): Channel {
  world.person(userId);
  for (const channel of world.channels.values()) {
    if (channel.isDirect && channel.members.has(userId)) return channel;
  }
  const channel = emptyChannel(newId('D'), '', [userId], world.now());
  channel.isDirect = true;
  channel.isPrivate = true;
  world.channels.set(channel.id, channel);
  world.changed();
  return channel;
}

function emptyChannel(id: string, name: string, members: string[], created: number): Channel {
  return {
    id,
    name,
    members: new Set(members),
    botIsMember: true,
    isPrivate: false,
    isDirect: false,
    isArchived: false,
    created,
    pins: [],
    bookmarks: [],
  };
}

function zeroCounters(): Counters {
  return {
    calls: 0,
    posts: 0,
    updates: 0,
    threadReplies: 0,
    broadcasts: 0,
    ephemerals: 0,
    rateLimited: 0,
    envelopes: 0,
    acked: 0,
    timeouts: 0,
    redelivered: 0,
    undeliverable: 0,
  };
}

function realTimers(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}

/** Timers that `stop()` calls off together, so that nothing runs after `close()`. */
export function stoppableTimers(after: Clock['after']): Clock['after'] & { stop(): void } {
  const pending = new Set<() => void>();
  let stopped = false;
  const start = (ms: number, task: () => void) => {
    if (stopped) return () => {};
    const cancel = after(ms, () => {
      pending.delete(cancel);
      task();
    });
    pending.add(cancel);
    return () => {
      pending.delete(cancel);
      cancel();
    };
  };
  const stop = () => {
    stopped = true;
    for (const cancel of pending) cancel();
    pending.clear();
  };
  return Object.assign(start, { stop });
}
