/** Knowing that nobody listens, and saying so once. */
import { expect, test } from 'vitest';
import { watch } from '../../../src/integrations/slack/watchdog.ts';
import { keptLog, standingClock } from './support.ts';

function setup() {
  const clock = standingClock();
  const up = { first: true, second: true };
  const deaf: string[] = [];
  const log = keptLog();
  const stop = new AbortController();
  const watching = watch({
    clock,
    log,
    signal: stop.signal,
    everyMs: 1000,
    deafAfterMs: 30_000,
    links: [
      { name: 'first', isUp: () => up.first },
      { name: 'second', isUp: () => up.second },
    ],
    onDeaf: (why) => deaf.push(why),
  });
  return { clock, up, deaf, log, stop, watching };
}

test('both down for the limit: told once, with how long', async () => {
  const { clock, up, deaf, watching } = setup();
  await clock.move(5000);
  Object.assign(up, { first: false, second: false });
  await clock.move(29_000);
  expect(deaf).toEqual([]);
  await clock.move(60_000);
  expect(deaf).toEqual(['No connection to Slack has been listening for 30 s: commands and clicks are lost.']);
  await watching;
});

test('one down is written down, and that it came back; nobody is told to end', async () => {
  const { clock, up, deaf, log, stop, watching } = setup();
  up.second = false;
  await clock.move(100_000);
  expect(log.said('stays down')).toHaveLength(1);
  up.second = true;
  await clock.move(2000);
  expect(log.said('is back')).toHaveLength(1);
  expect(deaf).toEqual([]);
  stop.abort();
  await watching;
  expect(clock.waiters()).toBe(0);
});

test('taking turns is not deafness', async () => {
  const { clock, up, deaf, stop } = setup();
  for (let turn = 0; turn < 10; turn += 1) {
    Object.assign(up, { first: turn % 2 === 0, second: turn % 2 === 1 });
    await clock.move(20_000);
  }
  expect(deaf).toEqual([]);
  stop.abort();
});
