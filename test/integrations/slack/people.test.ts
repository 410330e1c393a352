/** What somebody may be taken for: the strictest that applies. */
import { expect, test } from 'vitest';
import { kindOf } from '../../../src/integrations/slack/people.ts';

const HERE = 'T1';

test.each([
  ['a full member', { id: 'U1', team_id: HERE }, 'member'],
  ['an admin', { id: 'U1', team_id: HERE, is_admin: true }, 'member'],
  [
    'somebody of the organisation who belongs here too',
    { id: 'W1', team_id: 'T2', enterprise_user: { teams: ['T2', HERE] } },
    'member',
  ],
  ['somebody of another workspace', { id: 'U1', team_id: 'T2' }, 'stranger'],
  ['somebody met in a shared channel', { id: 'U1', team_id: HERE, is_stranger: true }, 'stranger'],
  ['somebody nobody knows the home of', { id: 'U1' }, 'stranger'],
  ['a guest', { id: 'U1', team_id: HERE, is_restricted: true }, 'guest'],
  ['a guest of one channel', { id: 'U1', team_id: HERE, is_restricted: true, is_ultra_restricted: true }, 'guest'],
  ['an app', { id: 'U1', team_id: HERE, is_bot: true }, 'bot'],
  ['Slackbot', { id: 'USLACKBOT', team_id: HERE }, 'bot'],
  ['somebody who left', { id: 'U1', team_id: HERE, deleted: true, is_restricted: true }, 'deactivated'],
])('%s', (_, user, kind) => {
  expect(kindOf(user, HERE)).toBe(kind);
});
