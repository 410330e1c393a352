/** What Slack's client makes of typed text. */
import { expect, test } from 'vitest';
import { escapeTyped, withSmartQuotes } from '../../../lab/slack/escape.ts';
import { createWorld } from '../../../lab/slack/world.ts';

const world = createWorld({
  people: [
    { id: 'U1', name: 'ann' },
    { id: 'U2', name: 'ann.lee' },
  ],
  usergroups: [{ id: 'S1', handle: 'sre', users: [] }],
  channels: [
    { id: 'C1', name: 'ops', members: [] },
    { id: 'C2', name: 'secret', members: [], isPrivate: true },
  ],
  botToken: 'b',
  appToken: 'a',
  scopes: [],
});

test.each([
  ['a < b & c > d', 'a &lt; b &amp; c &gt; d'],
  ['<@U1> <!channel>', '&lt;@U1&gt; &lt;!channel&gt;'],
  ['@ann and @ann.lee.', '<@U1> and <@U2>.'],
  ['@sre @here @nobody', '<!subteam^S1|@sre> <!here> @nobody'],
  ['#ops #secret #nowhere', '<#C1|ops> <#C2|> #nowhere'],
  ['see https://example.com/a?b=1&c=2, now', 'see <https://example.com/a?b=1&amp;c=2>, now'],
  ['db1.example.com and db1.internal', '<http://db1.example.com|db1.example.com> and db1.internal'],
  ['mail ann@example.com', 'mail <mailto:ann@example.com|ann@example.com>'],
  ['failover us-east-1 reason:"maintenance"', 'failover us-east-1 reason:"maintenance"'],
])('%s', (typed, escaped) => {
  expect(escapeTyped(world, typed, true)).toBe(escaped);
});

test('without should_escape only the three characters', () => {
  expect(escapeTyped(world, '@ann <#ops>', false)).toBe('@ann &lt;#ops&gt;');
});

test('smart quotes and dashes as Apple types them', () => {
  expect(withSmartQuotes(`failover x reason:"it's on" --now`)).toBe(
    'failover x reason:\u201Cit\u2019s on\u201D \u2014now',
  );
});
