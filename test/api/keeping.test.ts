/** What the server keeps in memory has a bound, and what it compares it compares whole. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Once } from '../../src/api/once.ts';
import { tokenKnower, WrongTokens } from '../../src/api/tokens.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('tokens', () => {
  const know = tokenKnower([
    { name: 'a', person: 'UA', sha256: sha256('dr_a'), groups: [] },
    { name: 'b', person: 'UB', sha256: sha256('dr_b').toUpperCase(), groups: [] },
    { name: 'damaged', person: 'UC', sha256: sha256('').slice(0, 20), groups: [] },
    { name: 'empty', person: 'UD', sha256: sha256(''), groups: [] },
  ]);
  it.each([
    ['Bearer dr_a', 'UA'],
    ['bearer  dr_b ', 'UB'],
    ['Bearer dr_c', undefined],
    ['Bearer ', undefined],
    ['Bearer', undefined],
    ['', undefined],
    [undefined, undefined],
    ['dr_a', undefined],
    ['Bearer dr_a dr_a', undefined],
    [`Bearer ${'x'.repeat(600)}`, undefined],
  ])('%s', (header, person) => {
    expect(know(header)?.person).toBe(person);
  });
  it('longer than any of ours is none of ours', () => {
    const long = 'x'.repeat(512);
    expect(tokenKnower([{ name: 'a', person: 'UA', sha256: sha256(long), groups: [] }])(`Bearer ${long}y`)).toBeNull();
  });
});

it('wrong tokens are counted by address, of at most a thousand', () => {
  let now = 0;
  const wrong = new WrongTokens(() => now);
  for (let n = 1; n <= 3; n += 1) expect(wrong.add('a').count).toBe(n);
  now = 59_000;
  expect(wrong.add('a')).toEqual({ count: 4, forMs: 1000 });
  now = 60_000;
  expect(wrong.add('a').count).toBe(1);
  for (let n = 0; n < 2000; n += 1) wrong.add(`10.0.0.${n}`);
  expect(wrong.size).toBe(1000);
  expect(wrong.add('a').count).toBe(1);
});

describe('keys', () => {
  it('one answer while it is under way and for ten minutes, of at most five hundred', async () => {
    let now = 0;
    let worked = 0;
    const once = new Once<number>(
      () => now,
      () => true,
    );
    const take = (key: string, asked = 'x') => once.take(key, asked, async () => ++worked);
    expect(await Promise.all([take('a'), take('a')])).toEqual([1, 1]);
    expect(await take('a', 'y')).toBeNull();
    now = 599_999;
    expect(await take('a')).toBe(1);
    now = 600_000;
    expect(await take('a')).toBe(2);
    for (let n = 0; n < 500; n += 1) await take(`k${n}`);
    expect(await take('a')).toBe(503);
  });
  it('what failed, or does not stand, is asked anew', async () => {
    const once = new Once<number>(
      () => 0,
      (answer) => answer > 1,
    );
    const failing = once.take('a', 'x', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await once.take('a', 'x', async () => 1)).toBe(1);
    expect(await once.take('a', 'x', async () => 2)).toBe(2);
    expect(await once.take('a', 'x', async () => 3)).toBe(2);
  });
});
