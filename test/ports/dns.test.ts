import { expect, test } from 'vitest';
import { sameAnswer } from '../../src/ports/dns.ts';

test('answers are compared as what they mean', () => {
  expect(sameAnswer('A', ['192.0.2.2', '192.0.2.1'], ['192.0.2.1', '192.0.2.2'])).toBe(true);
  expect(sameAnswer('CNAME', ['Web.Example.COM'], ['web.example.com'])).toBe(true);
  expect(sameAnswer('CNAME', ['web.example.com'], ['web.example.com.'])).toBe(true);
  expect(sameAnswer('AAAA', ['2001:DB8:0:0::1'], ['2001:db8::1'])).toBe(true);
});

test('and are not the same when one has more, less or other values', () => {
  expect(sameAnswer('A', ['192.0.2.1'], ['192.0.2.1', '192.0.2.2'])).toBe(false);
  expect(sameAnswer('A', [], ['192.0.2.1'])).toBe(false);
  expect(sameAnswer('AAAA', ['2001:db8::1'], ['2001:db8::2'])).toBe(false);
  expect(sameAnswer('AAAA', ['what'], ['2001:db8::2'])).toBe(false);
});
