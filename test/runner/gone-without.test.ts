/** What a run does not wait for: its failure settles it, and stays on show. */
import { expect, it } from 'vitest';
import type { StepNode } from '../../src/machine/types.ts';
import { goneWithout } from '../../src/runner/gone-without.ts';
import type { NewEvent } from '../../src/runner/ledger.ts';

const node = { id: 'reverse', title: 'Follow', onFailure: 'continue' } as StepNode;
const failed = { type: 'STEP_NOT_DONE', step: 'reverse', attempt: 3, why: 'no slot', evidence: { a: 1 }, again: false };
const evidence = { a: 1, warning: '“Follow” failed, the run went on: no slot' };

it('is settled with a warning, once nobody tries it again', () => {
  const yes = () => true;
  const written = (event: object, of = node, isOut = yes) => goneWithout(event as NewEvent, of, isOut);
  expect(written(failed)).toEqual({ type: 'STEP_DONE', step: 'reverse', attempt: 3, evidence, summary: 'no slot' });
  expect(written({ ...failed, type: 'STEP_UNKNOWN' })).toMatchObject({ type: 'STEP_DONE' });
  expect(written(failed, node, () => false)).toEqual({
    type: 'STEP_ALREADY_DONE',
    step: 'reverse',
    evidence,
    summary: 'no slot',
  });
  const again = { ...failed, again: true };
  expect(written(again)).toBe(again);
  expect(written(failed, { ...node, onFailure: 'hold' })).toBe(failed);
  const done = { type: 'STEP_DONE', step: 'reverse', attempt: 1, evidence: {}, summary: null };
  expect(written(done)).toBe(done);
});
