import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashOf } from '../../src/lib/hash.ts';
import { canonicalJson } from '../../src/lib/json.ts';

test('keys are sorted at every depth, and nothing is put in between', () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x', B: true })).toBe('{"B":true,"a":"x","b":[{"c":null,"d":1}]}');
});

test('members without a value are left out, places in a list are not', () => {
  expect(canonicalJson({ a: undefined, b: [undefined, 1] })).toBe('{"b":[null,1]}');
});

test('it reads back as what JSON.stringify would have written', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
    }),
  );
});

test('the order in which members were added does not change the hash; any value does', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).toReversed());
      expect(hashOf(turned)).toBe(hashOf(value));
      expect(hashOf({ ...value, 'one more': 1 })).not.toBe(hashOf(value));
    }),
  );
  expect(hashOf({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
});

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [1n], [() => 1], [Symbol('x')]])('%s is refused', (value) => {
  expect(() => canonicalJson({ deep: [value] })).toThrow(TypeError);
});
