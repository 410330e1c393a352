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
import { check, gate, plan, requested, step, switched } from '../support/machine.ts';

const GO = gate('go', 'promoting');
const POINT = gate('point', 'redirecting');
const SCALE = step('scale', 'preparing');
const FENCE = step('fence', 'promoting', { repeat: 'verifiable' });
const PROMOTE = step('promote', 'promoting', { after: ['fence'], repeat: 'once', noUndo: 'no' });
const WRITTEN = check('written', 'promoting', { after: ['promote'], proves: true });
const DNS = step('dns', 'redirecting');
const TIDY = step('tidy', 'atEnd');
type Small = {
  plans: Record<Mode, PlanNode[]>;
  attempts: number;
  rounds: number;
  switches: boolean;
  takeovers?: boolean;
};
/** All of it once; */
const WHOLE: Small = {
  plans: { planned: [GO, POINT, FENCE, PROMOTE, WRITTEN, DNS], emergency: [] },
  attempts: 1,
  rounds: 1,
  switches: false,
};
/** its heart, again and again; */
const AGAIN: Small = {
  plans: { planned: [GO, FENCE, PROMOTE], emergency: [] },
  attempts: 2,
  rounds: 2,
  switches: false,
};
/** and with a mode switch, which leaves a step and a gate out: the phases are fallen through anew. */
const SWITCHED: Small = {
  plans: { planned: [GO, SCALE, FENCE, PROMOTE], emergency: [FENCE, PROMOTE, DNS] },
  attempts: 1,
  rounds: 1,
  switches: true,
};
/** And with people who take over, once or twice, while there is something to tidy up. */
const TAKEN: Small = {
  plans: { planned: [GO, SCALE, FENCE, PROMOTE, TIDY], emergency: [] },
  attempts: 1,
  rounds: 1,
  switches: false,
  takeovers: true,
};
const IDS = ['scale', 'fence', 'promote', 'written', 'dns', 'tidy'];

const event = (partial: NewEvent): RunEvent => ({ ...partial, at: 1, actor: 'x' }) as RunEvent;

/** Everything that can happen in a state: what is due and each of its outcomes, and whatever people may ask for. */
function happenings(snapshot: Snapshot, { plans, attempts, rounds, switches, takeovers }: Small): RunEvent[] {
  const c = snapshot.context;
  const hash = c.plan?.hash ?? '';
  const list: NewEvent[] = [];
  for (const { id } of c.nodes.filter((node) => node.kind === 'step').concat(c.former)) {
    const { attempt } = stepState(c, id);
    const why = '';
    const evidence = {};
    if (attempt < attempts)
      list.push({ type: 'STEP_INTENDED', step: id, attempt: attempt + 1, hash, before: {}, requires: {}, deadline: 9 });
    const outcome = { step: id, attempt, evidence };
    list.push({ type: 'STEP_ALREADY_DONE', step: id, evidence, summary: null });
    list.push({ type: 'STEP_DONE', ...outcome, summary: null }, { type: 'STEP_UNKNOWN', ...outcome, why });
    list.push({ type: 'STEP_NOT_DONE', ...outcome, why, again: true });
    list.push({ type: 'STEP_NOT_DONE', ...outcome, why, again: false });
    list.push({ type: 'UNDO_INTENDED', step: id, attempt, deadline: 9 });
    list.push({ type: 'UNDO_DONE', ...outcome }, { type: 'UNDO_UNKNOWN', step: id, attempt, why });
    list.push({ type: 'STEP_RETRIED', step: id, by: 'U', within: 0 });
    list.push({ type: 'STEP_RETRIED', step: id, by: 'U' }, { type: 'STEP_SKIPPED', step: id, by: 'U', reason: '' });
    list.push({ type: 'STEP_MARKED', step: id, as: 'done', by: 'U', reason: '' });
    list.push({ type: 'STEP_MARKED', step: id, as: 'notDone', by: 'U', reason: '' });
  }
  for (const { id } of c.nodes.filter((node) => node.kind === 'gate')) {
    if ((c.gates[id]?.round ?? 0) < rounds)
      list.push({ type: 'GATE_OPENED', gate: id, hash, deadline: 9, evidence: {} });
    for (const decision of ['approved', 'denied'] as const)
      list.push({ type: 'GATE_DECIDED', gate: id, hash, decision, how: 'votes', reason: null });
    list.push({ type: 'GATE_REOPENED', gate: id, why: '' });
    list.push({ type: 'GATE_EXTENDED', gate: id, deadline: (c.gates[id]?.deadline ?? 0) + 1, by: 'U' });
  }
  list.push({ type: 'ABORTED', by: 'U', reason: '' }, { type: 'PLANNED', plan: plan(plans[c.mode], c.mode) });
  list.push({ type: 'REVIEWED', by: 'V', note: '' });
  if (takeovers) list.push({ type: 'TAKEN_OVER', by: 'U', reason: '' });
  if (switches && c.mode === 'planned') list.push(switched(plans.emergency));
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
    IDS.map((id) => [steps[id]?.status, steps[id]?.attempt]),
    ['go', 'point'].map((id) => [gates[id]?.status, gates[id]?.round]),
    holds.map((hold) => hold.ref).sort(),
  ]);
};

