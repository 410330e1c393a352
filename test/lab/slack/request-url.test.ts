/** The lab's Slack without sockets: what it sends, how it signs, how long it waits, when it sends again. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifySlackRequest } from '@slack/bolt';
import { describe, expect, test } from 'vitest';
import type { SlackOptions } from '../../../lab/slack/types.ts';
import { workspace } from './support.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
type Got = { headers: IncomingHttpHeaders; body: string };
type Answer = { status?: number; headers?: Record<string, string>; body?: string } | 'nothing';

/** An app of bare HTTP that writes down what it gets, and the workspace that sends it. */
async function world(options: Partial<SlackOptions> = {}) {
  const got: Got[] = [];
  let answer: (one: Got) => Answer = () => ({});
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const one = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
    got.push(one);
    const said = answer(one);
    if (said === 'nothing') return;
    response.writeHead(said.status ?? 200, said.headers ?? {});
    response.end(said.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
  const lab = await workspace({ http: { signingSecret: SECRET, requestUrl: url }, ...options });
  return {
    lab,
    got,
    url,
    answers: (next: (one: Got) => Answer) => {
      answer = next;
    },
    async [Symbol.asyncDispose]() {
      await lab.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Bolt's own check takes it. */
const isSigned = ({ headers, body }: Got): void =>
  verifySlackRequest({
    signingSecret: SECRET,
    body,
    headers: {
      'x-slack-signature': String(headers['x-slack-signature']),
      'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']),
    },
  });

describe('what is sent', () => {
  test('a command as a form, its answer shown to the person', async () => {
    await using w = await world();
    w.answers(() => ({ headers: { 'content-type': 'application/json' }, body: '{"text":"quiet"}' }));
    const result = await w.lab.command('U1', 'C1', '/dr status “now” & then');
    expect(result.ack?.text).toBe('quiet');
    const [one] = w.got;
    expect(one!.headers['content-type']).toBe('application/x-www-form-urlencoded');
    const fields = Object.fromEntries(new URLSearchParams(one!.body));
    expect(fields).toMatchObject({ command: '/dr', text: 'status “now” &amp; then', user_id: 'U1', channel_id: 'C1' });
    isSigned(one!);
  });

  test('an interaction as one field, an event as JSON', async () => {
    await using w = await world();
    await w.lab.shortcut('U1', 'failover');
    await w.lab.openHome('U1');
    const [shortcut, event] = w.got;
    expect(shortcut!.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(JSON.parse(new URLSearchParams(shortcut!.body).get('payload')!)).toMatchObject({ type: 'shortcut' });
    expect(event!.headers['content-type']).toBe('application/json');
    expect(event!.headers['x-slack-retry-num']).toBeUndefined();
    expect(JSON.parse(event!.body)).toMatchObject({ type: 'event_callback', event: { type: 'app_home_opened' } });
    for (const one of w.got) isSigned(one);
  });

  test('a URL is taken only when it gives the challenge back', async () => {
    await using w = await world();
    expect(await w.lab.setRequestUrl(w.url)).toBe(false);
    w.answers(({ body }) => ({ body: (JSON.parse(body) as { challenge: string }).challenge }));
    expect(await w.lab.setRequestUrl(w.url)).toBe(true);
  });
});

describe('what goes wrong', () => {
  test('no answer in time is Slack’s own word for it', async () => {
    await using w = await world({ ackLimitMs: 50 });
    w.answers(() => 'nothing');
    expect((await w.lab.command('U1', 'C1', '/dr status')).error).toBe('operation_timeout');
    expect((await w.lab.shortcut('U1', 'failover')).error).toBe('operation_timeout');
    expect(w.got).toHaveLength(2);
  });

  test.each([401, 404, 500])('HTTP %i is no answer, and a command is not sent again', async (status) => {
    await using w = await world();
    w.answers(() => ({ status }));
    expect((await w.lab.command('U1', 'C1', '/dr status')).error).toBe('dispatch_failed');
    expect(w.got).toHaveLength(1);
  });

  test('nobody there', async () => {
    await using w = await world({ http: { signingSecret: SECRET, requestUrl: 'http://127.0.0.1:9/slack/events' } });
    expect((await w.lab.command('U1', 'C1', '/dr status')).error).toBe('dispatch_failed');
    expect(w.lab.counters().undeliverable).toBe(1);
  });

  test('an event is sent again three times, each with its number and reason', async () => {
    await using w = await world({ eventRetryDelaysMs: [0, 5, 10] });
    w.answers(() => ({ status: 500 }));
    expect(await w.lab.openHome('U1')).toMatchObject({ delivered: false });
    await w.lab.until(() => w.lab.counters().timeouts === 4);
    expect(w.got.map(({ headers }) => headers['x-slack-retry-num'])).toEqual([undefined, '1', '2', '3']);
    expect(w.got[1]!.headers['x-slack-retry-reason']).toBe('http_error');
    expect(new Set(w.got.map(({ body }) => body)).size).toBe(1);
    for (const one of w.got) isSigned(one);
  });

  test('unless the app wants no more', async () => {
    await using w = await world({ eventRetryDelaysMs: [0, 0, 0] });
    w.answers(() => ({ status: 500, headers: { 'x-slack-no-retry': '1' } }));
    await w.lab.openHome('U1');
    w.answers(() => ({}));
    await w.lab.command('U1', 'C1', '/dr status');
    expect(w.got).toHaveLength(2);
  });

  test('a replay is the same bytes under the same signature', async () => {
    await using w = await world();
    w.lab.duplicateNextEnvelope();
    await w.lab.command('U1', 'C1', '/dr status');
    const [first, second] = w.got;
    expect(second).toEqual(first);
  });
});
