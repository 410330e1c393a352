/** Sizes, durations and errors as people read them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesText } from '../../src/lib/bytes.ts';
import { clockText, parseDuration, tookText } from '../../src/lib/duration.ts';
import { ConfigError, DrError, IntegrationError, sentenceOf, UserError } from '../../src/lib/errors.ts';

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.6, '1.0 kB'],
    [1000, '1.0 kB'],
    [1449, '1.4 kB'],
    [9949, '9.9 kB'],
    [9960, '10 kB'],
    [675_400_000, '675 MB'],
    [999_600, '1.0 MB'],
    [999_999_999, '1.0 GB'],
    [2_500_000_000_000, '2.5 TB'],
    [5_000_000_000_000_000, '5000 TB'],
  ])('%d → %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  test('never more than three digits before the last unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_000_000_000_000 }), (n) => /^\d{1,3}(\.\d)? \w+$/.test(bytesText(n))),
    );
  });
});

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['1h30m', 5_400_000],
    [' 2d ', 172_800_000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each([[''], ['5'], ['5 m'], ['m'], ['-5m'], ['5m!'], ['1h 30m'], ['5M'], ['1e3s'], ['.5s']])(
    '“%s” is no duration',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  );

  test.each([
    [-5, '0:00'],
    [4_400, '0:04'],
    [372_000, '6:12'],
    [59_999, '1:00'],
    [3_730_000, '1:02:10'],
    [360_000_000, '100:00:00'],
  ])('a clock of %d ms shows %s', (ms, text) => expect(clockText(ms)).toBe(text));

  test.each([
    [0, '0.0 s'],
    [449, '0.4 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [41_000, '41 s'],
    [59_499, '59 s'],
    [59_999, '1:00'],
    [372_000, '6:12'],
  ])('what took %d ms took %s', (ms, text) => expect(tookText(ms)).toBe(text));
});

describe('errors', () => {
  test('message and hint are one text, the class says whose trouble it is', () => {
    const error = new UserError('There is no region mars.', { code: 'no-region', hint: 'Say us-west-2.' });
    expect([error.sentence, error.name, error.code]).toEqual([
      'There is no region mars. Say us-west-2.',
      'UserError',
      'no-region',
    ]);
    expect(new ConfigError('Bad.', { code: 'x' }).sentence).toBe('Bad.');
    expect(error).toBeInstanceOf(DrError);
  });

  test('of a call nobody knows what came, unless it says so', () => {
    const details = { code: 'x', system: 's', operation: 'o', cause: new Error('why') };
    expect(new IntegrationError('No.', details)).toMatchObject({ effect: 'unknown', cause: { message: 'why' } });
    expect(new IntegrationError('No.', { ...details, effect: 'none' }).effect).toBe('none');
  });

  test.each([
    [new UserError('No.', { code: 'x', hint: 'Do.' }), 'No. Do.'],
    [new Error('one line\nand a stack'), 'one line'],
    [Object.assign(new Error('read failed'), { code: 'ECONNRESET' }), 'read failed (ECONNRESET)'],
    [
      Object.assign(new Error('connect ECONNREFUSED 1.2.3.4'), { code: 'ECONNREFUSED' }),
      'connect ECONNREFUSED 1.2.3.4',
    ],
    [
      new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code: 'ENOTFOUND' }) }),
      'fetch failed (ENOTFOUND)',
    ],
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [new Error('x'.repeat(500)), 'x'.repeat(200)],
  ])('%s → %s', (error, text) => expect(sentenceOf(error)).toBe(text));

  test('an error without a word still says what it is', () => {
    expect(sentenceOf(new AggregateError([new Error('connect ECONNREFUSED ::1')]))).not.toBe('');
    expect(sentenceOf(new Error(''))).not.toBe('');
    expect(sentenceOf(Object.assign(new Error(''), { code: 'ECONNREFUSED' }))).toContain('ECONNREFUSED');
  });
});
