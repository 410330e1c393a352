/**
 * Every Web API method Regent calls, with the scope it needs. All calls go through this table (api.ts takes no other
 * name), and a test compares it with manifest.yml: a scope nobody uses and a call nobody may make both fail.
 */
import type {
  AppsConnectionsOpenResponse,
  AuthTestResponse,
  ChatGetPermalinkResponse,
  ChatPostEphemeralResponse,
  ChatPostMessageResponse,
  ChatUpdateResponse,
  ConversationsHistoryResponse,
  ConversationsRepliesResponse,
  PinsAddResponse,
  UsergroupsUsersListResponse,
  UsersGetPresenceResponse,
  UsersInfoResponse,
  ViewsOpenResponse,
  ViewsPublishResponse,
  ViewsPushResponse,
  ViewsUpdateResponse,
} from '@slack/web-api';

type Entry = {
  /** The bot's scope; `null` where any token will do. */
  scope: string | null;
  /** Wanted besides where the place asks for it; without it one ability is lost, not the bot. */
  optionalScope?: string;
  /** Sending it twice does nothing more than sending it once, so a lost answer is simply asked for again. */
  repeatable: boolean;
};

export const METHODS = {
  'auth.test': { scope: null, repeatable: true },
  'chat.postMessage': { scope: 'chat:write', repeatable: false },
  'chat.update': { scope: 'chat:write', repeatable: true },
  'chat.postEphemeral': { scope: 'chat:write', repeatable: false },
  'chat.getPermalink': { scope: null, repeatable: true },
  'conversations.history': { scope: 'channels:history', optionalScope: 'groups:history', repeatable: true },
  'conversations.replies': { scope: 'channels:history', optionalScope: 'groups:history', repeatable: true },
  'pins.add': { scope: 'pins:write', repeatable: true },
  'usergroups.users.list': { scope: 'usergroups:read', repeatable: true },
  'users.getPresence': { scope: 'users:read', repeatable: true },
  'users.info': { scope: 'users:read', repeatable: true },
  // A trigger works once: a second try can only be refused.
  'views.open': { scope: null, repeatable: false },
  'views.push': { scope: null, repeatable: false },
  'views.publish': { scope: null, repeatable: true },
  'views.update': { scope: null, repeatable: true },
} as const satisfies Record<string, Entry>;

/** Every event Regent listens to, with the scope it is sent for; `manifest.yml` subscribes to exactly these. */
export const EVENTS = {
  app_home_opened: { scope: null },
  app_mention: { scope: 'app_mentions:read' },
} as const satisfies Record<string, { scope: string | null }>;

/** Every shortcut by its id in the manifest, and where it stands. */
export const SHORTCUTS = { failover: 'global', note: 'message' } as const;

/** Called with the app-level token (`connections:write`), which is no scope of the manifest. */
export const APP_METHODS = { 'apps.connections.open': { scope: null, repeatable: true } } as const satisfies Record<
  string,
  Entry
>;

export type MethodName = keyof typeof METHODS | keyof typeof APP_METHODS;

export type Answers = {
  'apps.connections.open': AppsConnectionsOpenResponse;
  'auth.test': AuthTestResponse;
  'chat.postMessage': ChatPostMessageResponse;
  'chat.update': ChatUpdateResponse;
  'chat.postEphemeral': ChatPostEphemeralResponse;
  'chat.getPermalink': ChatGetPermalinkResponse;
  'conversations.history': ConversationsHistoryResponse;
  'conversations.replies': ConversationsRepliesResponse;
  'pins.add': PinsAddResponse;
  'usergroups.users.list': UsergroupsUsersListResponse;
  'users.getPresence': UsersGetPresenceResponse;
  'users.info': UsersInfoResponse;
  'views.open': ViewsOpenResponse;
  'views.publish': ViewsPublishResponse;
  'views.push': ViewsPushResponse;
  'views.update': ViewsUpdateResponse;
};

/** Slash commands are no method, yet their scope is needed. */
const COMMANDS_SCOPE = 'commands';

/** The bot scopes without which Regent does not start, sorted. */
export function neededScopes(): string[] {
  const scopes = [...Object.values(METHODS), ...Object.values(EVENTS)].flatMap(({ scope }) => scope ?? []);
  return [...new Set([COMMANDS_SCOPE, ...scopes])].sort();
}

/** The bot scopes that private channels need besides, sorted. */
export function optionalScopes(): string[] {
  const scopes = Object.values(METHODS).flatMap((method) => ('optionalScope' in method ? method.optionalScope : []));
  return [...new Set(scopes)].sort();
}

export const isRepeatable = (method: MethodName): boolean => ({ ...METHODS, ...APP_METHODS })[method].repeatable;
