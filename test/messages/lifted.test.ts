/** Everybody reads which fences are gone, by whom and why, and which still stand. */
import { expect, it } from 'vitest';
import { lifted } from '../../src/messages/lifted.ts';
import { text } from './scenes.ts';

const facts = { region: 'east', lifted: ['a policy'], kept: [], failed: [], by: 'UANA', at: 9000, reason: 'looked at' };

it('names each', () => {
  expect(text(lifted({ facts }))).toEqual([
    '✔ 1 of 1 fences lifted in east',
    '@UANA lifted them at 9 s: ‹“looked at”›',
    '‹✔ a policy›',
  ]);
});

it('says what still stands', () => {
  const some = { ...facts, kept: ['a stopped Postgres'], failed: ['a cordon: refused'] };
  expect(text(lifted({ facts: some }))).toEqual([
    '✖ 1 of 3 fences lifted in east',
    '@UANA lifted them at 9 s: ‹“looked at”›',
    '‹✔ a policy›',
    '‹⏸ stays: a stopped Postgres›',
    '‹✖ a cordon: refused›',
  ]);
});
