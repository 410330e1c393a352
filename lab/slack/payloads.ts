/** The payloads of commands, interactions and events, in the shapes Slack sends. */
import { randomBytes } from 'node:crypto';
import type { LabPerson } from './types.ts';
import { type Channel, newId, teamOf, type World } from './world.ts';

// Long deprecated, still in every payload; no app may rely on it.
const VERIFICATION_TOKEN = 'lab-verification-token';

export function channelName(channel: Channel): string {
  if (channel.isDirect) return 'directmessage';
  return channel.isPrivate ? 'privategroup' : channel.name;
}

export function commandPayload(
  world: World,
  person: LabPerson,
  channel: Channel,
  typed: { command: string; text: string; triggerId: string; responseUrl: string },
): Record<string, unknown> {
  return {
    token: VERIFICATION_TOKEN,
    team_id: world.team.id,
    team_domain: world.team.domain,
    channel_id: channel.id,
    channel_name: channelName(channel),
    user_id: person.id,
    user_name: person.name,
    command: typed.command,
    text: typed.text,
    api_app_id: world.app.id,
    is_enterprise_install: 'false',
    response_url: typed.responseUrl,
    trigger_id: typed.triggerId,
  };
}

/** What every interaction carries. */
export function interactionPayload(
  world: World,
  type: 'block_actions' | 'view_submission' | 'view_closed' | 'shortcut' | 'message_action',
  person: LabPerson,
): Record<string, unknown> {
  return {
    type,
    team: { id: world.team.id, domain: world.team.domain },
    user: { id: person.id, username: person.name, name: person.name, team_id: teamOf(world, person) },
    api_app_id: world.app.id,
    token: VERIFICATION_TOKEN,
    enterprise: null,
    is_enterprise_install: false,
  };
}

export function eventPayload(world: World, event: Record<string, unknown>): Record<string, unknown> {
  return {
    token: VERIFICATION_TOKEN,
    team_id: world.team.id,
    context_team_id: world.team.id,
    context_enterprise_id: null,
    api_app_id: world.app.id,
    event,
    type: 'event_callback',
    event_id: newId('Ev'),
    event_time: Math.floor(world.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: world.team.id,
        user_id: world.app.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: randomBytes(8).toString('hex'),
  };
}

/** Slack's `action_ts`: a moment, no message's. */
export function momentOf(world: World): string {
  const now = world.now();
  return `${Math.floor(now / 1000)}.${String(Math.floor((now % 1000) * 1000)).padStart(6, '0')}`;
}
