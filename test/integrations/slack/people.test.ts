/** What somebody may be taken for: the strictest that applies. */
import { expect, test } from 'vitest';
import type { Api } from '../../../src/integrations/slack/api.ts';
import { createPeople, kindOf } from '../../../src/integrations/slack/people.ts';
import { standingClock } from './support.ts';

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

test('who is at a screen is remembered for ten seconds; an answer without it is none, and not remembered', async () => {
  const clock = standingClock();
  const answers: ({ presence?: string } | Error)[] = [{}, { presence: 'active' }, { presence: 'away' }];
  const asked: unknown[] = [];
  const api = {
    call: async (...args: unknown[]) => {
      asked.push(args.slice(0, 2));
      return answers.shift();
    },
  } as unknown as Api;
  const people = createPeople({ api, clock, timeoutMs: 1000, team: () => HERE });
  await expect(people.isPresent('U1')).rejects.toThrow('Slack did not say whether U1 is active.');
  expect(await people.isPresent('U1')).toBe(true);
  await clock.move(9_999);
  expect(await people.isPresent('U1')).toBe(true);
  await clock.move(1);
  expect(await people.isPresent('U1')).toBe(false);
  expect(asked).toEqual(Array.from({ length: 3 }, () => ['users.getPresence', { user: 'U1' }]));
});
