/**
 * The port Chat, kept by the Slack adapter over the lab's Slack: real HTTP, real sockets, Slack's own packages in between.
 * What is promised here is what the rest of Regent relies on: said once, edited in place, known who is who. What people do
 * and how they are answered is in integrations/slack/incoming.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import { message, signal, slackWorld as worldOf } from '../integrations/slack/support.ts';

const C1 = { channel: 'C1' };

describe.each(['socket', 'http'] as const)('over %s', (transport) => {
  const slackWorld = (options: Parameters<typeof worldOf>[0] = {}) => worldOf({ transport, ...options });

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

    test('given up by its caller, it may have arrived; the same key then finds it', async () => {
      await using w = await slackWorld();
      await w.chat.post(C1, message('first'), 'k0', signal());
      w.lab.fault({ method: 'chat.postMessage', kind: 'hang-after-commit' });
      const leaving = new AbortController();
      const given = w.chat.post(C1, message('card'), 'k1', leaving.signal);
      const there = await w.lab.until(() => w.lab.messages('C1')[1]);
      leaving.abort();
      await expect(given).rejects.toMatchObject({ code: 'slack_given_up', effect: 'unknown' });
      expect(await w.chat.post(C1, message('card'), 'k1', signal())).toEqual({ channel: 'C1', ts: there.ts });
      expect(w.lab.messages('C1')).toHaveLength(2);
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
      // A port that only just became free may be another test's a moment later: this one is nobody's.
      const w = await slackWorld({ start: false, adapter: { apiUrl: 'http://127.0.0.1:2/api/' } });
      const lost = w.chat.post(C1, message('card'), 'k', signal());
      await expect(lost).rejects.toMatchObject({ effect: 'none', code: 'slack_unreachable' });
      await w.chat.stop();
      await w.lab.close();
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

    test('knows who is at a screen, asks at most once in a while, and never takes silence for absence', async () => {
      await using w = await slackWorld();
      w.lab.setPresence('U2', 'away');
      const there = await Promise.all(['U1', 'U2', 'U1'].map((id) => w.chat.isPresent(id, signal())));
      expect(there).toEqual([true, false, true]);
      await w.chat.isPresent('U2', signal());
      expect(w.lab.calls.filter(({ method }) => method === 'users.getPresence')).toHaveLength(2);
      await expect(w.chat.isPresent('U99', signal())).rejects.toMatchObject({ code: 'slack_user_not_found' });
      w.lab.fault({ method: 'users.getPresence', kind: 'reset-before' });
      expect(await w.chat.isPresent('U3', signal())).toBe(true);
      w.lab.fault({ method: 'users.getPresence', kind: 'http500', times: Number.POSITIVE_INFINITY });
      await expect(w.chat.isPresent('U4', signal())).rejects.toBeInstanceOf(IntegrationError);
      w.lab.clearFaults();
      const left = AbortSignal.abort();
      await expect(w.chat.isPresent('U4', left)).rejects.toMatchObject({ code: 'slack_given_up', effect: 'none' });
    });

    test('a page of one person is drawn anew in place; nobody else sees it', async () => {
      await using w = await slackWorld();
      await w.chat.publishHome('U1', [message('Nothing waits for you.')], signal());
      const first = w.lab.home('U1')!;
      w.lab.fault({ method: 'views.publish', kind: 'hang-after-commit' });
      await w.chat.publishHome('U1', [message('1 decision waits for you.'), message('eden-7')], signal());
      const second = w.lab.home('U1')!;
      expect(second.id).toBe(first.id);
      expect(second.blocks.map(({ type }) => type)).toEqual(['section', 'divider', 'section']);
      expect(w.lab.home('U2')).toBeUndefined();
      await expect(w.chat.publishHome('U99', [message('x')], signal())).rejects.toMatchObject({ effect: 'none' });
    });
  });
});
