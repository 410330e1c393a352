/** The piece of the configuration about watching: its defaults are the runbook's, its nonsense is refused with a sentence. */
import { describe, expect, it } from 'vitest';
import { regionProbes, trigger } from '../../src/config/trigger.ts';

const messages = (written: unknown): string[] =>
  trigger.safeParse(written).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('trigger', () => {
  it('proposes by default, with the runbook’s times', () => {
    expect(trigger.parse(undefined)).toEqual({
      mode: 'propose',
      every: 5000,
      healthBelow: 0.3,
      healthyAbove: 0.5,
      for: 120_000,
      errorRateAbove: 0.5,
      errorRateFor: 60_000,
      cutFor: 60_000,
      confirmAfter: 30_000,
      recoverFor: 30_000,
      agree: 1,
      coolDown: 1_800_000,
      vantages: [],
    });
  });
  it('a region cannot be ill and well at once, a place has a name of its own', () => {
    expect(messages({ healthBelow: 0.6 })).toEqual([
      expect.stringMatching(/^healthyAbove: 0.5 is less than healthBelow, 0.6/),
    ]);
    const place = { name: 'a', url: 'https://a.example.com/see' };
    expect(messages({ vantages: [place, place] })).toEqual([
      expect.stringContaining('vantages.1.name: “a” is the name'),
    ]);
    expect(messages({ vantages: [place] })).toEqual([]);
  });
  it.each([{ mode: 'auto' }, { agree: 0 }, { errorRateAbove: 50 }, { for: '2' }, { evry: '5s' }])(
    '%j is refused',
    (written) => {
      expect(messages(written)).toHaveLength(1);
    },
  );
});

it('a probe counts one and is not critical unless it says so', () => {
  expect(regionProbes.parse([{ name: 'api', url: 'https://api.{alias}.eden.internal/health' }])).toEqual([
    { name: 'api', url: 'https://api.{alias}.eden.internal/health', weight: 1, critical: false },
  ]);
});
