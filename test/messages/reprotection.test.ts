/** What people read of a region that becomes a standby again: what is thrown away, and what was kept of it. */
import { expect, it } from 'vitest';
import type { Context, Evidence } from '../../src/machine/types.ts';
import { keptLines, reprotectMeaning, reprotectPlan } from '../../src/messages/reprotection.ts';
import { begun, lineText } from './scenes.ts';

const AT = Date.UTC(2026, 10, 23, 14, 30, 5);
const KEPT = {
  kept: '/data.kept/eden-2',
  files: 1,
  bytes: 16_777_216,
  forkLsn: '0/300A0E0',
  transactions: { count: 14, firstAt: AT, lastAt: AT + 1000 },
  tables: [{ table: 'tasks', key: ['id'], rows: 12, file: '/data.kept/eden-2/rows/tasks.csv' }],
  why: null,
};

/** A run whose steps have left this evidence. */
function after(evidence: Record<string, Evidence>, more: Partial<Context> = {}): Context {
  const { c } = begun();
  const of = Object.values(c.steps)[0]!;
  const steps = Object.fromEntries(Object.entries(evidence).map(([id, one]) => [id, { ...of, evidence: one }]));
  return { ...c, ...more, steps: { ...c.steps, ...steps } };
}
const read = (c: Context) => keptLines(c).map(lineText);

it('what only it had is counted, with the place of the log and of the keys, and no key', () => {
  expect(read(after({ 'keep-diverged': KEPT, 'make-standby': { kept: '/data.old', bytes: 40_000_000 } }))).toEqual([
    '12 rows of tasks and 14 transactions (14:30:05–14:30:06 UTC) only east has. Kept in east, 17 MB: `/data.kept/eden-2`',
    'Keys of the rows of tasks: `/data.kept/eden-2/rows/tasks.csv`',
    'Kept in east, 40 MB: `/data.old`',
    'Nothing of it is merged by itself: whoever needs it reads it there.',
  ]);
});

it('where nothing is counted the place alone is said, with the reason there is', () => {
  const why = 'there is no pg_waldump here';
  expect(read(after({ 'keep-diverged': { ...KEPT, transactions: null, tables: null, why } }))).toEqual([
    'Kept in east, 17 MB: `/data.kept/eden-2`',
    '‹Not all of it: there is no pg_waldump here.›',
    'Nothing of it is merged by itself: whoever needs it reads it there.',
  ]);
  expect(read(after({ 'keep-diverged': { kept: null } }))).toEqual([]);
});

it('a way that was asked for stands on the card that is approved', () => {
  const looked = { 'standby-look': { way: 'copy', why: 'it wrote on', divergedBytes: 4096, bytes: 1e6 } };
  const lines = reprotectMeaning(after(looked, { strategy: 'copy' })).map(lineText);
  expect(lines[0]).toBe('Asked for: strategy copy, for this run alone.');
  expect(lines[1]).toContain('gets a new copy of west');
  expect(reprotectMeaning(after(looked)).map(lineText)[0]).toBe(lines[1]);
  expect(reprotectPlan(after(looked, { strategy: 'copy' }))).toContain('Asked for: strategy copy, for this run alone');
  expect(reprotectPlan(after(looked)).join()).not.toContain('Asked for');
});
