/** When service is expected: by past runs, by what steps are said to take, by what they are given. */
import { describe, expect, it } from 'vitest';
import { expectedAt, usualTimes } from '../../src/policy/estimate.ts';
import * as disaster from '../messages/emergency.ts';
import * as move from '../messages/scenes.ts';
import { check, type Story, step } from '../support/machine.ts';

const MINUTE = 60_000;
const leftOf = (told: Story, usual = {}, later = 0) => expectedAt(told.c, usual, told.at + later) - told.at - later;
const begun = () => disaster.emergency({ confirmed: false });

describe('what is left', () => {
  it('is the longest chain of each phase up to verified service: by budgets, as long as nothing else is known', () => {
    expect(leftOf(begun())).toBe(15 * MINUTE);
    expect(leftOf(disaster.promoted())).toBe(5 * MINUTE);
    expect(leftOf(disaster.completed())).toBe(0);
  });

  it('what past runs took goes before what a step is said to take, and that before its budget', () => {
    const nodes = disaster.NODES.map((node) => (node.id === 'switch-dns' ? { ...node, usualMs: MINUTE } : node));
    const told = disaster.emergency({ confirmed: false, nodes });
    expect(leftOf(told)).toBe(13 * MINUTE);
    expect(leftOf(told, { 'switch-dns': 5000 })).toBe(12 * MINUTE + 5000);
  });

  it('of a step under way is what it usually takes less what it has had', () => {
    const told = disaster.promoted().intend('switch-dns');
    expect(leftOf(told, {}, MINUTE)).toBe(4 * MINUTE);
    // Longer than usual: nobody knows how much longer.
    expect(leftOf(told, {}, 60 * MINUTE)).toBe(2 * MINUTE);
  });
});

describe('what is usual', () => {
  /** One step that begins with the run and takes so long, after it one that takes a second. */
  const took = (ms: number): Story => {
    const nodes = [check('first', 'verifying'), step('second', 'verifying', { after: ['first'] })];
    const told = move.begun({ ...move.plan, nodes });
    return told
      .later(ms - 1000)
      .found('first')
      .finish('second');
  };

  it('is the median over the runs that completed', () => {
    const runs = [took(4000), took(90_000), took(6000), move.begun().abort()];
    expect(usualTimes(runs.map(({ c }) => c))).toMatchObject({ first: 6000 });
    expect(usualTimes([])).toEqual({});
  });

  it('begins when everything before it has ended: nobody’s waiting is in it', () => {
    const times = usualTimes([took(90_000).c]);
    expect(times['second']).toBeLessThan(5000);
    const decided = usualTimes([move.completed().c]);
    expect(decided['read-only-source']).toBe(2000);
  });

  it('of one that needed a second attempt nothing is learned', () => {
    const { c } = took(4000);
    const again = { ...c, steps: { ...c.steps, first: { ...c.steps['first']!, attempt: 2 } } };
    expect(usualTimes([again])).not.toHaveProperty('first');
  });

  it('old runs say nothing of today', () => {
    const runs = [
      ...Array.from({ length: 30 }, () => took(90_000).c),
      ...Array.from({ length: 20 }, () => took(4000).c),
    ];
    expect(usualTimes(runs)['first']).toBe(4000);
  });
});
