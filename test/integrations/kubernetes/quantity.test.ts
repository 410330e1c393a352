import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQuantity } from '../../../src/integrations/kubernetes/quantity.ts';

describe('Kubernetes quantities', () => {
  test.each([
    ['0', 0],
    ['4', 4],
    ['250m', 0.25],
    ['1500m', 1.5],
    ['100u', 0.0001],
    ['500n', 5e-7],
    ['0.5', 0.5],
    ['.5', 0.5],
    ['2.', 2],
    ['128974848', 128_974_848],
    ['129e6', 129_000_000],
    ['1E3', 1000],
    ['1E', 1e18],
    ['1k', 1000],
    ['129M', 129_000_000],
    ['16Gi', 17_179_869_184],
    ['1.5Gi', 1_610_612_736],
    ['123Mi', 128_974_848],
    ['+1Ki', 1024],
    ['-1', -1],
    [' 1Gi ', 1_073_741_824],
  ])('%s is %d', (text, value) => {
    expect(parseQuantity(text)).toBeCloseTo(value, 9);
  });

  test.each(['', 'Gi', '1gi', '1GiB', '1.2.3', '1 Gi', 'NaN', '0x10', '1K', '--1'])('"%s" is refused', (text) => {
    expect(() => parseQuantity(text)).toThrow('is not a Kubernetes quantity');
  });

  test('binary units differ by 1024 and decimal units by 1000, whatever the number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (value) => {
        expect(parseQuantity(`${value}Gi`)).toBe(parseQuantity(`${value}Mi`) * 1024);
        expect(parseQuantity(`${value}k`)).toBe(value * 1000);
      }),
    );
  });
});
