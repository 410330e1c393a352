/**
 * Every state a small plan can get into: all outcomes, all decisions, in every order. What is asserted here holds on
 * every path; long runbooks, time and crashes are the simulation's part.
 */
import { expect, test } from 'vitest';
import { due } from '../../src/machine/due.ts';
import { noReturn, settled, stepState, toUndo } from '../../src/machine/facts.ts';
import { accepts, initial, next, type Snapshot } from '../../src/machine/replay.ts';
import type { Mode, PlanNode, RunEvent } from '../../src/machine/types.ts';
import type { NewEvent } from '../../src/runner/ledger.ts';
import { check, gate, plan, requested, step } from '../support/machine.ts';

const GO = gate('go', 'promoting');
const POINT = gate('point', 'redirecting');
const FENCE = step('fence', 'promoting', { repeat: 'verifiable' });
const PROMOTE = step('promote', 'promoting', { after: ['fence'], repeat: 'once', noUndo: 'no' });
const WRITTEN = check('written', 'promoting', { after: ['promote'], proves: true });
const DNS = step('dns', 'redirecting');
const PLANS: Record<Mode, PlanNode[]> = {
  planned: [GO, POINT, FENCE, PROMOTE, WRITTEN, DNS],
  // What a mode switch leaves out and moves: the phases must be fallen through anew.
  emergency: [GO, FENCE, PROMOTE, WRITTEN, DNS],
};
const MOST_ATTEMPTS = 2;
const MOST_ROUNDS = 2;

const event = (partial: NewEvent): RunEvent => ({ ...partial, at: 1, actor: 'x' }) as RunEvent;

/** Everything that can happen in a state: what is due and each of its outcomes, and whatever people may ask for. */
function happenings(snapshot: Snapshot, switches: boolean): RunEvent[] {
  const c = snapshot.context;
  const hash = c.plan?.hash ?? '';
  const list: NewEvent[] = [];
  for (const id of ['fence', 'promote', 'written', 'dns']) {
    const { attempt } = stepState(c, id);
    const why = '';
    const evidence = {};
    if (attempt < MOST_ATTEMPTS)
      list.push({ type: 'STEP_INTENDED', step: id, attempt: attempt + 1, hash, before: {}, requires: {}, deadline: 9 });
    const outcome = { step: id, attempt, evidence };
    list.push({ type: 'STEP_ALREADY_DONE', step: id, evidence, summary: null });
    list.push({ type: 'STEP_DONE', ...outcome, summary: null }, { type: 'STEP_UNKNOWN', ...outcome, why });
    list.push({ type: 'STEP_NOT_DONE', ...outcome, why, again: true });
    list.push({ type: 'STEP_NOT_DONE', ...outcome, why, again: false });
    list.push({ type: 'UNDO_INTENDED', step: id, attempt, deadline: 9 });
    list.push({ type: 'UNDO_DONE', ...outcome }, { type: 'UNDO_UNKNOWN', step: id, attempt, why });
    list.push({ type: 'STEP_RETRIED', step: id, by: 'U' }, { type: 'STEP_SKIPPED', step: id, by: 'U', reason: '' });
    list.push({ type: 'STEP_MARKED', step: id, as: 'done', by: 'U', reason: '' });
    list.push({ type: 'STEP_MARKED', step: id, as: 'notDone', by: 'U', reason: '' });
  }
  for (const id of ['go', 'point']) {
    if ((c.gates[id]?.round ?? 0) < MOST_ROUNDS)
      list.push({ type: 'GATE_OPENED', gate: id, hash, deadline: 9, evidence: {} });
    for (const decision of ['approved', 'denied'] as const)
      list.push({ type: 'GATE_DECIDED', gate: id, hash, decision, how: 'votes', reason: null });
    list.push({ type: 'GATE_REOPENED', gate: id, why: '' });
  }
  list.push({ type: 'ABORTED', by: 'U', reason: '' }, { type: 'PLANNED', plan: plan(PLANS[c.mode], c.mode) });
  if (switches && c.mode === 'planned')
    list.push({ type: 'MODE_SWITCHED', mode: 'emergency', by: 'U', gaveUp: '', nodes: PLANS.emergency });
  return list.map(event);
}

/** A state without what only counts or tells the time. */
const keyOf = ({ value, context }: Snapshot): string => {
  const { steps, gates, holds, firstIntents, mode, plan: made, end } = context;
  return JSON.stringify([
    value,
    mode,
    made?.mode,
    end,
    firstIntents,
    ['fence', 'promote', 'written', 'dns'].map((id) => [steps[id]?.status, steps[id]?.attempt]),
    ['go', 'point'].map((id) => [gates[id]?.status, gates[id]?.round]),
    holds.map((hold) => hold.ref).sort(),
  ]);
};

