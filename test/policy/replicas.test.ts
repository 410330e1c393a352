/** How many pods may help, and how many people may ask for. */
import { expect, it } from 'vitest';
import { moreReplicas, mostReplicas } from '../../src/policy/replicas.ts';

it('has a most: the configured one, else three times full load and at least 10', () => {
  expect([{ replicas: 2 }, { replicas: 8 }, { replicas: 8, maxReplicas: 9 }].map(mostReplicas)).toEqual([10, 24, 9]);
});

it('offers what is too little by so much, at least one more, never beyond the most or an autoscaler', () => {
  const service = { replicas: 4, maxReplicas: 8 };
  const of = (over: number, wanted: number, max?: number) =>
    moreReplicas(over, service, { wanted, autoscaler: max === undefined ? null : { min: 1, max } });
  expect([of(1.5, 4), of(1.1, 4), of(0.5, 4), of(3, 4), of(2, 4, 5)]).toEqual([6, 5, 5, 8, 5]);
  expect([of(2, 8), of(2, 4, 4), of(2, 0)]).toEqual([null, null, null]);
});
