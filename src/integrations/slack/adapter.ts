/**
 * Regent's place in Slack: the port `Chat` over the Web API, and people's commands, clicks and forms, over Socket Mode
 * or as signed requests, handed to `dispatch`. Slack is an integration like the others; what anything means is decided behind that door.
 */
import { App } from '@slack/bolt';
import { ConfigError } from '../../lib/errors.ts';
import type { Chat, Dispatch } from '../../ports/chat.ts';
import type { Clock } from '../../ports/clock.ts';
import { createAnswers } from './answers.ts';
import { createApi, givenUp } from './api.ts';
import { type Connections, createConnections, type Health, type Timings } from './connections.ts';
import { atStart, hasCode } from './failures.ts';
import { homeOf } from './form.ts';
import { createIncoming } from './incoming.ts';
import { listen } from './listeners.ts';
import { type Log, slackLogger } from './log.ts';
import { neededScopes } from './methods.ts';
import { createPeople } from './people.ts';
import { createPosting } from './posting.ts';
import { createQueue } from './queue.ts';
import { renderMessage } from './render.ts';
import { createRequests } from './requests.ts';
import { unlessAborted, within } from './waiting.ts';

export type SlackOptions = {
  /** `xoxb-…` */
  botToken: string;
  /** How Slack reaches us; default `socket`. */
  transport?: 'socket' | 'http';
  /** `xapp-…`, with the scope connections:write; for `socket`. */
  appToken?: string;
  /** For `http`. */
  signingSecret?: string;
  /** For `http`; port 0 takes any free one. Default 0.0.0.0:3000. */
  listen?: { host: string; port: number };
  /** Base of the Web API; default Slack's. */
  apiUrl?: string;
  clock: Clock;
  log: Log;
  dispatch: Dispatch;
  /** The command of the manifest, with its slash. */
  commandName: string;
  /** No connection listens any more: end non-zero and be started again. Called once. */
  onDeaf: (why: string) => void;
  timings: Timings;
};

export type SlackAdapter = Chat & {
  /**
   * Checks both tokens and the scopes, then listens; resolves when the first connection does.
   * @throws ConfigError for tokens and scopes, IntegrationError when Slack cannot be reached
   */
  start(): Promise<{ team: string; botUser: string }>;
  /** Takes nothing new, finishes what is under way (at most `drainMs`), closes both connections. Never throws. */
  stop(): Promise<void>;
  /** The connections that listen now, or the address that does: for health. */
  listening(): string[];
  health(): Health;
};

const SLACK = 'https://slack.com/api/';

