/** Deadlines by the clock that was handed in, and the system's own. */
import { expect, test } from 'vitest';
import { heeding, systemClock, within } from '../../src/runner/time.ts';
import { handClock } from '../support/hand-clock.ts';
import { hanging } from '../support/runner.ts';

const never = new AbortController().signal;

test('a deadline aborts by the clock, not before, and says why', async () => {
  const clock = handClock();
  const { signal } = within(clock, 5000, never);
  await clock.advance(4999);
  expect(signal.aborted).toBe(false);
  await clock.advance(1);
  expect(signal.reason).toMatchObject({ name: 'TimeoutError', message: 'no answer in time' });
});

test('released, it aborts no more and leaves no timer behind', async () => {
  const clock = handClock();
  const { signal, release } = within(clock, 5000, never);
  release();
  await clock.advance(9000);
  expect([signal.aborted, clock.sleepers()]).toEqual([false, 0]);
});

test('its parent ends it at once, an ended parent too', async () => {
  const clock = handClock();
  const parent = new AbortController();
  const { signal } = within(clock, 5000, parent.signal);
  parent.abort(new Error('stopping'));
  expect(signal.reason).toMatchObject({ message: 'stopping' });
  expect(within(clock, 5000, parent.signal).signal.aborted).toBe(true);
  await clock.advance(0);
  expect(clock.sleepers()).toBe(0);
});

test('what heeds no signal is left at its abort; its own end comes through otherwise', async () => {
  const late = new AbortController();
  const work = heeding(late.signal, () => hanging());
  late.abort(new Error('late'));
  await expect(work).rejects.toThrow('late');
  await expect(heeding(late.signal, async () => 1)).rejects.toThrow('late');
  expect(await heeding(never, async () => 1)).toBe(1);
  await expect(heeding(never, async () => Promise.reject(new Error('own')))).rejects.toThrow('own');
});

test("the system's clock sleeps, and wakes at once when it is told to", async () => {
  const before = systemClock.now();
  await systemClock.sleep(5);
  await systemClock.sleep(-5);
  const stop = new AbortController();
  const sleep = systemClock.sleep(3_600_000, stop.signal);
  stop.abort();
  await sleep;
  await systemClock.sleep(3_600_000, stop.signal);
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
});
