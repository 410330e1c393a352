/** Response URLs over plain HTTP: their half hour, their five uses, what they may change, and their faults. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SlackLab } from '../../../lab/slack/types.ts';
import { button, call, type HandClock, handClock, workspace } from './support.ts';

let lab: SlackLab;
let clock: HandClock;
let socket: WebSocket;
let urls: string[];

beforeEach(async () => {
  clock = handClock();
  urls = [];
  lab = await workspace({ now: clock.now, after: clock.after });
  const { body } = await call(lab, 'apps.connections.open', {}, 'xapp-lab');
  socket = new WebSocket(String(body['url']));
  socket.addEventListener('message', ({ data }) => {
    const { envelope_id, payload } = JSON.parse(String(data));
    if (!envelope_id) return;
    urls.push(payload.response_url);
    socket.send(JSON.stringify({ envelope_id, payload: {} }));
  });
  await lab.until(() => lab.connections().length === 1);
});

afterEach(async () => {
  socket.close();
  await lab.close();
});

async function respond(url: string, body: unknown): Promise<[status: number, error: unknown]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return [response.status, ((await response.json()) as { error?: string }).error];
}

async function clicked(): Promise<{ url: string; ts: string }> {
  const blocks = [{ type: 'actions', elements: [button('go')] }];
  const { body } = await call(lab, 'chat.postMessage', { channel: 'C1', text: 'gate', blocks });
  const ts = String(body['ts']);
  await lab.click('U1', { channel: 'C1', ts, actionId: 'go' });
  return { url: urls.at(-1)!, ts };
}

test('it serves five times in half an hour', async () => {
  await lab.command('U1', 'C1', '/dr');
  for (let i = 0; i < 5; i += 1) expect(await respond(urls[0]!, { text: 'x' })).toEqual([200, undefined]);
  expect(await respond(urls[0]!, { text: 'x' })).toEqual([404, 'used_url']);
  await lab.command('U1', 'C1', '/dr');
  clock.advance(30 * 60_000);
  expect(await respond(urls[1]!, { text: 'x' })).toEqual([200, undefined]);
  clock.advance(1);
  expect(await respond(urls[1]!, { text: 'x' })).toEqual([404, 'expired_url']);
  expect(await respond(`${urls[1]}x`, { text: 'x' })).toEqual([404, 'no_such_url']);
});

test('it answers to one, to all, even where the bot is no member', async () => {
  await lab.command('U1', 'C2', '/dr');
  await respond(urls[0]!, { text: 'to you' });
  await respond(urls[0]!, { text: 'to all', response_type: 'in_channel' });
  expect(lab.ephemerals('U1')).toMatchObject([{ text: 'to you', channel: 'C2' }]);
  expect(lab.messages('C2')).toMatchObject([{ text: 'to all' }]);
});

test('it adds, replaces and deletes what was clicked', async () => {
  const { url, ts } = await clicked();
  await respond(url, { text: 'beside it' });
  expect(lab.message('C1', ts)).toMatchObject({ text: 'gate', edits: 0 });
  expect(lab.ephemerals('U1')).toMatchObject([{ text: 'beside it' }]);
  await respond(url, { replace_original: 'true', text: 'decided' });
  expect(lab.message('C1', ts)).toMatchObject({ text: 'decided', blocks: [], edits: 1 });
  expect(lab.history('C1', ts).at(-1)?.via).toBe('response_url');
  await respond(url, { delete_original: true });
  expect(lab.message('C1', ts)).toBeUndefined();
  expect(await respond(url, { replace_original: true, text: 'late' })).toEqual([400, 'message_not_found']);
});

test('what it cannot take', async () => {
  const { url } = await clicked();
  expect(await respond(url, '{')).toEqual([400, 'invalid_payload']);
  expect(await respond(url, {})).toEqual([500, 'no_text']);
  expect(await respond(url, { blocks: [{ type: 'nonsense' }] })).toEqual([400, 'invalid_blocks']);
});

test('its faults', async () => {
  const { url, ts } = await clicked();
  lab.fault({ method: 'response_url', kind: 'http500' });
  expect(await respond(url, { text: 'x' })).toEqual([500, 'internal_error']);
  lab.fault({ method: 'response_url', kind: 'reset-after-commit' });
  await expect(respond(url, { replace_original: true, text: 'done' })).rejects.toThrow();
  expect(lab.message('C1', ts)?.text).toBe('done');
});
