/** What was lost, out of what is written down; and the files that say it. */
import { describe, expect, it } from 'vitest';
import type { Context, Evidence } from '../../src/machine/types.ts';
import { assessmentOf, foundOf, type Known, unknownOf } from '../../src/report/assessment.ts';
import { assessmentFile } from '../../src/report/assessment-file.ts';
import { reconciliationFile } from '../../src/report/reconciliation-file.ts';
import { at } from '../messages/emergency.ts';
import { DIVERGED, home, later, lost, note, state, withBound } from './lost.ts';

const c = withBound(lost().c);
const known = (runs: Context[] = [], notes: Known['notes'] = []): Known => ({ runs: [c, ...runs], notes });
const reading = (evidence: Evidence | null, run = 'novacron-2', more = {}): Context =>
  later(run, c, { steps: { 'keep-diverged': state(evidence, more) } });
const rowOf = (file: string, start: string): string | undefined =>
  file.split('\n').find((line) => line.startsWith(`| ${start}`));

describe('before anybody has read the region', () => {
  const a = assessmentOf(c, known());
  it('is what was approved, measured and last seen', () => {
    expect(a).toMatchObject({
      failedAt: at('14:30:00'),
      approved: { seconds: 3.437, bytes: 119_952 },
      measured: { seconds: 3.437, bytes: 119_952 },
      heartbeatAt: at('14:29:56'),
      targetLsn: '0/3000000',
      sourceLsn: '0/3000400',
      sourceSeenAt: at('14:29:58'),
      found: null,
      returned: null,
    });
    expect(foundOf(a)).toBeNull();
    expect(unknownOf(a)).toEqual(['Which transactions: nobody has read us-east-1 since it was left.']);
  });
  it('names what is owed there, what was left out and by whom', () => {
    expect(a.damage).toEqual([
      'Postgres: us-east-1 does not answer.',
      'us-east-1 did not answer when it was left. Owed there: “Fence us-east-1, if anything of it answers”, “Cordon the nodes of us-east-1”.',
      'Left out: “Tag us-east-1 for review” by UBO, “no right there”.',
    ]);
  });
  it('stands in the file, with the bound', () => {
    const file = assessmentFile(a);
    expect(rowOf(file, 'Approved')).toBe('| Approved | at most 3.5 s, 120 kB of writes |');
    expect(rowOf(file, 'Log of us-east-1')).toBe(
      '| Log of us-east-1, last known | 0/3000400, seen at 2024-01-15 14:29:58.0 UTC |',
    );
    expect(file).toContain('Nothing is merged automatically.');
    expect(reconciliationFile(a, [])).toContain('1. Leave us-east-1 fenced');
  });
  it('where nothing was measured it says so, and takes the position the fence knew', () => {
    const { 'loss-measured': _, ...steps } = c.steps;
    const bare = assessmentOf({ ...c, steps, plan: null }, known());
    expect(bare).toMatchObject({ measured: null, approved: null, sourceLsn: '0/3000400' });
    const file = assessmentFile(bare);
    expect(rowOf(file, 'Approved')).toBe('| Approved | no bound |');
    expect(rowOf(file, 'Measured')).toBe('| Measured before the promotion | not known |');
    expect(unknownOf(bare)[0]).toBe('How much was lost at most: it could not be measured.');
  });
});

describe('backups', () => {
  const evidence = {
    source: 'pgbackrest, stanza eden',
    lastFullAt: at('03:10:00'),
    lastIncrementalAt: null,
    walToAt: at('14:31:00'),
    trouble: ['There is no incremental backup.'],
  };
  const steps = { ...c.steps, 'backups-usable': state(evidence) };
  it('are told against the outage, not against today', () => {
    const file = assessmentFile(assessmentOf({ ...c, steps }, known()));
    expect(rowOf(file, 'full')).toBe('| full backup | 2024-01-15 03:10:00.0 UTC | 11.3 h before it |');
    expect(rowOf(file, 'incremental')).toBe('| incremental backup | not known | not known |');
    expect(rowOf(file, 'transaction')).toBe('| transaction logs | 2024-01-15 14:31:00.0 UTC | 1 min after it |');
    expect(file).toContain('- There is no incremental backup.');
  });
});

