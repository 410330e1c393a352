/** What is left of a lost region, in words: what was found, and how its recovery stands. */
import { describe, expect, it } from 'vitest';
import type { Found } from '../../src/machine/recovery.ts';
import { inRecovery, recoveryLine } from '../../src/messages/recovery.ts';
import { MESSAGES } from '../../src/messages/table.ts';
import type { NewEvent } from '../../src/runner/ledger.ts';
import { lost, withBound } from '../report/lost.ts';
import type { Story } from '../support/machine.ts';
import { lineText, read, sceneOf, text } from './scenes.ts';

const FILES = ['assessment.md', 'reconciliation.md'].map((name) => ({ name, file: `/e/${name}`, sha256: 'a' }));
const found = (one: Found | null): NewEvent => ({ type: 'ASSESSED', files: FILES, found: one });
const added = (what: string, more = {}): NewEvent => ({
  type: 'RECOVERY_ADDED',
  key: null,
  text: what,
  by: 'runner',
  owner: null,
  due: null,
  ...more,
});
const bounded = (told: Story): Story => ({ ...told, c: withBound(told.c) }) as Story;
const assessed = (one: Found | null): string[] => {
  const told = lost().take(found(one));
  return text(MESSAGES['assessment']!({ ...sceneOf(told), c: bounded(told).c }));
};

describe('what was lost', () => {
  it('before anybody has read the region: the bound, the files, and what would tell more', () => {
    expect(assessed(null)).toEqual([
      '❓ What was lost · us-east-1 → us-west-2 · novacron-1 · at most 3.5 s, 120 kB approved',
      'Which writes: not known. Nobody has read us-east-1 since; /dr reprotect us-east-1 keeps what only it holds, and counts it.',
      'All of it: `/e/assessment.md`',
      'To bring it together by hand: `/e/reconciliation.md`',
      'Nothing is merged automatically.',
    ]);
  });
  it('once it was read: how many, of which tables, and what is wanted', () => {
    const tables = [
      { table: 'public.tasks', rows: 30 },
      { table: 'public.quiet', rows: 0 },
      { table: 'public.users', rows: 1 },
    ];
    const lines = assessed({ run: 'novacron-2', transactions: 3, tables });
    expect(lines[0]).toMatch(/^⏸ What was lost/);
    expect(lines[1]).toBe(
      'Only in us-east-1, read by novacron-2: 3 transactions; rows by table: ‹public.tasks 30, public.users 1›.',
    );
    expect(lines.at(-1)).toBe('Wanted: an owner and a decision for each table, /dr recovery.');
  });
  it('what could not be counted is not nothing, and nothing is nothing', () => {
    expect(assessed({ run: 'novacron-2', transactions: null, tables: null })[1]).toBe(
      'Only in us-east-1, read by novacron-2: tables not compared.',
    );
    const none = assessed({ run: 'novacron-2', transactions: 0, tables: [] });
    expect(none.slice(0, 2)).toEqual([
      '✔ What was lost · us-east-1 → us-west-2 · novacron-1 · at most 3.5 s, 120 kB approved',
      'us-east-1 holds nothing that is missing here (novacron-2).',
    ]);
    expect(none).not.toContain('Wanted: an owner and a decision for each table, /dr recovery.');
  });
  it('a long list is cut, and says so', () => {
    const tables = Array.from({ length: 13 }, (_, n) => ({ table: `t${n}`, rows: 1 }));
    expect(assessed({ run: 'novacron-2', transactions: 13, tables })[1]).toMatch(/t9 1› and 3 more tables\.$/);
  });
});

describe('the plan', () => {
  const planned = () =>
    lost()
      .take(added('Read it'))
      .take(added('Order disks', { owner: 'aws-support', due: 0 }))
      .take(added('Go back', { owner: 'UBO', due: Date.UTC(2024, 0, 18) }));
  it('shows the damage and each item, overdue ones first in its title', () => {
    const lines = read('recovery', planned());
    expect(lines[0]).toBe('✖ Recovery of us-east-1 · us-east-1 → us-west-2 · novacron-1 · 3 of 3 open, 1 overdue');
    expect(lines.slice(-4)).toEqual([
      '· 1 ‹Read it›',
      '✖ 2 ‹Order disks› · ‹aws-support› · OVERDUE since 0 s',
      '· 3 ‹Go back› · @UBO · due 1705536000 s (in 57.5 h)',
      '[Done…] [Add…]',
    ]);
    expect(lines.some((line) => line.includes('Owed there'))).toBe(true);
  });
  it('who ticked off, when, and what they saw; Regent by its name', () => {
    const told = planned().take({ type: 'RECOVERY_DONE', item: 1, by: 'runner', why: 'eden-2 read it' });
    told.take({ type: 'RECOVERY_DONE', item: 2, by: 'UANA', why: null });
    const lines = read('recovery', told);
    expect(lines.filter((line) => line.startsWith('✔'))).toEqual([
      expect.stringMatching(/^✔ 1 ‹Read it› · Regent at \d+ s: ‹eden-2 read it›$/),
      expect.stringMatching(/^✔ 2 ‹Order disks› · ‹aws-support› · @UANA at \d+ s$/),
    ]);
    told.take({ type: 'RECOVERY_DONE', item: 3, by: 'UBO', why: null });
    expect(read('recovery', told)[0]).toBe('✔ Recovery of us-east-1 · us-east-1 → us-west-2 · novacron-1 · all 3 done');
    expect(read('recovery', told).at(-1)).not.toContain('[');
    expect(inRecovery([told.c])).toEqual([]);
  });
  it('is one line in every status, with what is next and when the region is back', () => {
    const told = planned().take({ type: 'RECOVERY_DONE', item: 2, by: 'UANA', why: null });
    told.take({ type: 'RECOVERY_RETURN', by: 'UBO', expected: told.at + 5 * 3_600_000 });
    expect(lineText(recoveryLine(told.c, told.at))).toMatch(
      /^Recovery of us-east-1 \(novacron-1\): 2 of 3 open, us-east-1 expected back \d+ s \(in 5 h\); next: ‹3 “Go back”› · @UBO · due 1705536000 s \(in 57\.5 h\)\. \/dr recovery lists it\.$/,
    );
    expect(lineText(recoveryLine(told.c, told.at + 9 * 3_600_000))).toContain('us-east-1 was expected back');
  });
});
