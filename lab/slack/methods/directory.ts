/** Who is who: auth.test, apps.connections.open, users.* and usergroups.*. */
import { ApiError, type Args, type Lab, type Method } from '../method.ts';
import type { LabUsergroup } from '../types.ts';
import { wireUser } from '../wire.ts';

function authTest({ world }: Lab): Record<string, unknown> {
  return {
    url: `https://${world.team.domain}.slack.com/`,
    team: world.team.name,
    user: world.app.name,
    team_id: world.team.id,
    user_id: world.app.botUserId,
    bot_id: world.app.botId,
    is_enterprise_install: false,
  };
}

function userInfo({ world }: Lab, args: Args): Record<string, unknown> {
  const person = world.people.get(args.need('user'));
  if (!person) throw new ApiError('user_not_found');
  return { user: wireUser(world, person, world.scopes.has('users:read.email')) };
}

/** Of anybody but the caller Slack tells the presence and nothing more. */
function getPresence({ world }: Lab, args: Args): Record<string, unknown> {
  const id = args.text('user') ?? world.app.botUserId;
  const person = world.people.get(id);
  if (!person) throw new ApiError('user_not_found');
  const presence = person.deleted ? 'away' : (person.presence ?? 'active');
  return { presence, ...(id === world.app.botUserId ? { online: true, auto_away: false, manual_away: false } : {}) };
}

function lookupByEmail({ world }: Lab, args: Args): Record<string, unknown> {
  const email = args.need('email').toLowerCase();
  const person = [...world.people.values()].find((one) => one.email?.toLowerCase() === email && !one.deleted);
  if (!person) throw new ApiError('users_not_found');
  return { user: wireUser(world, person, true) };
}

function usergroupsList({ world }: Lab, args: Args): Record<string, unknown> {
  const groups = [...world.usergroups.values()];
  return {
    usergroups: groups.map((group) => ({
      ...wireGroup(world.team.id, group),
      ...(args.flag('include_users') ? { users: [...group.users] } : {}),
      ...(args.flag('include_count') ? { user_count: group.users.length } : {}),
    })),
  };
}

function wireGroup(teamId: string, group: LabUsergroup): Record<string, unknown> {
  return {
    id: group.id,
    team_id: teamId,
    is_usergroup: true,
    is_subteam: true,
    name: group.name ?? group.handle,
    description: '',
    handle: group.handle,
    is_external: false,
    date_delete: 0,
    prefs: { channels: [], groups: [] },
  };
}

function usergroupUsers({ world }: Lab, args: Args): Record<string, unknown> {
  const group = world.usergroups.get(args.need('usergroup'));
  if (!group) throw new ApiError('no_such_subteam');
  const active = group.users.filter((id) => args.flag('include_disabled') || !world.people.get(id)?.deleted);
  return { users: active };
}

export const directory: Record<string, Method> = {
  'auth.test': { rate: 'none', run: authTest },
  'apps.connections.open': { token: 'app', rate: 'tier3', run: (lab) => ({ url: lab.socket.newTicketUrl() }) },
  'users.info': { scopes: ['users:read'], rate: 'tier4', required: ['user'], run: userInfo },
  'users.getPresence': { scopes: ['users:read'], rate: 'tier3', run: getPresence },
  'users.lookupByEmail': { scopes: ['users:read.email'], rate: 'tier3', required: ['email'], run: lookupByEmail },
  'usergroups.list': { scopes: ['usergroups:read'], rate: 'tier2', run: usergroupsList },
  'usergroups.users.list': {
    scopes: ['usergroups:read'],
    rate: 'tier2',
    required: ['usergroup'],
    run: usergroupUsers,
  },
};
