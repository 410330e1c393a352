import { expect, test } from 'vitest';
import { nearest } from '../../src/lib/nearest.ts';

const KNOWN = ['us-east-1', 'us-west-2', 'eu-north-1'];

test.each([
  ['us-esat-1', 'us-east-1'],
  ['us-east1', 'us-east-1'],
  ['US-EAST-1', 'us-east-1'],
  ['us-est1', 'us-east-1'],
  ['us-west-1', 'us-west-2'],
])('%s was meant as %s', (typed, meant) => expect(nearest(typed, KNOWN)).toBe(meant));

test('only what is near enough is meant', () => {
  for (const typed of ['mars', '', 'us', 'ap-southeast-11']) expect(nearest(typed, KNOWN)).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
  expect(nearest('puase', ['pause', 'plan'])).toBe('pause');
  expect(nearest('plan', ['pause', 'deny'])).toBeUndefined();
});

test('what is known is what it is', () => {
  for (const name of KNOWN) expect(nearest(name, KNOWN)).toBe(name);
});
