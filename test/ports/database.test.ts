import { expect, test } from 'vitest';
import { lsnDiff } from '../../src/ports/database.ts';

test('the difference of two positions is bytes, negative when the first is behind', () => {
  expect(lsnDiff('0/300A158', '0/300A0E0')).toBe(120);
  expect(lsnDiff('0/300A0E0', '0/300A158')).toBe(-120);
  expect(lsnDiff('0/0', '0/0')).toBe(0);
});

test('it reaches over the 4 GB that the part behind the slash can hold', () => {
  expect(lsnDiff('1/0', '0/FFFFFFFF')).toBe(1);
  expect(lsnDiff('A/10', '9/10')).toBe(2 ** 32);
  expect(lsnDiff('FFFFFFFF/FFFFFFFF', 'FFFFFFFF/FFFFFFF0')).toBe(15);
});

test('case does not matter: servers print capitals, people do not', () => {
  expect(lsnDiff('0/300a158', '0/300A0E0')).toBe(120);
});

test.each(['', '0', '/', '0/', '/0', '0/G', '0/123456789', '-1/0', '0x1/0', ' 0/1'])('"%s" is no position', (text) => {
  expect(() => lsnDiff(text, '0/0')).toThrow(TypeError);
  expect(() => lsnDiff('0/0', text)).toThrow(TypeError);
});
