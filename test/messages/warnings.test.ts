/** What a run went on without is on show, from then on and to the end; and a step in parts reads as one that goes on. */
import { expect, it } from 'vitest';
import type { Evidence } from '../../src/machine/types.ts';
import { ended } from '../../src/messages/ended.ts';
import { headline } from '../../src/messages/headline.ts';
import { stepLine } from '../../src/messages/phase.ts';
import { status } from '../../src/messages/status.ts';
import { type Story, step } from '../support/machine.ts';
import { asked, completed, lineText, plan, sceneOf, text } from './scenes.ts';

const SYNC = step('sync-crdt', 'preparing', { title: 'Synchronise CRDT state' });
const own = { ...plan, nodes: [...plan.nodes, SYNC] };
const WARNING = 'not synchronised: CRDT state (412 of 900 MB)';
const line = (told: Story) => lineText(stepLine(told.c, SYNC));

const begun = () => asked(own).intend('sync-crdt');
const outcome = (evidence: Evidence, summary: string): Story =>
  begun().take({ type: 'STEP_DONE', step: 'sync-crdt', attempt: 1, evidence, summary });
const without = () => outcome({ warning: WARNING, wholeMs: 300_000 }, WARNING);

it('stands on the headline, in the status and on the last message', () => {
  const told = without();
  const wanted = `✖ ‹${WARNING}›`;
  expect(text(headline(sceneOf(told)))).toContain(wanted);
  for (const detail of [true, false]) expect(text(status(sceneOf(told), detail, null))).toContain(wanted);
  for (const gate of ['promote', 'dns']) told.decide(gate, 'approved');
  told.finish('scale-up-target').found('target-endpoints');
  const over = completed(told);
  expect(over.c.end).toBe('completed');
  expect(text(ended(sceneOf(over)))).toContain(wanted);
  expect(text(headline(sceneOf(over)))).toContain(wanted);
});

it('nobody reads of what was synchronised, or of a step that may still be', () => {
  for (const told of [outcome({}, '900 MB'), outcome({ warning: '' }, '900 MB'), begun()])
    expect(text(headline(sceneOf(told))).join()).not.toContain('✖');
  const retried = begun().take({
    type: 'STEP_UNKNOWN',
    step: 'sync-crdt',
    attempt: 1,
    why: 'no answer',
    evidence: { warning: WARNING },
  });
  expect(text(headline(sceneOf(retried))).join()).not.toContain(WARNING);
});

it('its line in the thread does not say that it is done, and says how long all of it took', () => {
  expect(line(without())).toBe(`✖ Synchronise CRDT state · ‹5:00 · ${WARNING}›`);
  expect(line(outcome({ wholeMs: 12_000 }, '900 MB'))).toBe('✔ Synchronise CRDT state · ‹12 s · 900 MB›');
});

it('between two parts it is under way', () => {
  const told = begun().take({
    type: 'STEP_NOT_DONE',
    step: 'sync-crdt',
    attempt: 1,
    why: 'snapshot is done, transfer comes next',
    evidence: { underWay: true },
    again: true,
  });
  expect(line(told)).toBe('▶ Synchronise CRDT state · ‹1.0 s · snapshot is done, transfer comes next›');
});
