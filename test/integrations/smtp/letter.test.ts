import { describe, expect, it } from 'vitest';
import { isAddress, messageIdOf, senderIn } from '../../../src/integrations/smtp/letter.ts';

const sender = { name: '', address: 'regent@eden.example.com' };

describe('a letter', () => {
  it.each([
    ['regent@eden.example.com', '', 'regent@eden.example.com'],
    ['Regent <regent@eden.example.com>', 'Regent', 'regent@eden.example.com'],
    ['"Regent, of Eden" <regent@eden.example.com>', 'Regent, of Eden', 'regent@eden.example.com'],
  ])('knows the sender in %s', (text, name, address) => {
    expect(senderIn(text)).toEqual({ name, address });
  });
  it.each(['Regent', 'Regent <regent>', '<a@b.c> x', 'a@b.c, d@e.f', ''])('finds no sender in “%s”', (text) => {
    expect(senderIn(text)).toBeUndefined();
  });
  it.each([
    ['dee@eden.example.com', true],
    ['dee+dr@eden.example.com', true],
    ['dée@eden.example.com', true],
    ['a@b@c', false],
    ['a@b.c>', false],
    ['a b@c.d', false],
    ['a@b.c\n', false],
    [`${'a'.repeat(251)}@b.c`, false],
  ])('takes %j for an address: %s', (text, is) => {
    expect(isAddress(text)).toBe(is);
  });
  it('has one id for one key, readable where that can be', () => {
    const id = messageIdOf('eden-7:12:0', sender);
    expect(id).toMatch(/^<eden-7-12-0\.[0-9a-f]{16}@eden\.example\.com>$/);
    expect(messageIdOf('eden-7:12:0', sender)).toBe(id);
    expect(messageIdOf('eden-7-12-0', sender)).not.toBe(id);
    expect(messageIdOf('…', sender)).toMatch(/^<[0-9a-f]{16}@eden\.example\.com>$/);
    expect(messageIdOf('x'.repeat(500), sender).length).toBeLessThan(120);
  });
});
