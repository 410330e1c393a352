/** Who somebody is and who belongs to a group, as Slack knows it now. Unknown is an error: authorisation fails closed. */
import type { UsersInfoResponse } from '@slack/web-api';
import { IntegrationError } from '../../lib/errors.ts';
import type { Person } from '../../ports/chat.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Api } from './api.ts';
import { remembered } from './waiting.ts';

const PERSON_TTL_MS = 60_000;
const GROUP_TTL_MS = 30_000;
const PRESENCE_TTL_MS = 10_000;

type User = NonNullable<UsersInfoResponse['user']>;
type Options = { api: Api; clock: Clock; timeoutMs: number; team: () => string };

export function createPeople({ api, clock, timeoutMs, team }: Options) {
  // Shared by several callers, so no one caller's signal may end it.
  const signal = () => AbortSignal.timeout(timeoutMs);
  return {
    person: remembered(clock, PERSON_TTL_MS, async (id): Promise<Person> => {
      const { user } = await api.call('users.info', { user: id }, { signal: signal() });
      if (user?.id === undefined) throw unknown('users.info', `Slack said nothing about the person ${id}.`);
      const { profile, real_name: realName, name } = user;
      return { id: user.id, name: profile?.display_name || realName || name || user.id, kind: kindOf(user, team()) };
    }),
    membersOf: remembered(clock, GROUP_TTL_MS, async (group): Promise<string[]> => {
      const { users } = await api.call('usergroups.users.list', { usergroup: group }, { signal: signal() });
      if (users === undefined) throw unknown('usergroups.users.list', `Slack named no members of the group ${group}.`);
      return users;
    }),
    isPresent: remembered(clock, PRESENCE_TTL_MS, async (id): Promise<boolean> => {
      const { presence } = await api.call('users.getPresence', { user: id }, { signal: signal() });
      // Whoever Slack says nothing of may be there all the same.
      if (presence !== 'active' && presence !== 'away')
        throw unknown('users.getPresence', `Slack did not say whether ${id} is active.`);
      return presence === 'active';
    }),
  };
}

/** What somebody may be taken for; the strictest that applies. */
export function kindOf(user: User, team: string): Person['kind'] {
  if (user.deleted) return 'deactivated';
  if (user.is_bot || user.id === 'USLACKBOT') return 'bot';
  const home = user.team_id === team || (user.enterprise_user?.teams ?? []).includes(team);
  if (!home || ('is_stranger' in user && user.is_stranger === true)) return 'stranger';
  if (user.is_restricted || user.is_ultra_restricted) return 'guest';
  return 'member';
}

function unknown(operation: string, message: string): IntegrationError {
  return new IntegrationError(message, { code: 'slack_unreadable_answer', system: 'slack', operation, effect: 'none' });
}
