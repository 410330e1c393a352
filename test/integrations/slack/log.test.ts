/** No secrets in the log, and no rejection without a consequence. */
import { describe, expect, test } from 'vitest';
import { redact, slackLogger, unhandledRejectionPolicy } from '../../../src/integrations/slack/log.ts';
import { keptLog } from './support.ts';

test('what Slack’s packages say is kept with a constant sentence; debug and secrets are not', () => {
  const log = keptLog();
  const logger = slackLogger(log);
  logger.debug('{"response_url":"https://hooks.example/commands/1"}');
  logger.warn('http request failed', new Error('with xoxb-1-2-abc'));
  expect(log.entries).toEqual([
    { level: 'warn', message: 'said by a Slack package', fields: { slack: 'http request failed with (token)' } },
  ]);
});

test.each([
  ['Bearer xapp-1-A0-5-abc', 'Bearer (token)'],
  ['xoxe.xoxb-1-abc', '(token)'],
  ['wss://wss.example/link/?ticket=1', '(socket address)'],
  ['https://hooks.example/actions/T1/2/3', '(response address)'],
])('%s is not written', (text, written) => {
  expect(redact(text)).toBe(written);
});

describe('a rejection nobody awaited', () => {
  test('ends the process, once, and says why', () => {
    const ends: string[] = [];
    const onRejection = unhandledRejectionPolicy({
      log: keptLog(),
      stopping: () => false,
      end: (why) => ends.push(why),
    });
    onRejection(undefined);
    onRejection(new Error('reconnect failed'));
    expect(ends).toEqual(['A rejection nobody awaited: nothing was said']);
  });

  test('while stopping is only noted', () => {
    const ends: string[] = [];
    const log = keptLog();
    unhandledRejectionPolicy({ log, stopping: () => true, end: (why) => ends.push(why) })(new Error('closed'));
    expect(ends).toEqual([]);
    expect(log.entries).toMatchObject([{ level: 'debug' }]);
  });
});
