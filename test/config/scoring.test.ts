/** How the target is chosen, as it is written: the runbook's weights by default, and weights that add up to 1. */
import { describe, expect, it } from 'vitest';
import { alerts, providerStatus } from '../../src/config/around.ts';
import { scoring } from '../../src/config/scoring.ts';

const messages = (written: unknown): string[] =>
  scoring.safeParse(written).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('scoring', () => {
  it('has the runbook’s weights by default', () => {
    expect(scoring.parse(undefined)).toEqual({
      health: 0.4,
      capacity: 0.3,
      latency: 0.2,
      freshness: 0.1,
      latencyLimit: 500,
    });
    expect(scoring.parse({ freshnessLimit: '5m' })).toMatchObject({ freshnessLimit: 300_000 });
  });

  it('takes other weights that add up to 1, however they are rounded', () => {
    expect(messages({ health: 0.7, capacity: 0.1, latency: 0.1, freshness: 0.1 })).toEqual([]);
    expect(messages({ health: 1, capacity: 0, latency: 0, freshness: 0 })).toEqual([]);
  });

  it('refuses others in a sentence with the sum', () => {
    expect(messages({ health: 0.5 })).toEqual([
      ': health 0.5, capacity 0.3, latency 0.2, freshness 0.1 add up to 1.1. Write weights that add up to 1.',
    ]);
  });

  it.each([{ health: 40 }, { latencyLimit: '0s' }, { prefer: 'west' }])('%j is refused', (written) => {
    expect(messages(written).length).toBeGreaterThan(0);
  });
});

it('alerts and status feeds are addresses; both may be left out', () => {
  const read = alerts((reference) => ({ value: reference }));
  expect(read.parse({ url: 'https://alerts.example.com' })).toEqual({ url: 'https://alerts.example.com', filter: [] });
  expect(read.safeParse({ url: 'alerts' }).success).toBe(false);
  expect(providerStatus.parse(undefined)).toEqual([]);
  expect(providerStatus.safeParse([{ name: 'AWS' }]).success).toBe(false);
});
