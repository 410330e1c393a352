/** An unmodified Bolt app at work in the lab's Slack: what people do reaches it, what it does is what people see. */
import type { App } from '@slack/bolt';
import { afterEach, describe, expect, test } from 'vitest';
import type { SlackLab } from '../../../lab/slack/types.ts';
import { type Bot, button, plain, startBot, workspace } from './support.ts';

let lab: SlackLab;
let bot: Bot;

async function start(listen: (app: App) => void): Promise<void> {
  lab = await workspace();
  bot = await startBot(lab, listen);
}

afterEach(async () => {
  await bot.stop();
  await lab.close();
});

const modal = (more: object = {}) => ({
  type: 'modal' as const,
  callback_id: 'ask',
  title: plain('Fail over') as never,
  submit: plain('Go') as never,
  blocks: [
    {
      type: 'input',
      block_id: 'reason',
      label: plain('Reason'),
      element: { type: 'plain_text_input', action_id: 'text' },
    },
    {
      type: 'input',
      block_id: 'region',
      label: plain('Region'),
      element: {
        type: 'static_select',
        action_id: 'pick',
        options: [
          { text: plain('East'), value: 'us-east-1' },
          { text: plain('West'), value: 'us-west-2' },
        ],
        initial_option: { text: plain('East'), value: 'us-east-1' },
      },
    },
  ] as never,
  ...more,
});

describe('commands', () => {
  test('a command reaches the app with its mentions escaped, and its ack is seen by that person only', async () => {
    let seen: unknown;
    await start((app) => {
      app.command('/dr', async ({ command, ack }) => {
        seen = command;
        await ack({ text: 'on it' });
      });
    });
    const result = await lab.command('U1', 'C1', '/dr failover @bob in #incidents "a < b"');
    expect(result).toEqual({
      command: '/dr',
      text: 'failover <@U2> in <#C1|incidents> "a &lt; b"',
      ack: { text: 'on it', blocks: [], responseType: 'ephemeral' },
    });
    expect(seen).toMatchObject({ user_id: 'U1', channel_id: 'C1', channel_name: 'incidents', text: result.text });
    expect(lab.ephemerals('U1')).toMatchObject([{ text: 'on it', source: 'ack', channel: 'C1' }]);
    expect(lab.ephemerals('U2')).toEqual([]);
    expect(lab.messages('C1')).toEqual([]);
  });

  test('an in_channel ack is a message for all', async () => {
    await start((app) => {
      app.command('/dr', async ({ ack }) => ack({ response_type: 'in_channel', text: 'hello all' }));
    });
    await lab.command('U1', 'C1', '/dr status');
    expect(lab.messages('C1')).toMatchObject([{ text: 'hello all', isBot: true, user: 'U0BOT' }]);
  });

  test('respond() answers later, five times and no more', async () => {
    const errors: unknown[] = [];
    await start((app) => {
      app.command('/dr', async ({ ack, respond }) => {
        await ack();
        for (let i = 1; i <= 6; i += 1) await respond(`answer ${i}`).catch((error) => errors.push(error));
        errors.push('end');
      });
    });
    await lab.command('U1', 'C2', '/dr status');
    await lab.until(() => lab.ephemerals('U1').length === 5, 3000, 'five answers');
    await expect.poll(() => errors).toMatchObject([{ statusCode: 404 }, 'end']);
    expect(lab.ephemerals('U1').at(-1)).toMatchObject({ text: 'answer 5', channel: 'C2', source: 'response_url' });
  });
});

