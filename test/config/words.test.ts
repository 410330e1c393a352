import { expect, it } from 'vitest';
import { orList, quote, suggestion } from '../../src/config/words.ts';
import { nearest } from '../../src/lib/nearest.ts';

it.each([
  ['us-esat-1', 'us-east-1'],
  ['enviroment', 'environment'],
  ['Regions', 'regions'],
  ['approver', undefined],
  ['x', undefined],
])('%s was meant as %s', (word, meant) => {
  expect(nearest(word, ['us-east-1', 'us-west-2', 'environment', 'regions', 'dns'])).toBe(meant);
});

it('offers the known words when none is near, and nothing when there are none', () => {
  expect(suggestion('zzzzzz', ['promote', 'dns'])).toBe(' Known here: promote, dns.');
  expect(suggestion('zzzzzz', [])).toBe('');
});

it('quotes on one line, shortly, and hides what looks like a secret', () => {
  expect(quote('a\nb')).toBe('"a b"');
  expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(57)}…"`);
  expect(quote(['a'])).toBe('a list');
  for (const secret of ['xoxb-1', 'redis://:pw@host', '-----BEGIN KEY'])
    expect(quote(secret)).toBe('(something that looks like a secret)');
});

it('joins as people do', () => {
  expect([orList(['a']), orList(['a', 'b']), orList(['a', 'b', 'c'])]).toEqual(['a', 'a or b', 'a, b or c']);
});