type Arrow = { from: Snapshot; by: RunEvent; to: Snapshot };
/** Walks every state once, looking at every arrow and every state; answers how many there are. */
function walk(small: Small): number {
  const first = next(initial(), event(requested(small.plans.planned)));
  const seen = new Set([keyOf(first)]);
  const queue = [first];
  for (let from = queue.pop(); from; from = queue.pop()) {
    restAt(from, small);
    for (const by of happenings(from, small)) {
      if (!accepts(from, by)) continue;
      const to = next(from, by);
      lookAt({ from, by, to });
      const key = keyOf(to);
      if (!seen.has(key)) queue.push(to);
      seen.add(key);
    }
  }
  return seen.size;
}

function lookAt({ from, by, to }: Arrow): void {
  const c = from.context;
  const is = (id: string) => stepState(c, id).status;
  const told = `${by.type} ${'step' in by ? by.step : ''} in ${keyOf(from)}`;
  if (by.type === 'STEP_INTENDED') {
    expect(c.holds, told).toEqual([]);
    // Past its end, whichever, a run only tidies up.
    if (c.end !== null) expect(by.step, told).toBe('tidy');
    if (by.step === 'promote')
      expect([settled(c, 'fence'), c.mode === 'emergency' || settled(c, 'go')], told).toEqual([true, true]);
    if (by.step === 'dns')
      for (const node of c.nodes) if (node.phase === 'promoting') expect(settled(c, node.id), told).toBe(true);
    if (by.step === 'dns' && c.nodes.includes(POINT)) expect(settled(c, 'point'), told).toBe(true);
  }
  if (by.type === 'GATE_EXTENDED') expect(c.gates[by.gate]?.status, told).toBe('open');
  if (by.type === 'REVIEWED') expect([c.endedAt === null, c.overrides.length === 0], told).toEqual([false, false]);
  if (by.type === 'TAKEN_OVER') {
    expect([to.context.end, to.context.holds], told).toEqual(['takenOver', []]);
    if (c.end === 'takenOver') expect(to.hasTag('ended'), told).toBe(true);
  }
  if (by.type === 'STEP_SKIPPED') expect(by.step, told).not.toBe('written');
  if (by.type === 'ABORTED') expect(['intended', 'unknown', 'done', 'alreadyDone'], told).not.toContain(is('promote'));
  if (by.type === 'UNDO_INTENDED') expect(noReturn(c), told).toBeUndefined();
  // Nothing is ever forgotten: a first intent stays where it stood.
  expect(to.context.firstIntents.slice(0, c.firstIntents.length), told).toEqual(c.firstIntents);
}

function restAt(state: Snapshot, small: Small): void {
  const c = state.context;
  const told = keyOf(state);
  const work = due(state);
  const over = state.hasTag('ended');
  if (c.end === 'completed')
    for (const node of c.nodes) if (over || node.phase !== 'atEnd') expect(settled(c, node.id), told).toBe(true);
  if (c.end === 'rolledBack' || c.end === 'aborted') expect(toUndo(c), told).toEqual([]);
  if (over) return;
  // The machine takes whatever it says is due: else the runner would turn for ever.
  for (const one of work) {
    if (one.do === 'run' && one.attempt <= small.attempts)
      expect(
        happenings(state, small).some(
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
  expect(walk(WHOLE)).toBeGreaterThan(1000);
});
test('nor when everything is tried and asked twice', () => {
  expect(walk(AGAIN)).toBeGreaterThan(1000);
});
test('nor with a mode switch in between', () => {
  expect(walk(SWITCHED)).toBeGreaterThan(1000);
});
test('nor when people take over, while anything is under way or tidied up', () => {
  expect(walk(TAKEN)).toBeGreaterThan(1000);
});
