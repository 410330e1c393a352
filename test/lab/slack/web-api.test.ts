/** What the Web API refuses, and in which words: tokens, scopes, arguments, sizes, channels. */
import { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SlackLab } from '../../../lab/slack/types.ts';
import { button, call, SCOPES, workspace } from './support.ts';

let lab: SlackLab;
beforeAll(async () => {
  lab = await workspace();
});
afterAll(() => lab.close());

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const post = (args: Record<string, unknown>) => call(lab, 'chat.postMessage', { channel: 'C1', ...args });

describe('who calls', () => {
  test.each([
    ['auth.test', 'xoxb-other', 'invalid_auth'],
    ['auth.test', 'xapp-lab', 'not_allowed_token_type'],
    ['apps.connections.open', 'xoxb-lab', 'not_allowed_token_type'],
    ['chat.postMesage', 'xoxb-lab', 'unknown_method'],
  ])('%s with %s is %s', async (method, token, error) => {
    expect((await call(lab, method, {}, token)).body).toMatchObject({ ok: false, error });
  });

  test('no token at all, and the real client', async () => {
    const response = await fetch(`${lab.apiUrl}auth.test`, { method: 'POST' });
    expect(await response.json()).toEqual({ ok: false, error: 'not_authed' });
    const client = new WebClient('xoxb-lab', { slackApiUrl: lab.apiUrl });
    const auth = await client.auth.test();
    expect(auth).toMatchObject({ ok: true, user_id: 'U0BOT', bot_id: 'B0BOT', team_id: 'T0LAB' });
    expect(auth.response_metadata?.scopes).toEqual(SCOPES);
  });

  test('a scope that was not granted', async () => {
    const poor = await workspace({ scopes: ['chat:write', 'channels:read'] });
    const { body } = await call(poor, 'pins.add', { channel: 'C1', timestamp: '1.000000' });
    expect(body).toEqual({
      ok: false,
      error: 'missing_scope',
      needed: 'pins:write',
      provided: 'chat:write,channels:read',
    });
    const secret = await call(poor, 'conversations.info', { channel: 'C5' });
    expect(secret.body).toMatchObject({ error: 'missing_scope', needed: 'groups:read' });
    await poor.close();
  });

  test('bodies that cannot be read', async () => {
    const send = (type: string, body: string) =>
      fetch(`${lab.apiUrl}auth.test`, {
        method: 'POST',
        headers: { 'content-type': type, authorization: 'Bearer xoxb-lab' },
        body,
      }).then((response) => response.json());
    expect(await send('application/json', '{')).toMatchObject({ error: 'invalid_json' });
    expect(await send('text/csv', 'a,b')).toMatchObject({ error: 'invalid_post_type' });
  });
});

describe('posting', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['nothing to say', {}, 'no_text'],
    ['only spaces', { text: '  ' }, 'no_text'],
    ['an unknown channel', { channel: 'C9', text: 'x' }, 'channel_not_found'],
    ['a name for a channel', { channel: '#incidents', text: 'x' }, 'channel_not_found'],
    ['a channel without the bot', { channel: 'C2', text: 'x' }, 'not_in_channel'],
    ['a private one without the bot', { channel: 'C3', text: 'x' }, 'channel_not_found'],
    ['an archived one', { channel: 'C4', text: 'x' }, 'is_archived'],
    ['an unknown thread', { text: 'x', thread_ts: '1.000001' }, 'thread_not_found'],
    ['blocks that are no list', { blocks: { type: 'section' } }, 'invalid_blocks_format'],
    ['blocks that are no JSON', { blocks: '[{' }, 'invalid_blocks_format'],
    ['51 blocks', { blocks: Array(51).fill({ type: 'divider' }) }, 'invalid_blocks'],
    ['too much text in blocks', { blocks: Array(5).fill(section('x'.repeat(2900))) }, 'msg_blocks_too_long'],
    ['metadata without a type', { text: 'x', metadata: { event_payload: {} } }, 'invalid_metadata_format'],
    [
      'too much metadata',
      { text: 'x', metadata: { event_type: 'a', event_payload: { a: 'x'.repeat(9000) } } },
      'metadata_too_large',
    ],
    ['markdown beside text', { text: 'x', markdown_text: 'x' }, 'markdown_text_conflict'],
  ])('%s', async (_, args, error) => {
    const before = lab.messages('C1').length;
    expect((await post(args)).body).toMatchObject({ ok: false, error });
    expect(lab.messages('C1')).toHaveLength(before);
  });

  test('a missing argument is named', async () => {
    expect((await call(lab, 'chat.update', { channel: 'C1', text: 'x' })).body).toEqual({
      ok: false,
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] missing required field: ts'] },
    });
  });

  test('over-long text is cut and warned about, in an update refused', async () => {
    const { body } = await post({ text: 'x'.repeat(40_001) });
    expect(body).toMatchObject({ ok: true, warning: 'message_truncated' });
    expect(lab.message('C1', String(body['ts']))?.text).toHaveLength(40_000);
    const change = { channel: 'C1', ts: body['ts'], text: 'x'.repeat(4001) };
    expect((await call(lab, 'chat.update', change)).body).toMatchObject({ error: 'msg_too_long' });
  });

  test('ts grow strictly even within one millisecond, blocks get ids, a reply to a reply joins the parent', async () => {
    const first = (await post({ blocks: [section('a'), { type: 'actions', elements: [button('b')] }] })).body;
    const second = (await post({ text: 'reply', thread_ts: first['ts'] })).body;
    const third = (await post({ text: 'reply to the reply', thread_ts: second['ts'] })).body;
    expect([first, second, third].map((one) => one['ts'])).toEqual(
      [first, second, third].map((one) => one['ts']).toSorted(),
    );
    expect(third['message']).toMatchObject({ thread_ts: first['ts'], bot_id: 'B0BOT' });
    const { blocks } = first['message'] as { blocks: { block_id: string }[] };
    expect(new Set(blocks.map((block) => block.block_id)).size).toBe(2);
    expect(blocks[0]?.block_id).toMatch(/^\S{5}$/);
  });

  test('a person as channel is the direct channel', async () => {
    const { body } = await post({ channel: 'U1', text: 'hi' });
    expect(body['channel']).toBe(lab.directChannel('U1'));
    const opened = await call(lab, 'conversations.open', { users: 'U1' });
    expect(opened.body).toMatchObject({ already_open: true, channel: { id: body['channel'] } });
    expect((await call(lab, 'conversations.open')).body).toMatchObject({ error: 'users_list_not_supplied' });
  });
});

