import { expect, it } from 'vitest';
import { configWith, env, problemsWith } from '../helpers.ts';

const SECRET = { ...env, SIGNING: '0123456789abcdef0123456789abcdef' };

it.each([
  ['slack: { appToken: null }', 'slack.appToken: is missing, and transport: socket needs it.'],
  ['slack: { transport: http }', 'slack.signingSecret: is missing, and transport: http needs it'],
  ['slack: { transport: pigeon }', 'slack.transport: "pigeon" is not known here. Write socket or http.'],
  ['slack: { listen: { port: 0 } }', 'slack.listen.port: 0 is too small. The least is 1.'],
  [
    'slack: { transport: http, signingSecret: env:BOT }',
    'slack.signingSecret: what env:BOT holds is not a signing secret',
  ],
])('refuses %s', (over, sentence) => {
  const problems = problemsWith(over);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(sentence);
});

it('takes http without an app-level token, at the usual port', () => {
  const over = 'slack: { transport: http, appToken: null, signingSecret: env:SIGNING }';
  expect(configWith({ over, env: SECRET }).slack).toMatchObject({
    transport: 'http',
    signingSecret: SECRET.SIGNING,
    listen: { host: '0.0.0.0', port: 3000 },
  });
});

it('keeps Socket Mode where nothing is said, and lets the other secret stay', () => {
  expect(configWith({}).slack).toMatchObject({ transport: 'socket', appToken: env.APP });
  const over = 'slack: { transport: http, signingSecret: env:SIGNING }';
  expect(configWith({ over, env: SECRET }).slack.transport).toBe('http');
});
