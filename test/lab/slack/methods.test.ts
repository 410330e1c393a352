/** The other methods of the Web API: marks, people, history, views, rate limits, and the ledger of calls. */
import { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SlackLab } from '../../../lab/slack/types.ts';
import { call, handClock, plain, workspace } from './support.ts';

let lab: SlackLab;
beforeAll(async () => {
  lab = await workspace();
});
afterAll(() => lab.close());

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const post = (args: Record<string, unknown>) => call(lab, 'chat.postMessage', { channel: 'C1', ...args });

describe('methods', () => {
  test('ephemerals go to people in the channel', async () => {
    const show = (user: string) => call(lab, 'chat.postEphemeral', { channel: 'C5', user, text: 'x' });
    expect((await show('U3')).body).toMatchObject({ error: 'user_not_in_channel' });
    expect((await show('U2')).body).toMatchObject({ ok: true });
  });

  test('pins, reactions, bookmarks, permalinks', async () => {
    const ts = String((await post({ text: 'pin me' })).body['ts']);
    const item = { channel: 'C1', timestamp: ts };
    expect((await call(lab, 'pins.add', { channel: 'C1' })).body).toMatchObject({ error: 'no_item_specified' });
    expect((await call(lab, 'pins.remove', item)).body).toMatchObject({ error: 'no_pin' });
    expect((await call(lab, 'pins.add', item)).body).toEqual({ ok: true });
    expect((await call(lab, 'pins.add', item)).body).toMatchObject({ error: 'already_pinned' });
    expect(lab.pins('C1')).toMatchObject([{ ts, pinned: true }]);
    expect((await call(lab, 'pins.list', { channel: 'C1' })).body).toMatchObject({ items: [{ message: { ts } }] });
    await call(lab, 'pins.remove', item);
    expect(lab.pins('C1')).toEqual([]);

    expect((await call(lab, 'reactions.add', { ...item, name: 'eyes' })).body).toEqual({ ok: true });
    expect((await call(lab, 'reactions.add', { ...item, name: 'eyes' })).body).toMatchObject({
      error: 'already_reacted',
    });
    expect(lab.message('C1', ts)?.reactions).toEqual([{ name: 'eyes', users: ['U0BOT'] }]);

    const bookmark = { channel_id: 'C1', title: 'Runbook', type: 'link' };
    expect((await call(lab, 'bookmarks.add', bookmark)).body).toMatchObject({ error: 'invalid_link' });
    await call(lab, 'bookmarks.add', { ...bookmark, link: 'https://example.com/r' });
    expect(lab.snapshot().channels[0]?.bookmarks).toMatchObject([{ title: 'Runbook' }]);

    const link = await call(lab, 'chat.getPermalink', { channel: 'C1', message_ts: ts });
    expect(link.body['permalink']).toBe(`https://lab.slack.com/archives/C1/p${ts.replace('.', '')}`);
  });

  test('who is who', async () => {
    const { body } = await call(lab, 'users.info', { user: 'U3' });
    expect(body['user']).toMatchObject({ id: 'U3', is_restricted: true, is_bot: false, deleted: false });
    const found = await call(lab, 'users.lookupByEmail', { email: 'Ann@example.com' });
    expect(found.body['user']).toMatchObject({ id: 'U1', tz: 'Europe/Berlin', profile: { email: 'ann@example.com' } });
    expect((await call(lab, 'users.info', { user: 'U9' })).body).toMatchObject({ error: 'user_not_found' });
    expect((await call(lab, 'users.lookupByEmail', { email: 'x@y.z' })).body).toMatchObject({
      error: 'users_not_found',
    });
    expect((await call(lab, 'usergroups.list', { include_users: true })).body).toMatchObject({
      usergroups: [{ id: 'S1', handle: 'sre', users: ['U1', 'U2', 'U4'] }],
    });
    expect((await call(lab, 'usergroups.users.list', { usergroup: 'S1' })).body['users']).toEqual(['U1', 'U2']);
    expect((await call(lab, 'usergroups.users.list', { usergroup: 'S9' })).body).toMatchObject({
      error: 'no_such_subteam',
    });
    const members = await call(lab, 'conversations.members', { channel: 'C1', limit: 2 });
    expect(members.body['members']).toEqual(['U1', 'U2']);
    const { next_cursor: cursor } = members.body['response_metadata'] as { next_cursor: string };
    const rest = await call(lab, 'conversations.members', { channel: 'C1', limit: 2, cursor });
    expect(rest.body).toMatchObject({ members: ['U3', 'U0BOT'], response_metadata: { next_cursor: '' } });
  });

  test('who is at a screen', async () => {
    expect((await call(lab, 'users.getPresence', { user: 'U1' })).body).toEqual({ ok: true, presence: 'active' });
    lab.setPresence('U1', 'away');
    expect((await call(lab, 'users.getPresence', { user: 'U1' })).body).toEqual({ ok: true, presence: 'away' });
    lab.setPresence('U1', 'active');
    expect((await call(lab, 'users.getPresence', { user: 'U4' })).body).toMatchObject({ presence: 'away' });
    expect((await call(lab, 'users.getPresence')).body).toMatchObject({ presence: 'active', online: true });
    expect((await call(lab, 'users.getPresence', { user: 'U9' })).body).toMatchObject({ error: 'user_not_found' });
    expect(() => lab.setPresence('U9', 'away')).toThrow('U9');
    const poor = await workspace({ scopes: ['commands'] });
    expect((await call(poor, 'users.getPresence', { user: 'U1' })).body).toMatchObject({
      error: 'missing_scope',
      needed: 'users:read',
    });
    await poor.close();
    const slow = await workspace({ rateLimits: { tier3PerMinute: 1 } });
    await call(slow, 'users.getPresence', { user: 'U1' });
    expect((await call(slow, 'users.getPresence', { user: 'U1' })).status).toBe(429);
    await slow.close();
  });

  test('history by time', async () => {
    const [a, b, c] = await Promise.all(
      ['a', 'b', 'c'].map(async (text) => (await post({ channel: 'C5', text })).body['ts']),
    );
    const texts = async (args: object) => {
      const { body } = await call(lab, 'conversations.history', { channel: 'C5', ...args });
      return (body['messages'] as { ts: string }[]).map((message) => message.ts);
    };
    const [first, second, third] = [a, b, c].toSorted();
    expect(await texts({})).toEqual([third, second, first]);
    expect(await texts({ oldest: first })).toEqual([third, second]);
    expect(await texts({ oldest: first, latest: second, inclusive: true })).toEqual([second, first]);
    const bad = await call(lab, 'conversations.history', { channel: 'C5', oldest: 'yesterday' });
    expect(bad.body).toMatchObject({ error: 'invalid_ts_oldest' });
    const notThere = await call(lab, 'conversations.replies', { channel: 'C5', ts: '1.000001' });
    expect(notThere.body).toMatchObject({ error: 'thread_not_found' });
  });

  test('the ledger has every call, without tokens, structures readable', async () => {
    const client = new WebClient('xoxb-lab', { slackApiUrl: lab.apiUrl });
    await client.chat.postMessage({ channel: 'C1', text: 'x', blocks: [section('x')] as never });
    await client.auth.test();
    const [posted, auth] = lab.calls.slice(-2);
    expect(posted).toMatchObject({ method: 'chat.postMessage', token: 'bot', ok: true, status: 200 });
    expect(posted?.args['blocks']).toEqual([section('x')]);
    expect(JSON.stringify(auth)).not.toContain('xoxb');
  });
});

