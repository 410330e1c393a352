/** The arithmetic of the choice, as it was when the run was asked for. */
import { expect, it } from 'vitest';
import { targetSelected } from '../../src/steps/target-selected.ts';
import { stage, wordsOf } from './stage.ts';

const part = (
  factor: 'health' | 'capacity' | 'latency' | 'freshness',
  value: number,
  weight: number,
  product: number,
) => ({
  factor,
  value,
  weight,
  product,
});
const selection = {
  at: 5,
  selected: 'west',
  scored: [
    {
      region: 'west',
      total: 0.9,
      why: null,
      parts: [
        part('health', 0.95, 0.4, 0.38),
        part('capacity', 0.8, 0.3, 0.24),
        part('latency', 0.9, 0.2, 0.18),
        part('freshness', 1, 0.1, 0.1),
      ],
    },
    { region: 'north', total: null, why: 'it looks down too', parts: [] },
  ],
};

it('prints the arithmetic line by line, and the totals in one', async () => {
  const here = await stage();
  const answer = await here.check(targetSelected, { selection });
  expect(wordsOf(answer)).toBe('done: west 0.90; not north: it looks down too');
  expect(answer.evidence).toEqual({
    selected: 'west',
    at: 5,
    lines: [
      'west:',
      '  Health: 0.95 * 0.4 = 0.38',
      '  Capacity: 0.80 * 0.3 = 0.24',
      '  Latency: 0.90 * 0.2 = 0.18',
      '  Freshness: 1.00 * 0.1 = 0.10',
      '  Total: 0.90',
      'north: cannot take over: it looks down too',
      'Selected: west (highest score)',
    ],
  });
});

it('is not so once the target looks down itself', async () => {
  const here = await stage();
  here.state.watch['west'] = {
    region: 'west',
    stage: 'confirmed',
    since: 1,
    at: 1,
    score: 0,
    failure: null,
    vantages: { names: [], agree: 1, needed: 1 },
    database: null,
  };
  expect(wordsOf(await here.check(targetSelected, { selection }))).toBe(
    'notDone: west looks down since it was chosen: confirmed',
  );
});

it('a target somebody named was not chosen; and two regions leave no choice', async () => {
  const here = await stage();
  expect(wordsOf(await here.check(targetSelected))).toBe('done: west, named by whoever asked');
  expect(targetSelected.when!(here.system)).toBe(false);
  here.system.regions['north'] = here.system.regions['west']!;
  expect(targetSelected.when!(here.system)).toBe(true);
});