describe('messages and buttons', () => {
  test('post, update, thread, broadcast, metadata', async () => {
    await start(() => {});
    const { client } = bot.app;
    const metadata = { event_type: 'run', event_payload: { id: 'eden-7' } };
    const head = await client.chat.postMessage({ channel: 'C1', text: 'phase 1', metadata });
    const ts = head.ts!;
    await client.chat.postMessage({ channel: 'C1', text: 'step', thread_ts: ts });
    await client.chat.postMessage({ channel: 'C1', text: 'gate', thread_ts: ts, reply_broadcast: true });
    await client.chat.update({ channel: 'C1', ts, text: 'phase 2' });

    expect(lab.messages('C1').map((message) => message.text)).toEqual(['phase 2', 'gate']);
    expect(lab.thread('C1', ts).map((message) => message.text)).toEqual(['phase 2', 'step', 'gate']);
    expect(lab.message('C1', ts)).toMatchObject({ edits: 1, replyCount: 2, metadata });
    expect(lab.history('C1', ts).map(({ via, text }) => [via, text])).toEqual([
      ['post', 'phase 1'],
      ['update', 'phase 2'],
    ]);
    expect(lab.counters()).toMatchObject({ posts: 3, updates: 1, threadReplies: 2, broadcasts: 1 });

    const past = await client.conversations.history({ channel: 'C1', include_all_metadata: true });
    expect(past.messages?.map((message) => message.text)).toEqual(['gate', 'phase 2']);
    expect(past.messages?.[1]?.metadata).toEqual(metadata);
    const replies = await client.conversations.replies({ channel: 'C1', ts, limit: 2 });
    expect(replies.messages).toHaveLength(2);
    expect(replies.response_metadata?.next_cursor).not.toBe('');
  });

  test('a click carries the message; its button may give way, and then it is gone', async () => {
    let seen: Record<string, unknown> = {};
    await start((app) => {
      app.action('approve', async ({ ack, body, respond }) => {
        await ack();
        seen = body as never;
        await respond({ replace_original: true, text: 'approved' });
      });
    });
    const confirm = { title: plain('Sure?'), text: plain('Really'), confirm: plain('Yes'), deny: plain('No') };
    const blocks = [{ type: 'actions', elements: [button('approve', 'Approve', { value: 'g1', confirm })] }];
    const parent = await bot.app.client.chat.postMessage({ channel: 'C1', text: 'run' });
    const { ts } = await bot.app.client.chat.postMessage({
      channel: 'C1',
      text: 'gate',
      blocks: blocks as never,
      thread_ts: parent.ts!,
    });
    const target = { channel: 'C1', ts: ts!, buttonText: 'Approve' };
    expect(await lab.click('U1', target)).toEqual({
      ok: true,
      confirmed: { title: 'Sure?', text: 'Really', confirm: 'Yes', deny: 'No' },
    });
    expect(seen).toMatchObject({
      type: 'block_actions',
      user: { id: 'U1', team_id: 'T0LAB' },
      channel: { id: 'C1' },
      container: { type: 'message', message_ts: ts, thread_ts: parent.ts, is_ephemeral: false },
      message: { text: 'gate', ts },
      actions: [{ action_id: 'approve', value: 'g1', block_id: lab.history('C1', ts!)[0]?.blocks[0]?.block_id }],
    });
    await lab.until(() => lab.message('C1', ts!)?.text === 'approved');
    expect(await lab.click('U1', target)).toEqual({ ok: false, error: 'gone' });
  });

  test('an ephemeral message is replaced and deleted by its response URL', async () => {
    await start((app) => {
      app.action('more', async ({ ack, respond }) => {
        await ack();
        await respond({ replace_original: true, text: 'more', blocks: actions('less') });
      });
      app.action('less', async ({ ack, respond }) => {
        await ack();
        await respond({ delete_original: true });
      });
    });
    const actions = (id: string) => [{ type: 'actions', elements: [button(id)] }] as never;
    const posted = await bot.app.client.chat.postEphemeral({
      channel: 'C1',
      user: 'U2',
      text: 'psst',
      blocks: actions('more'),
    });
    const ts = posted.message_ts!;
    expect(lab.ephemerals('U1')).toEqual([]);
    expect(await lab.click('U1', { channel: 'C1', ts, actionId: 'more' })).toMatchObject({ error: 'gone' });
    await lab.click('U2', { channel: 'C1', ts, actionId: 'more' });
    await lab.until(() => lab.ephemerals('U2')[0]?.text === 'more');
    await lab.click('U2', { channel: 'C1', ts, actionId: 'less' });
    await lab.until(() => lab.ephemerals('U2').length === 0);
  });
});

