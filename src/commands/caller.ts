/**
 * Who a program acts for. Its token says which person; what that person may do the chat is asked, as for everybody. Only
 * where the chat cannot be asked do the groups count that the configuration gave the token: a failover must not wait for
 * the chat's own outage. Which way was used is written down and told.
 */
import { IntegrationError, sentenceOf } from '../lib/errors.ts';
import type { Actor } from '../policy/authorize.ts';
import type { Call, Chat } from '../ports/chat.ts';
import { toActor } from './command.ts';

export type CallerWorld = {
  chat: Pick<Chat, 'person' | 'membersOf'>;
  /** Every `group:S…` the configuration names. */
  groups: string[];
  /** How long the chat may take to say who somebody is, ms. */
  chatMs?: number;
  stop: AbortSignal;
};

/** `unasked`: why the chat could not be asked, where it could not. */
export type Caller = { actor: Actor; unasked: string | null };

const CHAT_MS = 3000;
/** Lately it could not be asked: it is asked all the same, and waited for less. */
const LATELY_MS = 30_000;
const LATELY_CHAT_MS = 300;

export type Callers = (call: Call) => Promise<Caller | string>;

/** Who calls, one after the other: nobody waits long for a chat that has just been found away. `limit`: ends after ms. */
export function callers(
  world: CallerWorld,
  now: () => number,
  limit: (ms: number) => AbortSignal = (ms) => AbortSignal.timeout(ms),
): Callers {
  let awayAt = Number.NEGATIVE_INFINITY;
  return async (call) => {
    const chatMs = world.chatMs ?? CHAT_MS;
    const lately = now() - awayAt < LATELY_MS;
    const signal = AbortSignal.any([world.stop, limit(lately ? Math.min(chatMs, LATELY_CHAT_MS) : chatMs)]);
    const caller = await callerOf(call, world, signal);
    awayAt = typeof caller !== 'string' && caller.unasked !== null ? now() : Number.NEGATIVE_INFINITY;
    return caller;
  };
}

/** The chat did answer, and its answer is that there is no such person or group. */
const SAID_NO = /(not_found|no_such_\w+|not_visible)$/;
const cannotBeAsked = (error: unknown): error is IntegrationError =>
  error instanceof IntegrationError && !SAID_NO.test(error.code);

/** The caller as the chat knows them, else as the token does; a sentence where the chat knows nobody by that id. */
async function callerOf({ person, token }: Call, world: CallerWorld, signal: AbortSignal): Promise<Caller | string> {
  const { chat, groups } = world;
  let unasked: string | null = null;
  const unlessAway = <T>(error: unknown, frozen: T): T | undefined => {
    if (!cannotBeAsked(error)) return undefined;
    unasked ??= sentenceOf(error);
    return frozen;
  };
  const [known, memberships] = await Promise.all([
    chat.person(person, signal).catch((error: unknown) => {
      const frozen = unlessAway(error, { id: person, name: person, kind: 'member' as const });
      if (frozen) return frozen;
      if (error instanceof IntegrationError) return null;
      throw error;
    }),
    Promise.all(
      groups.map(async (group) => {
        const frozen = token.groups.includes(group) ? [person] : [];
        const members = await chat
          .membersOf(group.replace(/^group:/, ''), signal)
          .catch((error: unknown) => unlessAway(error, frozen) ?? []);
        return members.includes(person) ? [group] : [];
      }),
    ),
  ]);
  if (known === null)
    return `The chat knows nobody called ${person}, for whom the token “${token.name}” stands. Put the right person into api.tokens.`;
  return { actor: toActor(known, memberships.flat()), unasked };
}
