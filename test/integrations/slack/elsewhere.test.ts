/** The ways to Regent beside the command line: the Home, the menus, a mention in a thread. */
import { describe, expect, test } from 'vitest';
import { message, signal, slackWorld as worldOf } from './support.ts';

const C1 = { channel: 'C1' };
const button = (id: string) => ({ id, label: `Do ${id}`, value: '{"run":"eden-7"}' });
const form = { id: 'failover', title: 'Planned failover', submit: 'Start', lines: [], fields: [], meta: '{}' };

describe.each(['socket', 'http'] as const)('over %s', (transport) => {
  const slackWorld = () => worldOf({ transport });

  describe('the Home', () => {
    test('opening it is heard once, the messages tab is not', async () => {
      await using w = await slackWorld();
      w.lab.duplicateNextEnvelope();
      expect(await w.lab.openHome('U1')).toMatchObject({ delivered: true });
      await w.lab.openHome('U1', 'messages');
      await w.lab.until(() => w.heard.length > 0);
      expect(w.heard).toMatchObject([{ kind: 'home', person: 'U1' }]);
    });

    test('is published, drawn anew, and its buttons are heard and answered in a dialog', async () => {
      await using w = await slackWorld();
      await w.chat.publishHome('U1', [message('old')], signal());
      const cards = [
        message('1 decision waits for you.'),
        message('Approve?', { actions: [button('approve:promote')] }),
      ];
      await w.chat.publishHome('U1', cards, signal());
      const home = w.lab.home('U1')!;
      expect(home.type).toBe('home');
      expect(home.blocks.map(({ type }) => type)).toEqual(['section', 'divider', 'section', 'actions']);
      w.answer(() => ({ kind: 'message', message: message('You cannot approve this: you asked for it.') }));
      expect((await w.lab.clickInView('U1', home.id, 'approve:promote')).ok).toBe(true);
      expect(w.heard).toMatchObject([
        {
          kind: 'action',
          action: 'approve:promote',
          value: '{"run":"eden-7"}',
          person: 'U1',
          channel: '',
          posted: null,
        },
      ]);
      const told = await w.lab.until(() => w.lab.views('U1')[0]);
      expect(JSON.stringify(told.blocks)).toContain('you asked for it');
    });

    test('a button there opens a form', async () => {
      await using w = await slackWorld();
      await w.chat.publishHome('U1', [message('Deny?', { actions: [button('deny:dns')] })], signal());
      w.answer(() => ({ kind: 'form', form: { ...form, fields: [{ id: 'reason', label: 'Why', kind: 'text' }] } }));
      await w.lab.clickInView('U1', w.lab.home('U1')!.id, 'deny:dns');
      expect(await w.lab.until(() => w.lab.views('U1')[0])).toMatchObject({ callbackId: 'failover' });
    });
  });

  describe('the menus', () => {
    test('a global shortcut opens a form, or is answered in a dialog where there is no channel', async () => {
      await using w = await slackWorld();
      w.answer(() => ({ kind: 'form', form }));
      expect((await w.lab.shortcut('U1', 'failover')).ok).toBe(true);
      expect(w.heard).toMatchObject([{ kind: 'shortcut', shortcut: 'failover', person: 'U1', on: null }]);
      expect(await w.lab.until(() => w.lab.views('U1')[0])).toMatchObject({ title: 'Planned failover' });
      w.answer(() => ({ kind: 'message', message: message('Nothing is being moved.') }));
      await w.lab.shortcut('U2', 'failover');
      expect(await w.lab.until(() => w.lab.views('U2')[0])).toMatchObject({ title: 'Nothing is being moved.' });
    });

    test('a message shortcut brings what was said, by whom and when; the answer is only the picker’s', async () => {
      await using w = await slackWorld();
      const { ts } = await w.lab.say('U2', 'C1', 'disk is full');
      w.answer(() => ({ kind: 'message', message: message('Noted on eden-7.') }));
      expect((await w.lab.shortcut('U1', 'note', { channel: 'C1', ts: ts! })).ok).toBe(true);
      const on = { text: 'disk is full', author: 'U2', at: Math.round(Number(ts) * 1000) };
      expect(w.heard).toMatchObject([{ kind: 'shortcut', shortcut: 'note', person: 'U1', on }]);
      const told = await w.lab.until(() => w.lab.ephemerals('U1')[0]);
      expect(told).toMatchObject({ text: 'Noted on eden-7.', channel: 'C1' });
      expect(w.lab.message('C1', ts!)?.text).toBe('disk is full');
      expect(w.lab.ephemerals('U2')).toEqual([]);
    });
  });

  describe('a mention', () => {
    test('in a thread is a command, answered to that person in that thread', async () => {
      await using w = await slackWorld();
      const head = await w.chat.post(C1, message('headline'), 'k', signal());
      w.answer(() => ({ kind: 'message', message: message('eden goes to plan') }));
      await w.lab.mention('U1', 'C1', 'status detail', head.ts);
      const told = await w.lab.until(() => w.lab.ephemerals('U1')[0]);
      expect(w.heard).toMatchObject([{ kind: 'command', text: 'status detail', person: 'U1', channel: 'C1' }]);
      expect(told).toMatchObject({ text: 'eden goes to plan', channel: 'C1', threadTs: head.ts });
      expect(w.lab.ephemerals('U2')).toEqual([]);
    });

    test('in the channel too; delivered twice it is taken once', async () => {
      await using w = await slackWorld();
      w.answer(() => ({ kind: 'message', message: message('done') }));
      w.lab.duplicateNextEnvelope();
      await w.lab.mention('U1', 'C1', 'pause');
      const told = await w.lab.until(() => w.lab.ephemerals('U1')[0]);
      expect(told.threadTs).toBeUndefined();
      expect(w.heard).toHaveLength(1);
    });

    test('in the middle of a sentence is no order', async () => {
      await using w = await slackWorld();
      await w.lab.say('U1', 'C1', 'shall we let @regent approve dns?');
      const told = await w.lab.until(() => w.lab.ephemerals('U1')[0]);
      expect(told.text).toContain('This was not taken');
      expect(w.heard).toEqual([]);
    });

    test('cannot open a dialog, and says how to go on', async () => {
      await using w = await slackWorld();
      w.answer(() => ({ kind: 'form', form }));
      await w.lab.mention('U1', 'C1', '');
      const told = await w.lab.until(() => w.lab.ephemerals('U1')[0]);
      expect(told.text).toContain('“Planned failover” is a dialog, and a mention cannot open one.');
    });
  });
});
