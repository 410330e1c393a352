/** What a program of the house says it has kept: taken as far as it makes sense, and put into one sentence. */
import { describe, expect, it } from 'vitest';
import { keptOf, onlyText, unlisted } from '../../src/policy/kept.ts';

const AT = Date.UTC(2026, 10, 23, 14, 30, 5, 400);
const report = {
  kept: '/data.kept/eden-2',
  files: 1,
  bytes: 4096,
  forkLsn: '0/300A0E0',
  transactions: { count: 14, firstAt: AT, lastAt: AT + 1000 },
  tables: [{ table: 'tasks', key: ['id'], rows: 12, file: '/data.kept/eden-2/rows/tasks.csv' }],
  why: null,
};

it('is taken as it was said, and nothing else with it', () => {
  expect(keptOf({ ...report, summary: 'x', exitStatus: 0 })).toEqual(report);
});

it('where it does not say where, nothing is kept', () => {
  expect(keptOf({})).toBeNull();
  expect(keptOf({ ...report, kept: '' })).toBeNull();
});

it('what makes no sense is not there', () => {
  const odd = {
    kept: '/k',
    files: 'two',
    bytes: -1,
    transactions: { count: 3, firstAt: 1e20, lastAt: 5 },
    tables: [
      { table: '*bold* <!channel>', rows: 1 },
      { table: 'tasks', rows: 'many' },
      null,
      { table: 'jobs', rows: 2 },
    ],
  };
  expect(keptOf(odd)).toEqual({
    kept: '/k',
    files: 0,
    bytes: 0,
    forkLsn: null,
    transactions: null,
    tables: [{ table: 'jobs', key: [], rows: 2, file: null }],
    why: null,
  });
});

describe('the sentence', () => {
  const says = (more: object) => onlyText(keptOf({ ...report, ...more })!, 'east');
  it('counts rows and transactions, with their time', () => {
    expect(says({})).toBe('12 rows of tasks and 14 transactions (14:30:05–14:30:06 UTC) only east has');
    expect(says({ transactions: { count: 1, firstAt: AT, lastAt: AT } })).toBe(
      '12 rows of tasks and 1 transaction (14:30:05 UTC) only east has',
    );
    expect(says({ transactions: { count: 2, firstAt: AT, lastAt: AT + 86_400_000 } })).toBe(
      '12 rows of tasks and 2 transactions (2026-11-23 14:30:05–2026-11-24 14:30:05 UTC) only east has',
    );
    expect(says({ transactions: { count: 0, firstAt: 0, lastAt: 0 } })).toBe(
      '12 rows of tasks and 0 transactions only east has',
    );
  });
  it('says what there is none of, and what nobody counted', () => {
    const tables = [
      { table: 'tasks', rows: 0 },
      { table: 'jobs', rows: 1 },
    ];
    expect(says({ tables, transactions: null })).toBe('1 row of jobs only east has');
    expect(says({ tables: tables.slice(0, 1), transactions: null })).toBe('no row of tasks only east has');
    expect(says({ tables: null, transactions: null })).toBe('what only east has is not counted');
  });
});

it('of the tables that were asked for some may not be listed', () => {
  const kept = keptOf(report)!;
  expect(unlisted(kept, ['tasks', 'jobs'])).toEqual(['jobs']);
  expect(unlisted({ ...kept, tables: null }, ['tasks'])).toEqual(['tasks']);
  expect(unlisted(kept, [])).toEqual([]);
});
