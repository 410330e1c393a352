/** Whether the records have been short-lived for long enough: only what was seen counts, gaps and beginnings too. */
import { describe, expect, it } from 'vitest';
import type { TtlsSeen } from '../../src/ports/records.ts';
import { ttlLowered } from '../../src/steps/ttl-lowered.ts';
import { noRules } from '../support/no-rules.ts';
import { type Stage, stage, wordsOf } from './stage.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 23, 3, 0);
const [API, TASK] = ['A api.example.com', 'A task.example.com'];

/** Hours ago → a look; both records at 60 s unless told otherwise. */
const look = (hoursAgo: number, ttls: Record<string, number> = { [API]: 60, [TASK]: 60 }): TtlsSeen => ({
  at: NOW - hoursAgo * HOUR,
  ttls,
});
const hourly = (from: number, to = 0): TtlsSeen[] =>
  Array.from({ length: from - to + 1 }, (_, index) => look(from - index));

async function asked(looks: TtlsSeen[]): Promise<Stage> {
  const ttl = { atMostSeconds: 60, forMs: 24 * HOUR, lookEveryMs: HOUR };
  const here = await stage(undefined, { rules: { ...noRules.rules, ttl } });
  here.state.now = NOW;
  here.state.ttls = looks;
  return here;
}
const words = async (looks: TtlsSeen[]) => wordsOf(await (await asked(looks)).check(ttlLowered));

it('is in the plan where the house asks for it, and only there', async () => {
  expect(ttlLowered.when?.((await asked([])).system)).toBe(true);
  expect(ttlLowered.when?.((await stage()).system)).toBe(false);
  expect([ttlLowered.rule, ttlLowered.budgetMs]).toEqual([true, 0]);
});

describe('done', () => {
  it('every record short in every look for long enough', async () => {
    const answer = await (await asked(hourly(25))).check(ttlLowered);
    expect(wordsOf(answer)).toBe('done: 2 records, 60 s or less for 24 h');
    expect(answer.evidence).toEqual({ records: 2, mostSeconds: 60, hoursAsked: 24, looks: 25, tooLong: [] });
  });
  it('a missed look or two is no gap', async () => {
    expect(await words([...hourly(25, 12), ...hourly(10, 2)])).toMatch(/^done/);
  });
  it('what was longer before that is over', async () => {
    expect(await words([look(27, { [API]: 300, [TASK]: 300 }), ...hourly(26)])).toMatch(/^done/);
  });
});

describe('too long', () => {
  const raised = { [API]: 300, [TASK]: 60 };
  it('names the record, its TTL and when it was last seen', async () => {
    const answer = await (await asked([...hourly(30, 11), look(10, raised), ...hourly(9)])).check(ttlLowered);
    expect(wordsOf(answer)).toBe(
      'notDone: api.example.com had a TTL of 300 s, last seen at 2026-11-22 17:00 UTC; short since 2026-11-22 18:00 UTC. Asked: 60 s or less for 24 h.',
    );
    expect(answer).toMatchObject({
      final: true,
      evidence: { tooLong: [{ name: 'api.example.com', ttlSeconds: 300, lastSeen: '2026-11-22 17:00 UTC' }] },
    });
  });
  it('in the last look before the time asked for: nobody saw it short at its beginning', async () => {
    expect(await words([look(24.5, raised), ...hourly(23)])).toContain(
      'had a TTL of 300 s, last seen at 2026-11-22 02:30',
    );
  });
  it('at the provider now, as the plan has just seen', async () => {
    const here = await asked(hourly(25));
    here.values.dns[1]!.oldTtl = 3600;
    expect(wordsOf(await here.check(ttlLowered))).toBe(
      'notDone: task.example.com has a TTL of 3600 s now. Asked: 60 s or less for 24 h.',
    );
  });
  it('is known although what came before it is not', async () => {
    expect(await words([look(3, raised), ...hourly(2)])).toContain('notDone: api.example.com had a TTL of 300 s');
  });
});

describe('not known', () => {
  it('before the first look', async () => {
    const answer = await (await asked(hourly(5))).check(ttlLowered);
    expect(wordsOf(answer)).toBe(
      'unknown: The TTLs: unknown before 2026-11-22 22:00 UTC. Asked: 60 s or less for 24 h.',
    );
    expect(answer).toMatchObject({ final: true });
  });
  it('without any look, or none of late', async () => {
    expect(await words([])).toContain('unknown before 2026-11-23 03:00 UTC');
    expect(await words(hourly(40, 3))).toContain('unknown before 2026-11-23 03:00 UTC');
  });
  it('before a gap', async () => {
    expect(await words([...hourly(30, 9), ...hourly(5)])).toContain('unknown before 2026-11-22 22:00 UTC');
  });
  it('of a record that is newer than the others', async () => {
    const young = hourly(30).map((one) => (one.at < NOW - 6 * HOUR ? { ...one, ttls: { [API]: 60 } } : one));
    expect(await words(young)).toBe(
      'unknown: task.example.com: unknown before 2026-11-22 21:00 UTC. Asked: 60 s or less for 24 h.',
    );
  });
  it('what was long before a gap says nothing of the time after it', async () => {
    expect(await words([look(100, { [API]: 300, [TASK]: 300 }), ...hourly(5)])).toMatch(/^unknown/);
  });
});