describe('modals', () => {
  test('opened by a command, checked by client and app, submitted', async () => {
    const submitted: unknown[] = [];
    await start((app) => {
      app.command('/dr', async ({ command, ack, client }) => {
        await client.views.open({ trigger_id: command.trigger_id, view: modal() });
        await ack();
      });
      app.view('ask', async ({ ack, view }) => {
        submitted.push(view.state.values);
        const reason = view.state.values['reason']?.['text']?.value;
        if (reason === 'bad') await ack({ response_action: 'errors', errors: { reason: 'too vague' } });
        else await ack();
      });
    });
    const { openedView } = await lab.command('U1', 'C1', '/dr');
    const id = openedView!.id;
    expect(openedView).toMatchObject({
      title: 'Fail over',
      submit: 'Go',
      inputs: [
        { blockId: 'reason', label: 'Reason', type: 'plain_text_input', initial: null },
        { blockId: 'region', initial: 'us-east-1' },
      ],
    });
    expect(await lab.submitView('U1', id)).toMatchObject({ error: 'missing_input', errors: { reason: /required/ } });
    expect(submitted).toEqual([]);
    expect(await lab.submitView('U1', id, { reason: 'bad' })).toMatchObject({
      outcome: 'errors',
      errors: { reason: 'too vague' },
    });
    expect(lab.views('U1')[0]?.errors).toEqual({ reason: 'too vague' });
    expect(await lab.submitView('U1', id, { text: 'upkeep', region: 'West' })).toEqual({ outcome: 'closed' });
    expect(submitted.at(-1)).toMatchObject({
      reason: { text: { type: 'plain_text_input', value: 'upkeep' } },
      region: { pick: { selected_option: { value: 'us-west-2' } } },
    });
    expect(lab.views('U1')).toEqual([]);
    await expect(lab.submitView('U1', id)).resolves.toMatchObject({ error: 'gone' });
  });

  test('update, push, clear and close', async () => {
    const closed: unknown[] = [];
    const actions = { type: 'actions', elements: [button('deeper')] };
    await start((app) => {
      app.shortcut('start', async ({ ack, client, shortcut }) => {
        await client.views.open({ trigger_id: shortcut.trigger_id, view: modal({ blocks: [actions] }) });
        await ack();
      });
      app.action('deeper', async ({ ack, client, body }) => {
        await client.views.push({ trigger_id: (body as { trigger_id: string }).trigger_id, view: modal() });
        await ack();
      });
      app.view('ask', async ({ ack, view }) => {
        const title = { 'Fail over': 'Second', Second: 'Third' }[view.title.text];
        const next = modal({ title: plain(title ?? ''), notify_on_close: true });
        if (title === 'Second') await ack({ response_action: 'update', view: next });
        else if (title === 'Third') await ack({ response_action: 'push', view: next });
        else await ack({ response_action: 'clear' });
      });
      app.view({ callback_id: 'ask', type: 'view_closed' }, async ({ ack, body }) => {
        await ack();
        closed.push(body);
      });
    });
    const { openedView } = await lab.shortcut('U1', 'start');
    const { openedView: second } = await lab.clickInView('U1', openedView!.id, 'deeper');
    expect(lab.views('U1').map((view) => view.id)).toEqual([openedView!.id, second!.id]);
    expect(await lab.submitView('U1', second!.id, { reason: 'x' })).toMatchObject({
      outcome: 'updated',
      view: { id: second!.id, title: 'Second', inputs: [{ initial: 'x' }, {}] },
    });
    const pushed = await lab.submitView('U1', second!.id);
    expect(pushed).toMatchObject({ outcome: 'pushed', view: { title: 'Third' } });
    await lab.closeView('U1', pushed.view!.id);
    expect(closed).toMatchObject([{ type: 'view_closed', is_cleared: false, view: { id: pushed.view!.id } }]);
    const again = await lab.submitView('U1', second!.id);
    expect(await lab.submitView('U1', again.view!.id, { reason: 'x' })).toEqual({ outcome: 'cleared' });
    expect(lab.views('U1')).toEqual([]);
  });
});

describe('events', () => {
  test('a mention and the App Home', async () => {
    const mentions: unknown[] = [];
    await start((app) => {
      app.event('app_mention', async ({ event, say }) => {
        mentions.push(event);
        await say({ text: 'yes?', thread_ts: event.ts });
      });
      app.event('app_home_opened', async ({ event, client }) => {
        const blocks = [{ type: 'header', text: plain('Ready') }];
        await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: blocks as never } });
      });
    });
    const { ts, delivered } = await lab.mention('U2', 'C1', 'status');
    expect(delivered).toBe(true);
    await lab.until(() => lab.thread('C1', ts!).length === 2);
    expect(mentions).toMatchObject([{ text: '<@U0BOT> status', user: 'U2', channel: 'C1', ts }]);
    expect(await lab.say('U2', 'C1', 'among us')).toMatchObject({ delivered: false, notSent: 'not_subscribed' });

    await lab.openHome('U2');
    const home = await lab.until(() => lab.home('U2'));
    expect(home).toMatchObject({ type: 'home', blocks: [{ type: 'header' }] });
    expect(lab.snapshot().homes).toEqual({ U2: home });
  });

  test('the snapshot is JSON and shows a person only what they may see', async () => {
    await start(() => {});
    await bot.app.client.chat.postEphemeral({ channel: 'C1', user: 'U2', text: 'for bob' });
    await lab.say('U2', 'C3', 'private');
    const all = lab.snapshot();
    expect(JSON.parse(JSON.stringify(all))).toEqual(all);
    expect(all.connections).toHaveLength(2);
    const own = lab.snapshot('U1');
    expect(own.channels.map((channel) => channel.id)).toEqual(['C1', 'C2', 'C4', 'C5']);
    expect(own.ephemerals).toEqual({ U1: [] });
    expect(lab.snapshot('U2').ephemerals['U2']).toMatchObject([{ text: 'for bob' }]);
  });
});