export function slackChat(options: SlackOptions): SlackAdapter {
  const { clock, log, timings } = options;
  const apiUrl = options.apiUrl ?? SLACK;
  const timeoutMs = timings.requestTimeoutMs;
  const self = { team: '', teamId: '', botUser: '', botId: '' };
  const api = createApi({ token: options.botToken, apiUrl, timeoutMs, clock, log });
  const queue = createQueue({ clock, log });
  const posting = createPosting({ api, clock, log, botUser: () => self.botUser });
  const people = createPeople({ api, clock, timeoutMs, team: () => self.teamId });
  const answers = createAnswers({ api, log, timeoutMs, commandName: options.commandName });
  const { dispatch, commandName } = options;
  const incoming = createIncoming({ dispatch, answers, api, clock, log, commandName });
  let connections: Connections | undefined;

  async function identify(): Promise<void> {
    checkTokens(options);
    const signal = AbortSignal.timeout(timeoutMs * 3);
    const said = await api.call('auth.test', {}, { signal }).catch((error: unknown) => {
      throw atStart(error, 'bot token');
    });
    const granted = said.response_metadata?.scopes;
    const missing = granted === undefined ? [] : neededScopes().filter((scope) => !granted.includes(scope));
    if (missing.length > 0) {
      throw new ConfigError(`The Slack app lacks the scope${missing.length > 1 ? 's' : ''} ${missing.join(', ')}.`, {
        code: 'slack_missing_scope',
        hint: 'Put manifest.yml into the app’s settings (App Manifest) and install the app again.',
      });
    }
    const { team = '', team_id: teamId = '', user_id: botUser = '', bot_id: botId } = said;
    if (botId === undefined) {
      throw new ConfigError('The Slack bot token belongs to a person, not to a bot.', {
        code: 'slack_token_refused',
        hint: 'Take the “Bot User OAuth Token” (xoxb-…) under “OAuth & Permissions”.',
      });
    }
    Object.assign(self, { team, teamId, botUser, botId });
    if (options.transport === 'http' || options.appToken === undefined) return;
    // Slack's socket client would ask for ever with a token of the wrong kind; one call of ours says it at once.
    const appApi = createApi({ token: options.appToken, apiUrl, timeoutMs, clock, log });
    await appApi.call('apps.connections.open', {}, { signal }).catch((error: unknown) => {
      throw atStart(error, 'app-level token');
    });
  }

  function connect(): Connections {
    const { appToken = '', signingSecret = '', listen: at = { host: '0.0.0.0', port: 3000 }, onDeaf } = options;
    if (options.transport !== 'http') return createConnections({ appToken, apiUrl, clock, log, timings, onDeaf });
    const roundTrip = () => api.call('auth.test', {}, { signal: AbortSignal.timeout(timeoutMs) });
    const everyMs = timings.deafAfterMs;
    return createRequests({ signingSecret, listen: at, clock, log, roundTrip, everyMs });
  }

  return {
    async start() {
      await identify();
      connections = connect();
      const app = new App({
        token: options.botToken,
        // Both ids given: Bolt need not ask auth.test again, neither now nor with every delivery.
        botId: self.botId,
        botUserId: self.botUser,
        tokenVerificationEnabled: false,
        deferInitialization: true,
        receiver: connections.receiver,
        convoStore: false,
        logger: slackLogger(log),
        clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 }, timeout: timeoutMs },
      });
      listen(app, incoming, log);
      await app.init();
      try {
        await app.start();
      } catch (error) {
        await connections.stop();
        throw error;
      }
      return { team: self.team, botUser: self.botUser };
    },

    async stop() {
      incoming.stopTaking();
      await within(clock, Promise.all([incoming.idle(), queue.idle()]), timings.drainMs);
      queue.close();
      await connections?.stop();
    },

    listening: () => connections?.listening() ?? [],
    health: () => connections?.health() ?? { answers: false, lastDelivery: null },

    post(target, message, key, signal) {
      const work = () => posting.post(target, message, key, signal);
      return queue.run({ lane: 'post', channel: target.channel, signal, work });
    },

    update(posted, message, signal) {
      const work = async () => {
        const args = {
          channel: posted.channel,
          ts: posted.ts,
          ...renderMessage(message),
          // Left out, Slack would go back to parsing names and addresses.
          parse: 'none',
          link_names: false,
        };
        try {
          await api.call('chat.update', args, { signal, waitOnLimit: false });
          return 'updated' as const;
        } catch (error) {
          if (!hasCode(error, 'message_not_found', 'is_inactive')) throw error;
          posting.forget(posted);
          return 'gone' as const;
        }
      };
      return queue.run({ lane: 'edit', channel: posted.channel, subject: posted.ts, signal, work });
    },

    async pin(posted, signal) {
      try {
        await api.call('pins.add', { channel: posted.channel, timestamp: posted.ts }, { signal });
      } catch (error) {
        if (!hasCode(error, 'already_pinned')) throw error;
      }
    },

    async permalink(posted, signal) {
      const args = { channel: posted.channel, message_ts: posted.ts };
      try {
        const { permalink } = await api.call('chat.getPermalink', args, { signal });
        return permalink ?? null;
      } catch (error) {
        if (hasCode(error, 'message_not_found')) return null;
        throw error;
      }
    },

    async publishHome(person, cards, signal) {
      await api.call('views.publish', { user_id: person, view: homeOf(cards) }, { signal });
    },

    membersOf: (group, signal) =>
      unlessAborted(people.membersOf(group), signal, () => givenUp('usergroups.users.list', 'none')),
    person: (id, signal) => unlessAborted(people.person(id), signal, () => givenUp('users.info', 'none')),
    isPresent: (id, signal) => unlessAborted(people.isPresent(id), signal, () => givenUp('users.getPresence', 'none')),
  };
}

/** Swapped tokens are the commonest mistake; they are told before anything is sent. */
function checkTokens({ botToken, appToken = '', transport, signingSecret = '' }: SlackOptions): void {
  const wrong = (what: string, begins: string, where: string) =>
    new ConfigError(`The Slack ${what} does not begin with ${begins}.`, {
      code: 'slack_token_refused',
      hint: `It stands in the app’s settings under “${where}”; bot token and app-level token may be swapped.`,
    });
  if (!botToken.startsWith('xoxb-')) throw wrong('bot token', 'xoxb-', 'OAuth & Permissions');
  if (transport === 'http') {
    if (signingSecret !== '') return;
    throw new ConfigError('There is no signing secret, and without it anybody could send commands.', {
      code: 'slack_no_signing_secret',
      hint: 'It stands in the app’s settings under “Basic Information”; configure it as slack.signingSecret.',
    });
  }
  if (!appToken.startsWith('xapp-')) throw wrong('app-level token', 'xapp-', 'Basic Information');
}
