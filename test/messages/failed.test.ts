/** Which runs have failed, and at what. */
import { expect, it } from 'vitest';
import { failedStep, hasFailed, isUndoing, keptPicture } from '../../src/messages/failed.ts';
import { step, story as told } from '../support/machine.ts';
import * as disaster from './emergency.ts';
import { asked, begun, completed } from './scenes.ts';

it('a run that a person called off has not failed, whatever did not come about in it', () => {
  const held = asked().intend('scale-up-target').notDone('scale-up-target');
  expect(failedStep(held.c)).toBeNull();
  const back = held.abort().undo('scale-up-target');
  expect([back.c.end, hasFailed(back.c), failedStep(back.c)]).toEqual(['rolledBack', false, null]);
});

it('one that a failed step sent back has, and names it; not before it has ended', () => {
  const run = told().begin([step('a', 'preparing'), step('b', 'preparing', { after: ['a'], onFailure: 'rollback' })]);
  run.finish('a').intend('b');
  expect([failedStep(run.c), isUndoing(run.c)]).toEqual([null, false]);
  run.notDone('b');
  expect(failedStep(run.c)?.step.id).toBe('b');
  run.take(run.undoing('b'));
  expect([isUndoing(run.c), hasFailed(run.c)]).toEqual([true, false]);
  run.take({ type: 'UNDO_DONE', step: 'b', attempt: 1, evidence: {} }).undo('a');
  expect([run.c.end, hasFailed(run.c), isUndoing(run.c)]).toEqual(['rolledBack', true, false]);
  expect(failedStep(run.c)?.state.why).toBe('not so');
});

it('an emergency that does not complete has failed, a planned run that is called off has not', () => {
  expect(hasFailed(disaster.emergency().abort().c)).toBe(true);
  expect(hasFailed(disaster.completed().c)).toBe(false);
  expect(hasFailed(begun().abort().c)).toBe(false);
  expect(hasFailed(completed().c)).toBe(false);
});

it('a picture that was never taken is kept nowhere', () => {
  expect(keptPicture(disaster.completed().c)).toBeNull();
});
