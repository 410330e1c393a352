/** Limits on waiting, and answers kept for a while. */
import { describe, expect, test } from 'vitest';
import { LATE, remembered, unlessAborted, within } from '../../../src/integrations/slack/waiting.ts';
import { standingClock } from './support.ts';

describe('within', () => {
  test('the value in time, LATE after it, and no timer left', async () => {
    const clock = standingClock();
    expect(await within(clock, Promise.resolve(1), 1000)).toBe(1);
    expect(clock.waiters()).toBe(0);
    const slow = Promise.withResolvers<number>();
    const limited = within(clock, slow.promise, 1000);
    await clock.move(1000);
    expect(await limited).toBe(LATE);
    // Nobody listens any more, and that must not matter.
    slow.reject(new Error('later'));
  });
});

describe('unlessAborted', () => {
  test('gives up with the signal, passes on everything else', async () => {
    const leaving = new AbortController();
    const error = () => new Error('given up');
    const waiting = unlessAborted(new Promise(() => {}), leaving.signal, error);
    leaving.abort();
    await expect(waiting).rejects.toThrow('given up');
    await expect(unlessAborted(Promise.resolve(1), leaving.signal, error)).rejects.toThrow('given up');
    expect(await unlessAborted(Promise.resolve(1), new AbortController().signal, error)).toBe(1);
  });
});

describe('remembered', () => {
  test('shares and keeps an answer for its time, never a failure', async () => {
    const clock = standingClock();
    let asked = 0;
    let fails = false;
    const ask = remembered(clock, 30_000, async (id) => {
      asked += 1;
      if (fails) throw new Error('unknown');
      return `${id} ${asked}`;
    });
    expect(await Promise.all([ask('a'), ask('a')])).toEqual(['a 1', 'a 1']);
    await clock.move(29_999);
    expect(await ask('a')).toBe('a 1');
    await clock.move(1);
    fails = true;
    await expect(ask('a')).rejects.toThrow('unknown');
    fails = false;
    expect(await ask('a')).toBe('a 3');
  });
});
