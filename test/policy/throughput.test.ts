import { expect, it } from 'vitest';
import { median, usualOf } from '../../src/policy/throughput.ts';

const MINUTE = 60_000;
const seen = (minute: number, perSecond: number, region = 'east') => ({ at: minute * MINUTE, region, perSecond });

it.each([
  [[], 0],
  [[7], 7],
  [[9, 1], 5],
  [[3, 100, 1], 3],
])('of %j the middle is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

it('what is usual is the median of the last hour, and one odd moment does not move it', () => {
  const all = [seen(0, 900), seen(10, 30), seen(20, 32), seen(30, 31), seen(40, 2), seen(65, 33)];
  expect(usualOf(all, 'east', Number.POSITIVE_INFINITY, 60 * MINUTE)).toEqual({
    perSecond: 31,
    from: 10 * MINUTE,
    to: 65 * MINUTE,
  });
});

it('counts nothing from after the trouble began, and nothing of another region', () => {
  const all = [seen(0, 30), seen(10, 5, 'west'), seen(20, 1)];
  expect(usualOf(all, 'east', 15 * MINUTE, 60 * MINUTE)?.perSecond).toBe(30);
  expect(usualOf(all, 'west', 5 * MINUTE, 60 * MINUTE)).toBeNull();
  expect(usualOf([], 'east', 5 * MINUTE, 60 * MINUTE)).toBeNull();
});

it('where nobody measured lately, what was measured last counts', () => {
  expect(usualOf([seen(0, 30)], 'east', 1_000_000 * MINUTE, MINUTE)?.perSecond).toBe(30);
});
