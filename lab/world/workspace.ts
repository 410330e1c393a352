/** The chat's workspace with its people and channels, as the world's configuration names them. */
import { freePort } from '../lib/free-port.ts';
import { startSlack } from '../slack/server.ts';
import type { SlackLab } from '../slack/types.ts';
import type { WorldFile } from './file.ts';
import { APP_TOKEN, BOT_TOKEN, channels, PEOPLE, SIGNING_SECRET, usergroups } from './people.ts';
import { manifestEvents, manifestScopes } from './scopes.ts';

type Options = { file: WorldFile; name: string; transport: 'socket' | 'http'; pace: number; latencyMs: number };

/** `port`: where Regent is to listen for requests; null with Socket Mode. */
export async function startWorkspace(options: Options): Promise<{ slack: SlackLab; port: number | null }> {
  const { file, name, transport, pace, latencyMs } = options;
  const port = transport === 'http' ? await freePort() : null;
  const slack = await startSlack({
    team: { name },
    people: PEOPLE,
    usergroups: usergroups(file),
    channels: channels(file),
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    ...(port === null
      ? {}
      : { http: { signingSecret: SIGNING_SECRET, requestUrl: `http://127.0.0.1:${port}/slack/events` } }),
    scopes: manifestScopes(),
    events: manifestEvents(),
    commands: ['/dr'],
    // Limits are times as well: at pace 10 a minute lasts six seconds.
    rateLimits: {
      postPerSecondPerChannel: pace,
      postPerMinute: 300 * pace,
      tier2PerMinute: 20 * pace,
      tier3PerMinute: 50 * pace,
      tier4PerMinute: 100 * pace,
    },
  });
  slack.latencyMs = latencyMs;
  return { slack, port };
}
