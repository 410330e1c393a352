/** What the rows of the system stream make of the halt. */
import { expect, test } from 'vitest';
import { haltOf, isEffect } from '../../src/runner/halt.ts';

const row = (type: string, by = 'UANA', at = 1) => ({ type, at, data: { by, reason: `${by}’s reason` } });

test('what begins an effect is refused, what tells of one is not', () => {
  expect(['STEP_INTENDED', 'UNDO_INTENDED', 'REQUESTED'].every(isEffect)).toBe(true);
  expect(['STEP_DONE', 'UNDO_DONE', 'PLANNED', 'GATE_OPENED', 'VOTED', 'ABORTED', 'TAKEN_OVER'].some(isEffect)).toBe(
    false,
  );
});

test('it stands until it is lifted, and the next is another one', () => {
  expect(haltOf([])).toBeNull();
  expect(haltOf([row('LEADING'), row('HALTED', 'UANA', 7), row('REFUSED')])).toEqual({
    by: 'UANA',
    at: 7,
    reason: 'UANA’s reason',
    n: 1,
    asked: [],
  });
  expect(haltOf([row('HALTED'), row('HALT_LIFT_ASKED'), row('HALT_LIFTED', 'UBO')])).toBeNull();
  expect(haltOf([row('HALTED'), row('HALT_LIFTED', 'UBO'), row('HALTED', 'UCY')])).toMatchObject({ by: 'UCY', n: 2 });
});

test('two different people lift it; one who says so twice is one', () => {
  const asked = [row('HALTED'), row('HALT_LIFT_ASKED', 'UBO', 2), row('HALT_LIFT_ASKED', 'UBO', 3)];
  expect(haltOf(asked)?.asked).toEqual([{ by: 'UBO', at: 2, reason: 'UBO’s reason' }]);
  // Both wrote it down without knowing of the other: it is lifted all the same.
  expect(haltOf([...asked, row('HALT_LIFT_ASKED', 'UCY')])).toBeNull();
});

test('a second halt while one stands changes nothing, a lift without one neither', () => {
  expect(haltOf([row('HALTED'), row('HALT_LIFT_ASKED', 'UBO'), row('HALTED', 'UCY')])).toMatchObject({
    by: 'UANA',
    n: 1,
    asked: [{ by: 'UBO' }],
  });
  expect(haltOf([row('HALT_LIFT_ASKED'), row('HALTED')])?.asked).toEqual([]);
});