describe('views', () => {
  const view = { type: 'modal', callback_id: 'v', title: plain('V'), blocks: [section('x')] };

  test('a trigger opens one view within three seconds', async () => {
    const clock = handClock();
    const timed = await workspace({ now: clock.now, after: clock.after });
    const open = async (trigger_id: string, more: object = view) =>
      (await call(timed, 'views.open', { trigger_id, view: more })).body;
    // Without an app the command fails, but its trigger is as good as any.
    const triggers: string[] = [];
    const seen = new WebSocket(await ticketUrl(timed));
    seen.addEventListener('message', ({ data }) => {
      const { envelope_id, payload } = JSON.parse(String(data));
      if (!envelope_id) return;
      triggers.push(payload.trigger_id);
      seen.send(JSON.stringify({ envelope_id, payload: {} }));
    });
    await timed.until(() => timed.connections().length === 1);
    await timed.command('U1', 'C1', '/dr');
    await timed.command('U1', 'C1', '/dr');
    expect(await open('1.2.3')).toMatchObject({ error: 'invalid_trigger_id' });
    const broken = await open(triggers[0]!, { ...view, title: plain('x'.repeat(25)) });
    expect(broken).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] must be less than 25 characters [json-pointer:/view/title/text]'] },
    });
    const opened = await open(triggers[0]!);
    expect(opened).toMatchObject({ ok: true, view: { callback_id: 'v', state: { values: {} } } });
    expect(await open(triggers[0]!)).toMatchObject({ error: 'exchanged_trigger_id' });
    clock.advance(3001);
    expect(await open(triggers[1]!)).toMatchObject({ error: 'expired_trigger_id' });

    const { id, hash } = opened['view'] as { id: string; hash: string };
    const update = async (more: object) => (await call(timed, 'views.update', { view, view_id: id, ...more })).body;
    expect(await update({ hash })).toMatchObject({ ok: true });
    expect(await update({ hash })).toMatchObject({ error: 'hash_conflict' });
    expect(await update({ view_id: 'V9' })).toMatchObject({ error: 'not_found' });
    await timed.closeView('U1', id);
    expect(await update({})).toMatchObject({ error: 'not_found' });
    seen.close();
    await timed.close();
  });

  async function ticketUrl(at: SlackLab): Promise<string> {
    return String((await call(at, 'apps.connections.open', {}, 'xapp-lab')).body['url']);
  }

  test('an App Home per person', async () => {
    const publish = async (args: object) =>
      (await call(lab, 'views.publish', { view: { type: 'home', blocks: [section('x')] }, ...args })).body;
    const first = await publish({ user_id: 'U1' });
    const { hash } = first['view'] as { hash: string };
    expect(await publish({ user_id: 'U1', hash })).toMatchObject({ ok: true });
    expect(await publish({ user_id: 'U1', hash })).toMatchObject({ error: 'hash_conflict' });
    expect(await publish({ user_id: 'U9' })).toMatchObject({ error: 'invalid_arguments' });
    expect(await publish({ user_id: 'U1', view })).toMatchObject({ error: 'invalid_arguments' });
  });
});

describe('rate limits', () => {
  test('five messages at once in a channel, then one a second; tiers by method', async () => {
    const clock = handClock();
    const limited = await workspace({ now: clock.now, after: clock.after, rateLimits: {} });
    const say = (channel: string) => call(limited, 'chat.postMessage', { channel, text: 'x' });
    for (let i = 0; i < 5; i += 1) expect((await say('C1')).status).toBe(200);
    const refused = await say('C1');
    expect([refused.status, refused.headers.get('retry-after'), refused.body.error]).toEqual([429, '1', 'ratelimited']);
    expect((await say('C5')).status).toBe(200);
    clock.advance(1000);
    expect((await say('C1')).status).toBe(200);
    expect((await say('C1')).status).toBe(429);
    for (let i = 0; i < 20; i += 1) expect((await call(limited, 'usergroups.list')).status).toBe(200);
    const tier = await call(limited, 'usergroups.list');
    expect([tier.status, tier.headers.get('retry-after')]).toEqual([429, '3']);
    expect(limited.counters().rateLimited).toBe(3);
    await limited.close();
  });
});
