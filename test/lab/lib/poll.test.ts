import { expect, test } from 'vitest';
import { freePort } from '../../../lab/lib/free-port.ts';
import { GiveUp, poll } from '../../../lab/lib/poll.ts';

test('it asks until there is an answer, whatever was thrown before', async () => {
  let asked = 0;
  const answer = await poll(
    'an answer',
    () => {
      asked += 1;
      if (asked === 1) throw new Error('not yet');
      return asked === 3 ? 'here' : undefined;
    },
    { withinMs: 10_000, everyMs: 1 },
  );
  expect([answer, asked]).toEqual(['here', 3]);
});

test('its end names what was awaited and the last trouble, by the clock it was given', async () => {
  let now = 0;
  const never = poll(
    'The moon',
    () => {
      now += 40;
      throw new Error('clouds');
    },
    { withinMs: 100, everyMs: 1, now: () => now },
  );
  await expect(never).rejects.toThrow('The moon: not within 100 ms; last: clouds.');
});

test('who knows that waiting is in vain ends it', async () => {
  const vain = poll('The train', () => Promise.reject(new GiveUp('it has left.')), { withinMs: 10_000 });
  await expect(vain).rejects.toThrow('The train: it has left.');
});

test('free ports are given once, and lie outside the range of outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, freePort));
  expect(new Set(ports).size).toBe(20);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});