describe('once the region could be read', () => {
  it('counts transactions and rows by table', () => {
    const a = assessmentOf(c, known([reading(DIVERGED)]));
    expect(foundOf(a)).toEqual({
      run: 'novacron-2',
      transactions: 3,
      tables: [
        { table: 'public.tasks', rows: 30 },
        { table: 'public.users', rows: 1 },
        { table: 'public.quiet', rows: 0 },
      ],
    });
    expect(unknownOf(a)).toEqual([]);
    const file = assessmentFile(a);
    expect(file).toContain('Found only in us-east-1: 3 transactions, 31 rows of 2 tables (novacron-2).');
    expect(file).toContain('Transactions: 3, from 2024-01-15 14:29:58.0 UTC to 2024-01-15 14:30:00.0 UTC.');
    expect(rowOf(file, '`public.tasks`')).toBe('| `public.tasks` | 30 |');
  });
  it('says where each table lies, who has it and what was decided', () => {
    const items = [
      { n: 7, key: 'table:public.tasks', text: '', owner: 'UBO', due: null, done: null, reopened: false },
      {
        n: 8,
        key: 'table:public.users',
        text: '',
        owner: null,
        due: null,
        done: { by: 'UCY', at: at('18:00:00'), why: 'ignored | a test' },
        reopened: false,
      },
    ];
    const file = reconciliationFile(assessmentOf(c, known([reading(DIVERGED)])), items);
    expect(rowOf(file, '`public.tasks`')).toBe(
      '| `public.tasks` | `id` | 30 | `/var/lib/kept/eden-5/tasks.csv` | UBO | open: item 7 |',
    );
    expect(rowOf(file, '`public.users`')).toBe(
      '| `public.users` | none | 1 | `/var/lib/kept/eden-5` in us-east-1 | nobody yet | ignored \\| a test, by UCY at 2024-01-15 18:00:00.0 UTC |',
    );
    expect(rowOf(file, '`public.quiet`')).toBeUndefined();
    expect(file).toContain('**Nothing is merged automatically.**');
  });
  it('says what could not be said, and why', () => {
    const a = assessmentOf(
      c,
      known([reading({ ...DIVERGED, transactions: null, tables: null, files: null, why: 'no pg_waldump there' })]),
    );
    expect(unknownOf(a)).toEqual([
      'How many transactions only us-east-1 holds: no pg_waldump there.',
      'Which rows of which tables: they were not compared: no pg_waldump there.',
    ]);
    expect(reconciliationFile(a, [])).toContain('Not compared: no pg_waldump there. It is compared by hand');
  });
  it('takes evidence of another shape for what it is: unknown', () => {
    const odd = { kept: '/kept', transactions: 'many', tables: [{ table: 7 }, null], bytes: -1, forkLsn: 4 };
    expect(assessmentOf(c, known([reading(odd)])).found).toEqual({
      run: 'novacron-2',
      kept: '/kept',
      files: null,
      bytes: null,
      forkLsn: null,
      transactions: null,
      tables: null,
      why: null,
    });
  });
  it('a region that can follow as it is holds nothing of its own', () => {
    const a = assessmentOf(c, known([reading({ kept: null })]));
    expect(foundOf(a)).toEqual({ run: 'novacron-2', transactions: 0, tables: [] });
    expect(assessmentFile(a)).toContain('Found: us-east-1 held nothing of its own (novacron-2).');
    expect(reconciliationFile(a, [])).toContain('Nothing: there is nothing to bring together.');
  });
  it('the newest reading that kept something counts; one that follows already has read nothing', () => {
    const first = reading(DIVERGED);
    const second = reading({ ...DIVERGED, forkLsn: '0/4' }, 'novacron-3');
    expect(assessmentOf(c, known([first, second])).found?.forkLsn).toBe('0/4');
    expect(assessmentOf(c, known([first, reading({ kept: null }, 'novacron-3')])).found?.run).toBe('novacron-2');
    expect(assessmentOf(c, known([reading({})])).found).toBeNull();
    expect(assessmentOf(c, known([reading(DIVERGED, 'novacron-2', { status: 'notDone' })])).found).toBeNull();
  });
  it('nothing of another region, nor of what happened after the system moved again', () => {
    const other = { ...reading(DIVERGED), source: 'eu-west-1' };
    expect(assessmentOf(c, known([other])).found).toBeNull();
    expect(assessmentOf(c, known([home('novacron-2', c), reading(DIVERGED, 'novacron-3')])).found).toBeNull();
  });
});

describe('a region that came back', () => {
  const zombie = (more: object) =>
    note('FENCE_ASSERTED', {
      run: c.run,
      seenAt: at('15:00:00'),
      fencedAt: at('15:00:01'),
      postgres: { writable: true },
      walBytes: 40_000,
      how: ['postgres 1 → 0'],
      trouble: [],
      ...more,
    });
  it('and took writes', () => {
    const file = assessmentFile(assessmentOf(c, known([], [zombie({ fencedAt: null }), zombie({})])));
    expect(file).toContain(
      '- us-east-1 answered at 2024-01-15 15:00:00.0 UTC and took writes until 2024-01-15 15:00:01.0 UTC; its log is 40 kB past where it was last seen.\n- Done there: postgres 1 → 0.',
    );
  });
  it('and did not, or nobody could tell; another run’s is not ours', () => {
    const said = (more: object) => assessmentFile(assessmentOf(c, known([], [zombie(more)])));
    expect(said({ postgres: { writable: false } })).toContain('15:00:00.0 UTC and refused writes.');
    expect(said({ postgres: null })).toContain('its Postgres had not answered by then.');
    expect(said({ run: 'novacron-9' })).toContain('has not come back, or came back fenced.');
  });
});

it('the same facts give the same text', () => {
  const told = () => assessmentFile(assessmentOf(c, known([reading(DIVERGED)])));
  expect(told()).toBe(told());
});
