/** Moments and lengths of time in sentences. */
import { describe, expect, it, test } from 'vitest';
import { lengthText, parseMoment, utcText } from '../../src/lib/utc.ts';

const AT = Date.UTC(2026, 10, 23, 2, 0);

describe('a moment', () => {
  it.each([
    '2026-11-23 02:00',
    '2026-11-23T02:00',
    '2026-11-23 2:00',
    '2026-11-23T02:00Z',
    '2026-11-23 02:00:00 UTC',
    '2026-11-23T02:00:00.000z',
    '2026-11-23T03:00+01:00',
    '2026-11-22T21:00-0500',
    ' 2026-11-23 02:00 ',
  ])('%s', (text) => expect(parseMoment(text)).toBe(AT));

  it.each([
    '',
    'tomorrow',
    '2026-11-23',
    '23.11.2026 02:00',
    '2026-02-30 02:00',
    '2026-13-01 02:00',
    '2026-11-23 24:00',
    '2026-11-23 02:60',
    '2026-11-23 02:00 CET',
    '2026-11-23 02:00+99:00',
    '2026-11-23 02:00 for 4h',
  ])('%j is none', (text) => expect(parseMoment(text)).toBeUndefined());

  it('is told in UTC, and read back the same', () => {
    expect(utcText(AT)).toBe('2026-11-23 02:00 UTC');
    expect(parseMoment(utcText(AT))).toBe(AT);
  });
});

test.each([
  [40_000, '40 s'],
  [35 * 60_000, '35 min'],
  [90 * 60_000, '90 min'],
  [3_600_000, '1 h'],
  [19.5 * 3_600_000, '19.5 h'],
  [48 * 3_600_000, '48 h'],
  [5 * 86_400_000, '5 days'],
  [-5, '0 s'],
])('%i ms: %s', (ms, text) => expect(lengthText(ms)).toBe(text));