describe('changing', () => {
  let ts = '';
  beforeEach(async () => {
    const { body } = await post({
      text: 'a',
      blocks: [section('a')],
      metadata: { event_type: 'e', event_payload: {} },
    });
    ts = String(body['ts']);
  });
  const update = async (args: Record<string, unknown>) =>
    (await call(lab, 'chat.update', { channel: 'C1', ts, ...args })).body;

  test('text without blocks takes the blocks off and marks the message edited', async () => {
    expect(await update({ text: 'b' })).toMatchObject({
      ok: true,
      ts,
      text: 'b',
      message: { edited: { user: 'U0BOT' } },
    });
    expect(lab.message('C1', ts)).toMatchObject({ text: 'b', blocks: [], metadata: { event_type: 'e' } });
  });

  test('with neither nothing happens; metadata alone leaves the content', async () => {
    expect(await update({})).toMatchObject({ error: 'no_text' });
    await update({ metadata: { event_type: 'f', event_payload: {} } });
    expect(lab.message('C1', ts)).toMatchObject({
      text: 'a',
      blocks: [{ type: 'section' }],
      metadata: { event_type: 'f' },
    });
    await update({ metadata: {} });
    expect(lab.message('C1', ts)?.metadata).toBeUndefined();
  });

  test('only own messages, only existing ones', async () => {
    const { ts: theirs } = await lab.say('U1', 'C1', 'mine');
    expect(await update({ ts: theirs, text: 'x' })).toMatchObject({ error: 'cant_update_message' });
    expect(await update({ ts: '1.000001', text: 'x' })).toMatchObject({ error: 'message_not_found' });
    const remove = (args: object) => call(lab, 'chat.delete', { channel: 'C1', ts, ...args });
    expect((await remove({ ts: theirs })).body).toMatchObject({ error: 'cant_delete_message' });
    expect((await remove({})).body).toMatchObject({ ok: true, ts });
    expect((await remove({})).body).toMatchObject({ error: 'message_not_found' });
    expect(lab.message('C1', ts)).toBeUndefined();
    expect(lab.history('C1', ts).at(-1)?.via).toBe('delete');
  });

  test('a reply may be broadcast afterwards, but not together with new words', async () => {
    const reply = String((await post({ text: 'r', thread_ts: ts })).body['ts']);
    const both = { ts: reply, reply_broadcast: true, text: 'new' };
    expect(await update(both)).toMatchObject({ error: 'no_dual_broadcast_content_update' });
    expect(await update({ ts: reply, reply_broadcast: true })).toMatchObject({
      message: { subtype: 'thread_broadcast' },
    });
    expect(lab.messages('C1').at(-1)).toMatchObject({ ts: reply, broadcast: true, text: 'r' });
  });

  test('a deleted parent leaves a tombstone over its replies', async () => {
    await post({ text: 'r', thread_ts: ts });
    await call(lab, 'chat.delete', { channel: 'C1', ts });
    expect(lab.thread('C1', ts).map((message) => message.tombstone ?? false)).toEqual([true, false]);
  });
});
