/** What people do reaches dispatch, and they are answered: over the lab's Slack, with Slack's own packages in between. */
import { describe, expect, test } from 'vitest';
import type { Incoming } from '../../../src/ports/chat.ts';
import { message, signal, slackWorld as worldOf } from './support.ts';

const C1 = { channel: 'C1' };

describe.each(['socket', 'http'] as const)('over %s', (transport) => {
  const slackWorld = () => worldOf({ transport });

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
      w.answer(
        (input) => asForm(input) ?? { kind: 'message', message: message('Refused', { lines: ['eden-7 runs.'] }) },
      );
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

    test('a button in the dialog is heard and answered above it', async () => {
      await using w = await slackWorld();
      const actions = [{ id: 'more', label: 'More', value: 'v' }];
      w.answer((input) => {
        if (input.kind === 'command') return { kind: 'form', form };
        return { kind: 'message', message: message(input.kind === 'form' ? 'Started' : 'More of it', { actions }) };
      });
      await w.lab.command('U1', 'C1', '/dr');
      const view = await w.lab.until(() => w.lab.views('U1')[0]);
      await w.lab.submitView('U1', view.id, { region: 'us-east-1' });
      expect((await w.lab.clickInView('U1', view.id, 'more')).ok).toBe(true);
      await w.lab.until(() => w.lab.views('U1')[1]?.title === 'More of it');
      expect(w.heard[2]).toMatchObject({ kind: 'action', action: 'more', value: 'v', channel: '', posted: null });
    });
  });
});
