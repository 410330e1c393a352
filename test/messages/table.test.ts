/** Rules every message keeps, held over whole runs: whatever is announced is rendered, and reads as it should. */
import { describe, expect, it } from 'vitest';
import { announcementsOf } from '../../src/machine/announce.ts';
import { whereIs } from '../../src/machine/due.ts';
import { noReturn } from '../../src/machine/facts.ts';
import { initial, next } from '../../src/machine/replay.ts';
import { MESSAGES } from '../../src/messages/table.ts';
import type { Message } from '../../src/ports/chat.ts';
import type { Story } from '../support/machine.ts';
import { approved, asked, begun, CONTACTS, completed, decide, fenced, lineText, text, vote } from './scenes.ts';

const mark = (told: Story) =>
  told.take({ type: 'STEP_MARKED', step: 'promote-postgres', as: 'done', by: 'UOPS', reason: 'seen' });
const RUNS: Record<string, Story> = {
  completed: completed(),
  'paused and resumed': asked().pause().resume().intend('scale-up-target').pause(),
  denied: decide(vote(asked(), 'promote', 'UBO', 'deny', 'no'), 'promote', 'denied').abort(),
  'rolled back': fenced().abort().undo('fence-source', 'stop-writers', 'read-only-source', 'scale-up-target'),
  aborted: begun().abort(),
  unknown: mark(fenced().intend('promote-postgres').unknown('promote-postgres')).finish('switch-redis'),
  'retried and noted': approved()
    .intend('read-only-source')
    .notDone('read-only-source')
    .retry('read-only-source')
    .take({ type: 'NOTED', by: 'UOPS', text: 'odd' })
    .take({ type: 'RESTARTED', checking: ['read-only-source'] }),
  'timed out': decide(
    asked().take({ type: 'GATE_ESCALATED', gate: 'dns', deadline: 9e6 }),
    'dns',
    'expired',
    'timeout',
  ),
  'taken over': fenced().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'x' }),
};

/** Every message that a run's announcements would send, at the moment each is due. */
function messagesOf(told: Story) {
  const all: { slot: string; name: string; message: Message; lastWayBack: boolean; where: string }[] = [];
  let snapshot = initial();
  for (const [index, event] of told.events.entries()) {
    const after = next(snapshot, event);
    for (const { slot, name, facts } of announcementsOf(snapshot, after, event, index + 1)) {
      expect(MESSAGES, `nobody renders ${name}`).toHaveProperty(name);
      const scene = { c: after.context, where: whereIs(after), now: event.at, facts, contacts: CONTACTS };
      const message = MESSAGES[name]!(scene);
      const lastWayBack = noReturn(after.context) === undefined;
      if (message) all.push({ slot, name, message, lastWayBack, where: scene.where });
    }
    snapshot = after;
  }
  return all;
}

describe.each(Object.entries(RUNS))('in a run that is %s', (_, told) => {
  const all = messagesOf(told);

  it('says something at every turn', () => {
    expect(all.length).toBeGreaterThan(told.events.length);
    for (const { message, slot } of all) expect(lineText(message.title).trim(), slot).not.toBe('');
  });

  it('never speaks as machines do', () => {
    for (const { message } of all)
      expect(text(message).join('\n')).not.toMatch(
        /success|please|an error occurred|undefined|\bnull\b|\bnan\b|\[object|primary side|secondary side|\{|\}/i,
      );
  });

  it('never lets a sign stand alone', () => {
    for (const { message } of all) for (const line of text(message)) expect(line).not.toMatch(/^[✔▶⏸✖❓⛔🔶🔴\s]+$/u);
  });

  it('names both regions on every card', () => {
    for (const { name, message } of all)
      if (['headline', 'gate', 'hold', 'plan', 'ended', 'escalated'].includes(name))
        expect(lineText(message.title), name).toContain('east → west');
  });

  it('has one primary button at most, and a verb of the table behind each', () => {
    for (const { message } of all) {
      expect(message.actions.filter(({ style }) => style === 'primary').length).toBeLessThanOrEqual(1);
      for (const { id, value } of message.actions) {
        expect(id.split(':')[0]).toMatch(
          /^(approve|confirm|deny|ask|more|abort|pause|resume|retry|check|mark|mode|skip|takeover|review|status)$/,
        );
        expect(JSON.parse(value)).toMatchObject({ run: 'eden-1' });
        expect(value.length).toBeLessThan(2000);
      }
      expect(new Set(message.actions.map(({ id }) => id)).size).toBe(message.actions.length);
    }
  });

  it('offers to abort only where there is a way back, to decide only on the way', () => {
    for (const { message, lastWayBack, where } of all) {
      const ids = message.actions.map(({ id }) => id.split(':')[0]);
      if (!lastWayBack) expect(ids).not.toContain('abort');
      if (where === 'rollingBack' || told.c.end === where)
        for (const id of ['abort', 'approve', 'confirm', 'deny', 'ask']) expect(ids).not.toContain(id);
    }
  });

  it('keeps what was typed apart', () => {
    for (const { message } of all)
      for (const line of [message.title, ...message.lines])
        for (const span of [line].flat()) if (typeof span === 'string') expect(span).not.toMatch(/maintenance|odd/);
  });
});
