/**
 * The port Chat, kept by the Slack adapter over the lab's Slack: real HTTP, real sockets, Slack's own packages in between.
 * What is promised here is what the rest of Regent relies on: said once, edited in place, heard and answered always.
 */
import { describe, expect, test } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import type { Incoming } from '../../src/ports/chat.ts';
import { message, signal, slackWorld } from '../integrations/slack/support.ts';

const C1 = { channel: 'C1' };

describe('saying', () => {
  test('a message stands once, with its key, text and blocks; a reply is broadcast when asked', async () => {
    await using w = await slackWorld();
    const card = message('Approve promotion', {
      lines: ['lag < 5 s'],
      actions: [{ id: 'a', label: 'Approve', value: 'v' }],
    });
    const posted = await w.chat.post(C1, card, 'eden-7:3:0', signal());
    const reply = await w.chat.post(
      { ...C1, thread: posted, broadcast: true },
      message('✔ done'),
      'eden-7:4:0',
      signal(),
    );
    const [seen, also] = w.lab.messages('C1');
    expect(seen).toMatchObject({ ts: posted.ts, metadata: { event_payload: { key: 'eden-7:3:0' } } });
    expect(seen?.text).toBe('Approve promotion\nlag &lt; 5 s');
    expect(seen?.elements).toMatchObject([{ actionId: 'a', text: 'Approve', value: 'v' }]);
    expect(also).toMatchObject({ ts: reply.ts, threadTs: posted.ts, broadcast: true });
  });

  test('the same key is not posted twice', async () => {
    await using w = await slackWorld();
    const first = await w.chat.post(C1, message('one'), 'k', signal());
    expect(await w.chat.post(C1, message('one'), 'k', signal())).toEqual(first);
    expect(w.lab.messages('C1')).toHaveLength(1);
  });

  test.each(['reset-after-commit', 'hang-after-commit'] as const)(
    'an answer lost after Slack took it (%s) posts once',
    async (kind) => {
      await using w = await slackWorld();
      const parent = await w.chat.post(C1, message('headline'), 'k0', signal());
      w.lab.fault({ method: 'chat.postMessage', kind });
      const top = await w.chat.post(C1, message('card'), 'k1', signal());
      w.lab.fault({ method: 'chat.postMessage', kind });
      const reply = await w.chat.post({ ...C1, thread: parent }, message('step'), 'k2', signal());
      expect(w.lab.messages('C1').map(({ ts }) => ts)).toEqual([parent.ts, top.ts]);
      expect(w.lab.thread('C1', parent.ts).map(({ ts }) => ts)).toEqual([parent.ts, reply.ts]);
    },
  );

  test.each(['reset-before', 'http500', 'hang'] as const)(
    'a request lost before Slack took it (%s) is sent again',
    async (kind) => {
      await using w = await slackWorld();
      w.lab.fault({ method: 'chat.postMessage', kind });
      const posted = await w.chat.post(C1, message('card'), 'k1', signal());
      expect(w.lab.messages('C1').map(({ ts }) => ts)).toEqual([posted.ts]);
    },
  );

  test('where the channel cannot be read, a lost answer stays unknown and nothing is doubled', async () => {
    await using w = await slackWorld();
    await w.chat.post(C1, message('first'), 'k0', signal());
    w.lab.fault({ method: 'chat.postMessage', kind: 'reset-after-commit' });
    w.lab.fault({ method: 'conversations.history', kind: 'error', error: 'missing_scope' });
    const lost = w.chat.post(C1, message('card'), 'k1', signal());
    await expect(lost).rejects.toMatchObject({ effect: 'unknown', code: 'slack_unsure' });
    // Readable again: the next try finds it.
    const posted = await w.chat.post(C1, message('card'), 'k1', signal());
    expect(w.lab.messages('C1')).toHaveLength(2);
    expect(w.lab.messages('C1').at(-1)?.ts).toBe(posted.ts);
  });

  test('what a former life of the bot posted is found again after a restart', async () => {
    await using w = await slackWorld();
    const headline = await w.chat.post(C1, message('headline'), 'k0', signal());
    const reply = await w.chat.post({ ...C1, thread: headline }, message('step'), 'k1', signal());
    await using next = await slackWorld({ adapter: { apiUrl: w.lab.apiUrl }, start: false });
    await next.chat.start();
    expect(await next.chat.post(C1, message('headline'), 'k0', signal())).toEqual(headline);
    expect(await next.chat.post({ ...C1, thread: headline }, message('step'), 'k1', signal())).toEqual(reply);
    expect(w.lab.thread('C1', headline.ts)).toHaveLength(2);
  });

  test('metadata of somebody else does not silence us', async () => {
    await using w = await slackWorld();
    const headers = { 'content-type': 'application/json', authorization: 'Bearer xoxb-lab-1' };
    const forged = { event_type: 'regent_message', event_payload: { key: 'k1' } };
    // The lab knows one bot only; a message of a person never counts, whatever it carries.
    await w.lab.say('U1', 'C1', 'hello');
    const body = JSON.stringify({ channel: 'C1', text: 'x', metadata: { ...forged, event_type: 'other' } });
    await fetch(`${w.lab.apiUrl}chat.postMessage`, { method: 'POST', headers, body });
    const posted = await w.chat.post(C1, message('card'), 'k1', signal());
    expect(w.lab.messages('C1').at(-1)?.ts).toBe(posted.ts);
    expect(w.lab.messages('C1')).toHaveLength(3);
  });

  test('a rate limit is waited for, as a status and as a body, and then it is said', async () => {
    await using w = await slackWorld();
    w.lab.fault({ method: 'chat.postMessage', kind: '429', retryAfter: 1 });
    w.lab.fault({ method: 'chat.postMessage', kind: 'error', error: 'ratelimited' });
    await w.chat.post(C1, message('card'), 'k1', signal());
    expect(w.lab.messages('C1')).toHaveLength(1);
    expect(w.log.said('slow down')).toHaveLength(2);
  });

  test('over Slack’s own limit of a channel everything arrives, in order', async () => {
    await using w = await slackWorld({ lab: { rateLimits: { postBurst: 2, postPerSecondPerChannel: 2 } } });
    const said = ['a', 'b', 'c', 'd', 'e'].map((title) => w.chat.post(C1, message(title), title, signal()));
    await Promise.all(said);
    expect(w.lab.messages('C1').map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test.each([
    ['C9', 'slack_channel_not_found'],
    ['C2', 'slack_not_in_channel'],
  ])('a place that cannot be written to (%s) is told in a sentence, without effect', async (channel, code) => {
    await using w = await slackWorld();
    const refused = await w.chat.post({ channel }, message('card'), 'k', signal()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(IntegrationError);
    expect(refused).toMatchObject({ code, effect: 'none' });
    expect((refused as IntegrationError).sentence).toMatch(/^Slack answered \w+ \(chat\.postMessage\)\. .*invite/i);
  });

  test('nobody there: the error says that nothing arrived', async () => {
    const w = await slackWorld();
    await w.lab.close();
    const lost = w.chat.post(C1, message('card'), 'k', signal());
    await expect(lost).rejects.toMatchObject({ effect: 'none', code: 'slack_unreachable' });
    await w.chat.stop();
  });
});

describe('editing and reading', () => {
  test('an edit replaces text and blocks and keeps names unparsed', async () => {
    await using w = await slackWorld();
    const posted = await w.chat.post(C1, message('▶ promoting'), 'k', signal());
    expect(await w.chat.update(posted, message('✔ promoted'), signal())).toBe('updated');
    expect(w.lab.message('C1', posted.ts)).toMatchObject({ text: '✔ promoted', edits: 1 });
    const call = w.lab.calls.find(({ method }) => method === 'chat.update');
    expect(call?.args).toMatchObject({ parse: 'none', link_names: 'false' });
    expect(call?.args['blocks']).toBeDefined();
  });

  test('a deleted message is gone, and its key may be posted anew', async () => {
    await using w = await slackWorld();
    const posted = await w.chat.post(C1, message('card'), 'k', signal());
    const headers = { 'content-type': 'application/json', authorization: 'Bearer xoxb-lab-1' };
    await fetch(`${w.lab.apiUrl}chat.delete`, { method: 'POST', headers, body: JSON.stringify(posted) });
    expect(await w.chat.update(posted, message('card 2'), signal())).toBe('gone');
    const again = await w.chat.post(C1, message('card 2'), 'k', signal());
    expect(again.ts).not.toBe(posted.ts);
  });

  test('an edit is repeated over 429, a cut line and a 500', async () => {
    await using w = await slackWorld();
    const posted = await w.chat.post(C1, message('a'), 'k', signal());
    w.lab.fault({ method: 'chat.update', kind: '429', retryAfter: 1 });
    w.lab.fault({ method: 'chat.update', kind: 'reset-before' });
    w.lab.fault({ method: 'chat.update', kind: 'http500' });
    expect(await w.chat.update(posted, message('b'), signal())).toBe('updated');
  });

  test('pins once, links to what is there, knows people and groups', async () => {
    await using w = await slackWorld();
    const posted = await w.chat.post(C1, message('headline'), 'k', signal());
    await w.chat.pin(posted, signal());
    await w.chat.pin(posted, signal());
    expect(w.lab.pins('C1')).toHaveLength(1);
    expect(await w.chat.permalink(posted, signal())).toContain('C1');
    expect(await w.chat.permalink({ ...posted, ts: '1.000001' }, signal())).toBeNull();
    const kinds = await Promise.all(['U1', 'U3', 'U4', 'U5', 'U6'].map((id) => w.chat.person(id, signal())));
    expect(kinds.map(({ kind }) => kind)).toEqual(['member', 'guest', 'stranger', 'deactivated', 'bot']);
    expect(await w.chat.membersOf('S1', signal())).toEqual(['U1', 'U2']);
    await w.chat.membersOf('S1', signal());
    expect(w.lab.calls.filter(({ method }) => method === 'usergroups.users.list')).toHaveLength(1);
    await expect(w.chat.membersOf('S9', signal())).rejects.toMatchObject({ code: 'slack_no_such_subteam' });
    await expect(w.chat.person('U99', signal())).rejects.toMatchObject({ code: 'slack_user_not_found' });
  });
});

describe('hearing', () => {
  test('a command is heard as Slack sent it and answered in the acknowledgement', async () => {
    await using w = await slackWorld();
    w.answer(() => ({ kind: 'message', message: message('eden is quiet') }));
    const result = await w.lab.command('U1', 'C1', '/dr status @bo <b> "x"');
    expect(result).toMatchObject({ ack: { text: 'eden is quiet', responseType: 'ephemeral' } });
    expect(w.heard).toMatchObject([
      { kind: 'command', text: 'status <@U2> &lt;b&gt; "x"', person: 'U1', channel: 'C1' },
    ]);
  });

  test('a slow command is acknowledged in time and answered later, also where the bot is no member', async () => {
    await using w = await slackWorld();
    const answered = Promise.withResolvers<{ kind: 'message'; message: ReturnType<typeof message> }>();
    w.answer(() => answered.promise);
    const result = await w.lab.command('U1', 'C2', '/dr report');
    expect(result.error).toBeUndefined();
    answered.resolve({ kind: 'message', message: message('here it is') });
    const seen = await w.lab.until(() => w.lab.ephemerals('U1').find(({ text }) => text === 'here it is'));
    expect(seen).toMatchObject({ source: 'response_url', channel: 'C2' });
  });

  test('an answer finds the person although the response address fails', async () => {
    await using w = await slackWorld();
    w.lab.fault({ method: 'response_url', kind: 'http500' });
    const answered = Promise.withResolvers<void>();
    w.answer(async () => {
      await answered.promise;
      return { kind: 'message', message: message('by another way') };
    });
    await w.lab.command('U1', 'C1', '/dr report');
    answered.resolve();
    const seen = await w.lab.until(() => w.lab.ephemerals('U1').find(({ text }) => text === 'by another way'));
    expect(seen.source).toBe('postEphemeral');
  });

  test('a click says what was pressed, on what, by whom; the answer is only the presser’s', async () => {
    await using w = await slackWorld();
    const parent = await w.chat.post(C1, message('headline'), 'k0', signal());
    const card = message('gate', { actions: [{ id: 'approve:promote', label: 'Approve', value: 'eden-7 r3' }] });
    const posted = await w.chat.post({ ...C1, thread: parent }, card, 'k1', signal());
    w.answer(() => ({ kind: 'message', message: message('You cannot approve this: you asked for it.') }));
    const click = await w.lab.click('U1', { channel: 'C1', ts: posted.ts, buttonText: 'Approve' });
    expect(click.ok).toBe(true);
    const expected = {
      kind: 'action',
      action: 'approve:promote',
      value: 'eden-7 r3',
      person: 'U1',
      channel: 'C1',
      posted,
    };
    expect(w.heard).toMatchObject([expected]);
    const seen = await w.lab.until(() => w.lab.ephemerals('U1')[0]);
    expect(seen).toMatchObject({ text: 'You cannot approve this: you asked for it.', threadTs: parent.ts });
    expect(w.lab.ephemerals('U2')).toHaveLength(0);
  });

  test('a button nobody knows any more reaches dispatch all the same', async () => {
    await using w = await slackWorld();
    const body = JSON.stringify({
      channel: 'C1',
      text: 'old',
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'of-2019', text: { type: 'plain_text', text: 'Old' } }],
        },
      ],
    });
    const headers = { 'content-type': 'application/json', authorization: 'Bearer xoxb-lab-1' };
    await fetch(`${w.lab.apiUrl}chat.postMessage`, { method: 'POST', headers, body });
    const [old] = w.lab.messages('C1');
    w.answer((input) => ({ kind: 'message', message: message(`no ${input.kind === 'action' ? input.action : ''}`) }));
    expect((await w.lab.click('U1', { channel: 'C1', ts: old!.ts, actionId: 'of-2019' })).ok).toBe(true);
    expect((await w.lab.until(() => w.lab.ephemerals('U1')[0])).text).toBe('no of-2019');
  });

  test('dispatch that throws against its word is answered, not left hanging', async () => {
    await using w = await slackWorld();
    w.answer(() => {
      throw new Error('boom');
    });
    const result = await w.lab.command('U1', 'C1', '/dr status');
    expect(result.ack?.text).toBe('Regent failed over this: boom Look at /dr status before you repeat it.');
  });

  test('a command of another name is told so', async () => {
    await using w = await slackWorld();
    const result = await w.lab.command('U1', 'C1', '/move it');
    expect(result.ack?.text).toContain('listens to /dr, not to /move');
    expect(w.heard).toEqual([]);
  });
});

