/** Whether people were told long enough ahead: what is missing is said to the hour. */
import { expect, it } from 'vitest';
import type { Notice } from '../../src/ports/records.ts';
import { noticeGiven } from '../../src/steps/notice-given.ts';
import { noRules } from '../support/no-rules.ts';
import { type Stage, stage, wordsOf } from './stage.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 23, 3, 0);

/** Given so many hours ago, for a window that began an hour ago and is open for four. */
const notice = (hoursAgo: number, more: Partial<Notice> = {}): Notice => ({
  n: 1,
  source: 'east',
  target: 'west',
  from: NOW - HOUR,
  until: NOW + 3 * HOUR,
  reason: 'maintenance',
  by: 'UANA',
  at: NOW - hoursAgo * HOUR,
  ...more,
});

async function asked(...notices: Notice[]): Promise<Stage> {
  const here = await stage(undefined, { rules: { ...noRules.rules, noticeMs: 48 * HOUR } });
  here.state.now = NOW;
  here.state.notices = notices;
  return here;
}
const words = async (...notices: Notice[]) => wordsOf(await (await asked(...notices)).check(noticeGiven));

it('is in the plan where the house asks for notice, and only there', async () => {
  expect(noticeGiven.when?.((await asked()).system)).toBe(true);
  expect(noticeGiven.when?.((await stage()).system)).toBe(false);
  expect(noticeGiven.rule).toBe(true);
});

it('done: old enough, and now is in its window', async () => {
  const answer = await (await asked(notice(50))).check(noticeGiven);
  expect(wordsOf(answer)).toBe('done: told 50 h ago (48 h asked), window until 2026-11-23 06:00 UTC');
  expect(answer.evidence).toEqual({
    hoursAsked: 48,
    notice: 1,
    hoursSinceGiven: 50,
    window: '2026-11-23 02:00 UTC to 2026-11-23 06:00 UTC',
    by: 'UANA',
  });
});

it.each([
  ['nobody was told', [], 'notDone: Nobody was told 48 h ahead: no notice of leaving east stands.'],
  [
    'told of another region',
    [notice(50, { source: 'west' })],
    'notDone: Nobody was told 48 h ahead: no notice of leaving east stands.',
  ],
  ['told too late', [notice(20)], 'notDone: The notice was given 20 h ago, 28 h too late.'],
  [
    'before its window',
    [notice(50, { from: NOW + 3 * HOUR, until: NOW + 7 * HOUR })],
    'notDone: The window of the notice begins at 2026-11-23 06:00 UTC, in 3 h.',
  ],
  [
    'after its window',
    [notice(90, { from: NOW - 9 * HOUR, until: NOW - HOUR })],
    'notDone: Nobody was told 48 h ahead: no notice of leaving east stands. The window of the last one ended at 2026-11-23 02:00 UTC.',
  ],
])('%s', async (_, notices, sentence) => {
  expect(await words(...notices)).toBe(sentence);
});

it('of several the one that speaks for now counts, and of those the older', async () => {
  const later = notice(10, { n: 2, from: NOW + HOUR, until: NOW + 2 * HOUR });
  const over = notice(200, { n: 3, from: NOW - 9 * HOUR, until: NOW - 8 * HOUR });
  expect(await words(later, over, notice(50, { n: 4 }))).toMatch(/^done/);
  expect(await words(notice(5), notice(50, { n: 2 }))).toMatch(/^done/);
  expect(await words(over, later)).toContain('begins at 2026-11-23 04:00 UTC');
});

it('its first and its last moment count', async () => {
  expect(await words(notice(48, { from: NOW }))).toMatch(/^done/);
  expect(await words(notice(48, { until: NOW }))).toMatch(/^done/);
  expect(await words(notice(48, { at: NOW - 48 * HOUR + 1 }))).toMatch(/^notDone/);
});

it('nobody waits for it: what is not so now is decided at once', async () => {
  const here = await asked();
  expect(await here.check(noticeGiven)).toMatchObject({ is: 'notDone', final: true });
  expect(noticeGiven.budgetMs).toBe(0);
});