type Arrow = { from: Snapshot; by: RunEvent; to: Snapshot };
/** Walks every state once; `look` sees every arrow, `rest` every state. */
function walk(switches: boolean, look: (arrow: Arrow) => void, rest: (state: Snapshot) => void): number {
  const first = next(initial(), event(requested(PLANS.planned)));
  const seen = new Set([keyOf(first)]);
  const queue = [first];
  for (let from = queue.pop(); from; from = queue.pop()) {
    rest(from);
    for (const by of happenings(from, switches)) {
      if (!accepts(from, by)) continue;
      const to = next(from, by);
      look({ from, by, to });
      const key = keyOf(to);
      if (!seen.has(key)) queue.push(to);
      seen.add(key);
    }
  }
  console.log(seen.size);
  return seen.size;
}

function lookAt({ from, by, to }: Arrow): void {
  const c = from.context;
  const is = (id: string) => stepState(c, id).status;
  const told = `${by.type} ${'step' in by ? by.step : ''} in ${keyOf(from)}`;
  if (by.type === 'STEP_INTENDED') {
    expect(c.holds, told).toEqual([]);
    if (by.step === 'promote')
      expect([['done', 'alreadyDone', 'skipped'].includes(is('fence')), settled(c, 'go')], told).toEqual([true, true]);
    if (by.step === 'dns') expect([settled(c, 'written'), settled(c, 'promote')], told).toEqual([true, true]);
    if (by.step === 'dns' && c.mode === 'planned') expect(settled(c, 'point'), told).toBe(true);
  }
  if (by.type === 'STEP_SKIPPED') expect(by.step, told).not.toBe('written');
  if (by.type === 'ABORTED') expect(['intended', 'unknown', 'done', 'alreadyDone'], told).not.toContain(is('promote'));
  if (by.type === 'UNDO_INTENDED') expect(noReturn(c), told).toBeUndefined();
  // Nothing is ever forgotten: a first intent stays where it stood.
  expect(to.context.firstIntents.slice(0, c.firstIntents.length), told).toEqual(c.firstIntents);
}

function restAt(state: Snapshot): void {
  const c = state.context;
  const told = keyOf(state);
  const work = due(state);
  if (c.end === 'completed') for (const node of c.nodes) expect(settled(c, node.id), told).toBe(true);
  if (c.end === 'rolledBack' || c.end === 'aborted') expect(toUndo(c), told).toEqual([]);
  if (state.hasTag('ended')) return;
  // The machine takes whatever it says is due: else the runner would turn for ever.
  for (const one of work) {
    if (one.do === 'run' && one.attempt <= MOST_ATTEMPTS)
      expect(
        happenings(state, false).some(
          (by) => by.type === 'STEP_INTENDED' && by.step === one.step && accepts(state, by),
        ),
        told,
      ).toBe(true);
    if (one.do === 'undo' || one.do === 'settleUndo')
      expect(
        accepts(state, event({ type: 'UNDO_INTENDED', step: one.step, attempt: one.attempt, deadline: 9 })),
        told,
      ).toBe(true);
    if (one.do === 'openGate')
      expect(
        accepts(state, event({ type: 'GATE_OPENED', gate: one.gate, hash: c.plan!.hash, deadline: 9, evidence: {} })),
        told,
      ).toBe(true);
  }
  // And it never stands still unless somebody is asked.
  const asked = c.holds.length > 0 || Object.values(c.gates).some((one) => one.status === 'open');
  expect(work.length > 0 || asked, `stuck: ${told}`).toBe(true);
  for (const hold of c.holds) {
    const lift: NewEvent =
      hold.kind === 'gate'
        ? { type: 'GATE_REOPENED', gate: hold.ref, why: '' }
        : { type: 'STEP_RETRIED', step: hold.ref, by: 'U' };
    expect(accepts(state, event(lift)), `cannot be lifted: ${told}`).toBe(true);
  }
}

test('no path leads to a promotion without a fence, or to DNS without a proven write, and none ends in a corner', () => {
  expect(walk(false, lookAt, restAt)).toBeGreaterThan(500);
});

test('nor with a mode switch in between', () => {
  expect(walk(true, lookAt, restAt)).toBeGreaterThan(1000);
});
