/** Telling people outside the chat, as it is written in the file. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mailCanBeSent, pagerCanWrite } from '../../src/config/checks/notify.ts';
import type { Check } from '../../src/config/checks/reading.ts';
import { outside, withCertificates } from '../../src/config/notify.ts';

const SECRETS: Record<string, string> = {
  'env:KEY': '0123456789abcdef0123456789abcdef',
  'env:SHORT': 'too-short',
  'env:ANY': 'some-secret',
};
const schema = z.strictObject(
  outside((reference) =>
    SECRETS[reference] === undefined ? { problem: `${reference} is not set.` } : { value: SECRETS[reference] },
  ),
);
const read = (written: object) => schema.parse(written);
const problems = (written: object): string[] =>
  schema.safeParse(written).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

const EMAIL = { host: 'smtp.example.com', from: 'Regent <regent@example.com>', operators: ['ops@example.com'] };
const PAGE = { page: 'kctbh9vrtdwd', token: 'env:ANY' };

describe('what is written', () => {
  it('may be nothing at all', () => {
    expect(read({})).toEqual({ templates: {} });
  });

  it('comes out with its secrets and its defaults', () => {
    expect(read({ pagerduty: { routingKey: 'env:KEY' }, email: EMAIL, statuspage: PAGE })).toEqual({
      pagerduty: { routingKey: SECRETS['env:KEY'], escalationPolicies: [] },
      email: { ...EMAIL, port: 587, security: 'starttls', stakeholders: [], engineers: [] },
      statuspage: { page: 'kctbh9vrtdwd', token: 'some-secret', components: {}, notifySubscribers: true },
      templates: {},
    });
  });

  it.each([
    [
      'a key in plain text',
      { pagerduty: { routingKey: SECRETS['env:KEY'] } },
      'pagerduty.routingKey: a secret stands here in plain text',
    ],
    [
      'a key that is none',
      { pagerduty: { routingKey: 'env:SHORT' } },
      'pagerduty.routingKey: what env:SHORT holds is not an integration key',
    ],
    ['a password in plain text', { email: { ...EMAIL, password: 'hunter2' } }, 'email.password: a secret stands here'],
    [
      'a name among the addresses',
      { email: { ...EMAIL, operators: ['Ops <ops@example.com>'] } },
      'email.operators.0: "Ops <ops@example.com>" is not a mail address. Write the bare address',
    ],
    [
      'a header in an address',
      { email: { ...EMAIL, stakeholders: ['a@b.org\nBcc: c@d.org'] } },
      'email.stakeholders.0: ',
    ],
    ['a sender that is none', { email: { ...EMAIL, from: 'Regent' } }, 'email.from: "Regent" is not a sender. Write'],
    [
      'a component without an id',
      { statuspage: { ...PAGE, components: { api: 'The API' } } },
      'statuspage.components.api: "The API" is not the id of a component',
    ],
    [
      'a password in an address',
      { statuspage: { ...PAGE, link: 'https://u:p@status.example.com' } },
      'statuspage.link: a user or password stands',
    ],
    ['a key that is not known', { email: { ...EMAIL, cc: [] } }, ': '],
  ])('may not be %s', (_, written, problem) => {
    const found = problems(written);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
    expect(found.join()).not.toContain('hunter2');
  });

  it('is one’s own words, with what is known in them', () => {
    expect(read({ templates: { detected: 'Gone: {region}\nSince {time}' } }).templates.detected).toContain('{region}');
    expect(problems({ templates: { detected: 'Gone: {regoin}, back by {duration}' } })).toEqual([
      expect.stringContaining('templates.detected: "{regoin}" is not known here. Did you mean region?'),
      expect.stringContaining('templates.detected: "{duration}" is not known here.'),
    ]);
    expect(problems({ templates: { completed: 'It took {duration}, lost {dataLoss}.' } })).toEqual([]);
  });
});

it('names certificates from where the file stands', () => {
  const notify = read({ email: { ...EMAIL, ca: 'own.pem' }, statuspage: PAGE });
  const made = withCertificates({ channel: 'C1', ...notify }, (path, name) => `/etc/${path.join('.')}/${name}`);
  expect(made).toMatchObject({ channel: 'C1', email: { ca: '/etc/notify.email.ca/own.pem', host: EMAIL.host } });
  expect(made.statuspage).toEqual(notify.statuspage);
});

it('can be described to editors: secrets are only written, every key says what it is', () => {
  const shown = z.toJSONSchema(schema, { io: 'input' }) as { properties: Record<string, { properties: object }> };
  expect(Object.keys(shown.properties)).toEqual(['pagerduty', 'email', 'statuspage', 'templates']);
  for (const part of Object.values(shown.properties))
    for (const key of Object.values(part.properties)) expect(key).toHaveProperty('description');
  expect(JSON.stringify(shown).match(/"writeOnly":true/g)).toHaveLength(5);
});

describe('what needs something else', () => {
  const found = (check: Check, notify: object): string[] =>
    check({ notify }, { read: () => ({ value: '' }), absolute: (_, name) => name }).map(
      ({ path, sentence }) => `${path.join('.')}: ${sentence}`,
    );

  it('is a token in whose name notes are written', () => {
    expect(found(pagerCanWrite, { pagerduty: { token: 'env:ANY' } })).toEqual([
      expect.stringContaining('notify.pagerduty.token: notes are written in a person’s name'),
    ]);
    expect(found(pagerCanWrite, { pagerduty: { from: 'a@b.org', escalationPolicies: ['P1'] } })).toHaveLength(2);
    expect(
      found(pagerCanWrite, { pagerduty: { token: 'env:ANY', from: 'a@b.org', escalationPolicies: ['P1'] } }),
    ).toEqual([]);
    expect(found(pagerCanWrite, { pagerduty: { escalationPolicies: [] } })).toEqual([]);
    expect(found(pagerCanWrite, {})).toEqual([]);
  });

  it('is an address of PagerDuty that is not HTTPS', () => {
    expect(found(pagerCanWrite, { pagerduty: { eventsUrl: 'http://x', apiUrl: 'https://y' } })).toEqual([
      expect.stringContaining('notify.pagerduty.eventsUrl: '),
    ]);
  });

  it('is mail to nobody, or with half of a sign-in, or with a password in the clear', () => {
    expect(found(mailCanBeSent, { email: {} })).toEqual([expect.stringContaining('nobody would be written to')]);
    const some = { operators: ['a@b.org'] };
    expect(found(mailCanBeSent, { email: { ...some, user: 'u' } })).toEqual([expect.stringContaining('no password')]);
    expect(found(mailCanBeSent, { email: { ...some, password: 'env:ANY' } })).toEqual([
      expect.stringContaining('no user'),
    ]);
    const clear = { ...some, user: 'u', password: 'env:ANY', security: 'none' };
    expect(found(mailCanBeSent, { email: { ...clear, host: 'smtp.example.com' } })).toEqual([
      expect.stringContaining('notify.email.security: the password would be sent in the clear'),
    ]);
    expect(found(mailCanBeSent, { email: { ...clear, host: '127.0.0.1' } })).toEqual([]);
    expect(found(mailCanBeSent, { email: { ...clear, security: 'starttls', host: 'smtp.example.com' } })).toEqual([]);
    expect(found(mailCanBeSent, {})).toEqual([]);
  });
});
