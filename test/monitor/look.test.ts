/** Looking at a region from several places: scores, what they agree upon, and a place that is cut off itself. */
import { describe, expect, it } from 'vitest';
import {
  agreed,
  healthScore,
  isIsolated,
  type Look,
  newest,
  type ProbeSeen,
  readingOf,
} from '../../src/monitor/look.ts';

const LIMITS = { healthBelow: 0.3, healthyAbove: 0.5, errorRateAbove: 0.5 };
const probe = (seen: ProbeSeen['seen'], more: Partial<ProbeSeen> = {}): ProbeSeen => ({
  name: 'api',
  seen,
  weight: 1,
  critical: false,
  why: null,
  ...more,
});
const look = (vantage: string, region: string, probes: ProbeSeen[], more: Partial<Look> = {}): Look => ({
  vantage,
  region,
  at: 1000,
  probes,
  errorRate: null,
  ...more,
});
const four = (good: number): ProbeSeen[] => [0, 1, 2, 3].map((n) => probe(n < good ? 'good' : 'bad'));

describe('the health score', () => {
  it('is the weight of what is good over what was asked', () => {
    expect(healthScore([probe('good', { weight: 3 }), probe('bad'), probe('silent')])).toBe(0.6);
    expect(healthScore([])).toBeNull();
  });
  it('is low below the lower limit, well above the upper one, and says neither between', () => {
    expect([1, 2, 3].map((good) => readingOf(look('a', 'east', four(good)), LIMITS).scoreLow)).toEqual([
      true,
      null,
      false,
    ]);
  });
});

describe('a reading', () => {
  it('takes silence for being cut, not for a broken part', () => {
    const silent = readingOf(look('a', 'east', [probe('silent', { critical: true })]), LIMITS);
    expect(silent).toEqual({ scoreLow: true, errorsHigh: null, cut: true, critical: null });
    const broken = readingOf(look('a', 'east', [probe('bad', { critical: true }), probe('good')]), LIMITS);
    expect(broken).toMatchObject({ cut: false, critical: true });
  });
  it('has no opinion without data', () => {
    expect(readingOf(look('a', 'east', []), LIMITS)).toEqual({
      scoreLow: null,
      errorsHigh: null,
      cut: null,
      critical: false,
    });
  });
});

describe('several places', () => {
  const says = (cut: boolean | null) => ({ scoreLow: null, errorsHigh: null, cut, critical: null });
  it('agree when so many as are needed say the same', () => {
    expect(agreed([says(true), says(true), says(false)], 2).cut).toBe(true);
    expect(agreed([says(true), says(false), says(false)], 2).cut).toBe(false);
    expect(agreed([says(true), says(false), says(null)], 2).cut).toBeNull();
  });
  it('are not heard where they see nobody at all', () => {
    const cutOff = [look('bot', 'east', [probe('silent')]), look('bot', 'west', [probe('silent')])];
    expect(isIsolated(cutOff)).toBe(true);
    const seesWest = [look('bot', 'east', [probe('silent')]), look('bot', 'west', [probe('bad')])];
    expect(isIsolated(seesWest)).toBe(false);
    expect(newest(cutOff, 'east', 1000, 500)).toEqual([]);
    expect(newest(seesWest, 'east', 1000, 500)).toEqual([seesWest[0]]);
  });
  it('count once each, with their newest look, and not with an old one', () => {
    const looks = [
      look('a', 'east', four(4), { at: 100 }),
      look('a', 'east', four(0), { at: 900 }),
      look('b', 'east', four(1), { at: 300 }),
    ];
    expect(newest(looks, 'east', 1000, 500)).toEqual([looks[1]]);
  });
});
