/**
 * Ledger, engine and journal as they are, under everything that can happen to them (DESIGN §2): run with SEEDS=n for
 * more seeds, SEED=n for one. Then the same with bugs planted: each of them must be found.
 */
import { describe, expect, test } from 'vitest';
import { type Outcome, simulate } from '../support/simulation/simulate.ts';
import type { Variant } from '../support/simulation/variants.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 250);
const ONE = process.env['SEED'];
const seeds = ONE === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(ONE)];

test(`nothing that was promised is broken in ${seeds.length} seeded runs`, { timeout: 300_000 }, async () => {
  const outcomes: Outcome[] = [];
  for (const seed of seeds) {
    const outcome = await simulate(seed);
    expect(outcome.violations, `seed ${seed}: SEED=${seed} repeats it`).toEqual([]);
    outcomes.push(outcome);
  }
  if (ONE !== undefined) return;
  // That it was worth the while: every end was reached, processes were overtaken, modes switched.
  const sum = (of: (one: Outcome) => number) => outcomes.reduce((total, one) => total + of(one), 0);
  for (const end of ['completed', 'rolledBack', 'takenOver'])
    expect(outcomes.some((one) => one.end === end)).toBe(true);
  expect(sum((one) => one.leaders - 1)).toBeGreaterThan(seeds.length);
  expect(sum((one) => one.switches)).toBeGreaterThan(seeds.length / 4);
  expect(sum((one) => one.forced)).toBeGreaterThan(seeds.length / 25);
  expect(sum((one) => (one.risked ? 1 : 0))).toBeGreaterThan(seeds.length / 100);
  expect(sum((one) => one.halts)).toBeGreaterThan(seeds.length / 4);
  expect(sum((one) => (one.reviewed ? 1 : 0))).toBeGreaterThan(seeds.length / 10);
});

test('the same seed tells the same story', async () => {
  expect(await simulate(7)).toEqual(await simulate(7));
});

describe('planted bugs are found, each for what it does', () => {
  const OVERTAKEN = /a newer leader had|no intent of its own/;
  const planted: [string, Variant, RegExp][] = [
    ['a new leader does not wait for open deadlines', { doesNotWait: true }, OVERTAKEN],
    ['the token is not compared', { tokenNotCompared: true }, OVERTAKEN],
    ['nor the attempt', { tokenNotCompared: true, outcomeOfAnyAttempt: true }, OVERTAKEN],
    ['a call heeds no deadline', { ignoresSignals: true }, /after its deadline/],
    ['the effect does not wait for its intent', { actsBeforeCommit: true }, /no intent of its own/],
    ['a check never sees that a toggle is done', { blindChecks: true }, /it was done, and is a toggle/],
    ['the promotion does not wait for the fence', { promotesEarly: true }, /before the fence/],
    ['an undo does nothing', { undoesNothing: true }, /not as it was/],
    ['a halt stands in nobody’s way', { heedsNoHalt: true }, /while it was halted/],
    ['an announcement is made twice', { announcesTwice: true }, /the outbox is not/],
  ];
  test.each(planted)('%s', { timeout: 120_000 }, async (_, variant, told) => {
    for (let seed = 1; seed <= 300; seed += 1)
      if ((await simulate(seed, variant)).violations.some((one) => told.test(one))) return;
    expect.unreachable('no seed has found it');
  });
});
