/** The score of a region that may take over: the runbook's own example, exactly, and what cannot be compared. */
import { describe, expect, it } from 'vitest';
import { arithmetic, type Candidate, capacityFactor, linearFactor, scoreTargets } from '../../src/policy/scoring.ts';

const WEIGHTS = { health: 0.4, capacity: 0.3, latency: 0.2, freshness: 0.1 };
const candidate = (
  region: string,
  [health, capacity, latency, freshness]: (number | null)[],
  ineligible: string | null = null,
): Candidate => ({
  region,
  factors: { health: health!, capacity: capacity!, latency: latency!, freshness: freshness! },
  ineligible,
});
const west = candidate('us-west-2', [0.95, 0.8, 0.9, 1]);
const europe = candidate('eu-west-1', [0.9, 0.7, 0.6, 0.95]);

describe('the score', () => {
  it('is that of the runbook’s example, to the last digit', () => {
    const { scored, selected } = scoreTargets([europe, west], WEIGHTS);
    expect(scored.map(({ region, total }) => [region, total])).toEqual([
      ['us-west-2', 0.9],
      ['eu-west-1', 0.785],
    ]);
    expect(selected).toBe('us-west-2');
  });

  it('shows its arithmetic', () => {
    const [best, second] = scoreTargets([europe, west], WEIGHTS).scored;
    expect(arithmetic(best!)).toEqual([
      'us-west-2:',
      '  Health: 0.95 * 0.4 = 0.38',
      '  Capacity: 0.80 * 0.3 = 0.24',
      '  Latency: 0.90 * 0.2 = 0.18',
      '  Freshness: 1.00 * 0.1 = 0.10',
      '  Total: 0.90',
    ]);
    expect(arithmetic(second!).slice(-2)).toEqual(['  Freshness: 0.95 * 0.1 = 0.095', '  Total: 0.785']);
  });

  it('passes over a region that cannot take over, and says why', () => {
    const { scored, selected } = scoreTargets(
      [candidate('us-west-2', [1, 1, 1, 1], 'its standby is 9 min behind'), europe],
      WEIGHTS,
    );
    expect(selected).toBe('eu-west-1');
    expect(arithmetic(scored[1]!)).toEqual(['us-west-2: cannot take over: its standby is 9 min behind']);
  });

  it('compares nothing that was not measured: unknown is not zero', () => {
    const { scored, selected } = scoreTargets([candidate('us-west-2', [0.9, null, 1, 1])], WEIGHTS);
    expect(selected).toBeNull();
    expect(scored[0]!.why).toBe('capacity could not be measured');
  });

  it('does not depend on the order of equals', () => {
    const [a, b] = [candidate('a', [1, 1, 1, 1]), candidate('b', [1, 1, 1, 1])];
    expect([scoreTargets([a, b], WEIGHTS).selected, scoreTargets([b, a], WEIGHTS).selected]).toEqual(['a', 'a']);
  });
});

describe('the factors', () => {
  it('count room up to what is asked', () => {
    expect([capacityFactor(11, 22), capacityFactor(41, 22), capacityFactor(0, 22), capacityFactor(5, 0)]).toEqual([
      0.5, 1, 0, 1,
    ]);
  });
  it('fall evenly from 1 at nothing to 0 at the limit', () => {
    expect([linearFactor(0, 200), linearFactor(50, 200), linearFactor(200, 200), linearFactor(900, 200)]).toEqual([
      1, 0.75, 0, 0,
    ]);
  });
});
