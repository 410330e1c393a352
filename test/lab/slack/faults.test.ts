/** Injected trouble of the Web API and response URLs, seen through the real client. */
import { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SlackLab } from '../../../lab/slack/types.ts';
import { call, handClock, silent, workspace } from './support.ts';

let lab: SlackLab;
let client: WebClient;
beforeAll(async () => {
  lab = await workspace();
  client = new WebClient('xoxb-lab', {
    slackApiUrl: lab.apiUrl,
    retryConfig: { retries: 1, minTimeout: 5, maxTimeout: 10 },
    rejectRateLimitedCalls: true,
    timeout: 300,
    logger: silent,
  });
});
afterAll(() => lab.close());
beforeEach(() => lab.clearFaults());

const posted = () => lab.messages('C1').length;
const post = () => client.chat.postMessage({ channel: 'C1', text: 'x' });

test('an answer lost after the commit makes the real client post twice', async () => {
  const before = posted();
  lab.fault({ method: 'chat.postMessage', kind: 'reset-after-commit' });
  await post();
  expect(posted()).toBe(before + 2);
  expect(lab.calls.slice(-2)).toMatchObject([
    { method: 'chat.postMessage', status: 0, fault: 'reset-after-commit' },
    { method: 'chat.postMessage', status: 200, ok: true },
  ]);
});

test('a request lost before the commit does not', async () => {
  const before = posted();
  lab.fault({ method: 'chat.postMessage', kind: 'reset-before' });
  await post();
  expect(posted()).toBe(before + 1);
});

test('HTTP 500 as often as asked, of any method', async () => {
  lab.fault({ method: '*', kind: 'http500', times: 2 });
  await expect(client.auth.test()).rejects.toMatchObject({ code: 'slack_webapi_http_error', statusCode: 500 });
  await expect(client.auth.test()).resolves.toMatchObject({ ok: true });
});

test('429 with its seconds, an error code, and no answer at all', async () => {
  lab.fault({ method: 'chat.postMessage', kind: '429', retryAfter: 7 });
  await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 7 });
  lab.fault({ method: 'chat.postMessage', kind: 'error', error: 'account_inactive' });
  await expect(post()).rejects.toMatchObject({ data: { error: 'account_inactive' } });
  const before = posted();
  lab.fault({ method: 'chat.postMessage', kind: 'hang', times: 2 });
  await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_request_error' });
  expect(posted()).toBe(before);
});

test('latency is felt by every call and envelope', async () => {
  const clock = handClock();
  const slow = await workspace({ now: clock.now, after: clock.after });
  slow.latencyMs = 400;
  const answers = [call(slow, 'auth.test'), slow.command('U1', 'C1', '/dr')];
  await expect.poll(() => clock.waiting()).toBe(2);
  expect([slow.calls.length, slow.counters().envelopes]).toEqual([0, 0]);
  clock.advance(400);
  expect(await Promise.all(answers)).toMatchObject([{ status: 200 }, { error: 'dispatch_failed' }]);
  await slow.close();
});

test('close() ends hanging calls promptly', async () => {
  const other = await workspace();
  other.fault({ method: 'auth.test', kind: 'hang' });
  const hanging = call(other, 'auth.test').catch(() => 'cut');
  await other.until(() => other.calls.length === 1);
  await other.close();
  expect(await hanging).toBe('cut');
});
