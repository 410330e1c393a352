/** What a run's context answers: the questions guards, cards and commands share. */
import { expect, test } from 'vitest';
import { currentPlan, inFlight, noReturn, phaseOver, runnable, settled, toUndo } from '../../src/machine/facts.ts';
import { CHECKED, check, NODES, plan, step, story, upToPromoting } from '../support/machine.ts';

test('settled: done, found done and skipped steps, approved gates, and nothing unknown', () => {
  const run = story().begin(NODES).found('checked').open('go');
  expect(['checked', 'go', 'scale', 'nobody'].map((id) => settled(run.c, id))).toEqual([true, false, false, false]);
  run.decide('go', 'approved').intend('scale').unknown('scale');
  expect(['go', 'scale'].map((id) => settled(run.c, id))).toEqual([true, false]);
  run.take({ type: 'STEP_SKIPPED', step: 'scale', by: 'UOPS', reason: 'no' });
  expect(settled(run.c, 'scale')).toBe(true);
});

test('a plan for another mode than the run is in is not the plan it goes by', () => {
  const run = story().begin(NODES);
  expect(currentPlan(run.c)).toEqual(plan(NODES));
  run.switchMode('emergency', NODES);
  expect([currentPlan(run.c), run.c.plan?.mode]).toEqual([null, 'planned']);
  expect([phaseOver(run.c, 'closing'), runnable(run.c, 'checked', 'validating')]).toEqual([false, false]);
});

test('in flight is what has an intent and no outcome, undoing included', () => {
  const run = upToPromoting().intend('fence');
  expect(inFlight(run.c).map((one) => one.id)).toEqual(['fence']);
  run.done('fence').abort().take(run.undoing('fence'));
  expect(inFlight(run.c).map((one) => one.id)).toEqual(['fence']);
});

test('a check step takes no way back, whatever it says of its undo', () => {
  const run = story()
    .begin([check('look', 'validating', { noUndo: 'nothing to undo' }), CHECKED])
    .found('look');
  expect(noReturn(run.c)).toBeUndefined();
});

test('the undo list is the reverse of first intents, not of last ones', () => {
  const run = story().begin(['a', 'b', 'c', 'd'].map((id) => step(id, 'preparing')));
  run.intend('c').notDone('c', { again: true }).finish('a').found('d').finish('c').intend('b');
  expect(toUndo(run.c).map((one) => one.id)).toEqual(['b', 'a', 'c']);
});

test('what tidies up is never taken back', () => {
  const run = story().begin([step('a', 'preparing'), step('b', 'closing'), step('lift', 'atEnd')]);
  run.finish('a').abort().undo('a').intend('lift');
  expect([run.where, toUndo(run.c)]).toEqual(['finishing', []]);
});