describe('forms', () => {
  const form = {
    id: 'failover',
    title: 'Fail over eden, all of it, now',
    submit: 'Start',
    lines: ['From *where* to where?'],
    meta: '{"c":"C1"}',
    fields: [
      { id: 'region', label: 'Region', kind: 'choice' as const, options: [{ value: 'us-east-1', label: 'East' }] },
      { id: 'reason', label: 'Reason', kind: 'longtext' as const, hint: 'Everybody reads it.', optional: true },
    ],
  };
  const asForm = (input: Incoming) => (input.kind === 'command' ? { kind: 'form' as const, form } : undefined);

  test('a bare command opens one; what is filled in comes back with its meta', async () => {
    await using w = await slackWorld();
    w.answer((input) => asForm(input) ?? { kind: 'none' });
    await w.lab.command('U1', 'C1', '/dr');
    const view = await w.lab.until(() => w.lab.views('U1')[0]);
    expect(view).toMatchObject({ title: 'Fail over eden, all of…', callbackId: 'failover', submit: 'Start' });
    const result = await w.lab.submitView('U1', view.id, { region: 'us-east-1', reason: 'maintenance' });
    expect(result.outcome).toBe('closed');
    const fields = { region: 'us-east-1', reason: 'maintenance' };
    expect(w.heard[1]).toMatchObject({ kind: 'form', form: 'failover', meta: '{"c":"C1"}', fields, person: 'U1' });
  });

  test('errors stand beside their fields, those of unknown fields too, and the second try is a new doing', async () => {
    await using w = await slackWorld();
    let tries = 0;
    w.answer((input) => {
      if (input.kind !== 'form') return { kind: 'form', form };
      tries += 1;
      return tries === 1
        ? { kind: 'fieldErrors', errors: { reason: 'Say why.', nowhere: 'And this.' } }
        : { kind: 'none' };
    });
    await w.lab.command('U1', 'C1', '/dr');
    const view = await w.lab.until(() => w.lab.views('U1')[0]);
    const first = await w.lab.submitView('U1', view.id, { region: 'us-east-1' });
    expect(first).toMatchObject({ outcome: 'errors', errors: { reason: 'Say why.', region: 'And this.' } });
    const second = await w.lab.submitView('U1', view.id, {});
    expect(second.outcome).toBe('closed');
    const deliveries = w.heard.slice(1).map(({ delivery }) => delivery);
    expect(new Set(deliveries).size).toBe(2);
  });

  test('a message in answer takes the form’s place', async () => {
    await using w = await slackWorld();
    w.answer((input) => asForm(input) ?? { kind: 'message', message: message('Refused', { lines: ['eden-7 runs.'] }) });
    await w.lab.command('U1', 'C1', '/dr');
    const view = await w.lab.until(() => w.lab.views('U1')[0]);
    const result = await w.lab.submitView('U1', view.id, { region: 'us-east-1' });
    expect(result).toMatchObject({ outcome: 'updated', view: { title: 'Refused' } });
  });

  test('a slow answer shows that work goes on, and then itself', async () => {
    await using w = await slackWorld();
    const answered = Promise.withResolvers<void>();
    w.answer(async (input) => {
      if (input.kind === 'command') return { kind: 'form', form };
      await answered.promise;
      return { kind: 'message', message: message('Started') };
    });
    await w.lab.command('U1', 'C1', '/dr');
    const view = await w.lab.until(() => w.lab.views('U1')[0]);
    const result = await w.lab.submitView('U1', view.id, { region: 'us-east-1' });
    expect(result).toMatchObject({ outcome: 'updated', view: { title: 'Working on it…' } });
    answered.resolve();
    await w.lab.until(() => w.lab.views('U1')[0]?.title === 'Started');
  });

  test('a click opens one; too late, the person is told', async () => {
    await using w = await slackWorld();
    const card = message('held', { actions: [{ id: 'mark', label: 'Mark done…', value: 'v' }] });
    const posted = await w.chat.post(C1, card, 'k', signal());
    w.answer(() => ({ kind: 'form', form }));
    await w.lab.click('U1', { channel: 'C1', ts: posted.ts, actionId: 'mark' });
    await w.lab.until(() => w.lab.views('U1')[0]);
    w.lab.fault({ method: 'views.open', kind: 'error', error: 'expired_trigger_id' });
    await w.lab.click('U1', { channel: 'C1', ts: posted.ts, actionId: 'mark' });
    const told = await w.lab.until(() => w.lab.ephemerals('U1')[0]);
    expect(told.text).toContain('longer than the three seconds Slack allows. Nothing was done.');
  });
});
