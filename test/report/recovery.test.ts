/** The plan of recovery: made from what was seen, ticked off by what is seen. */
import { describe, expect, it } from 'vitest';
import type { RecoveryItem } from '../../src/machine/recovery.ts';
import type { Context } from '../../src/machine/types.ts';
import { assessmentOf, type Known } from '../../src/report/assessment.ts';
import { plannedItems, recoveryStanding, seenDone } from '../../src/report/recovery.ts';
import { at } from '../messages/emergency.ts';
import { DIVERGED, home, later, lost, note, state } from './lost.ts';

const c = lost().c;
const known = (runs: Context[] = [], notes: Known['notes'] = []): Known => ({ runs: [c, ...runs], notes });
const keys = (from: Context, seen: Known, isHome = true): string[] =>
  plannedItems(from, assessmentOf(from, seen), { home: isHome }).map(({ key }) => key);
const reading = (evidence = DIVERGED): Context => later('eden-2', c, { steps: { 'keep-diverged': state(evidence) } });

const item = (n: number, more: Partial<RecoveryItem> = {}): RecoveryItem => ({
  n,
  key: null,
  text: `thing ${n}`,
  owner: null,
  due: null,
  done: null,
  reopened: false,
  ...more,
});
const withItems = (items: RecoveryItem[]): Context => ({ ...c, recovery: { items, back: null } });

describe('what is planned', () => {
  it('is what the run left: owed, left out, unprotected, not home', () => {
    const planned = plannedItems(c, assessmentOf(c, known()), { home: true });
    expect(planned.map(({ key }) => key)).toEqual([
      'cause',
      'reach',
      'step:tag-source',
      'look',
      'standby',
      'backups',
      'fences',
      'home',
    ]);
    expect(planned.find(({ key }) => key === 'step:tag-source')?.text).toBe(
      'Do by hand what was left out: Tag us-east-1 for review',
    );
  });
  it('a table is a decision each; above eight they are one', () => {
    expect(keys(c, known([reading()])).filter((key) => key.startsWith('table'))).toEqual([
      'table:public.tasks',
      'table:public.users',
    ]);
    const tables = Array.from({ length: 11 }, (_, n) => ({ table: `t${n}`, key: [], rows: 1, file: null }));
    const many = plannedItems(c, assessmentOf(c, known([reading({ ...DIVERGED, tables })])), { home: true });
    expect(many.filter(({ key }) => key.startsWith('table'))).toHaveLength(9);
    expect(many.find(({ key }) => key === 'tables')?.text).toContain('3 more tables only in us-east-1');
  });
  it('rows that were not compared are compared by hand; where there are none, nothing is', () => {
    expect(keys(c, known([reading({ ...DIVERGED, tables: null })]))).toContain('compare');
    expect(keys(c, known([reading({ kept: null })]))).not.toContain('compare');
  });
  it('who does not belong there does not go back; who went on by hand closes what was opened', () => {
    expect(keys(c, known(), false)).not.toContain('home');
    expect(keys({ ...c, end: 'takenOver' }, known())).toContain('told');
  });
});

describe('what is seen to be done', () => {
  const seen = (key: string, ...[runs, notes]: Parameters<typeof known>) => {
    const from = withItems([item(1, { key })]);
    const all = known(runs, notes);
    return seenDone(from, assessmentOf(from, all), all)[0];
  };
  const lifted = (data: object) =>
    note('FENCE_LIFTED', { region: 'us-east-1', lifted: ['x'], kept: [], failed: [], ...data }, 'person:UBO');

  it('nothing, where nothing was seen', () => {
    for (const key of ['reach', 'look', 'standby', 'redis', 'fences', 'home', 'cause', 'table:x'])
      expect(seen(key), key).toBeUndefined();
  });
  it('a standby: by the run that made it one, or by watching', () => {
    const why = 'eden-2 completed: us-east-1 follows us-west-2';
    expect(seen('standby', [later('eden-2', c, {})])).toEqual({ item: 1, by: 'runner', why });
    expect(seen('standby', [later('eden-2', c, { end: 'aborted' })])).toBeUndefined();
    const note2 = note('PROTECTED', { run: c.run, standby: 'us-east-1' });
    expect(seen('standby', [], [note2])?.why).toBe('us-east-1 streams from us-west-2');
    expect(seen('standby', [], [note('PROTECTED', { run: c.run, standby: 'eu-west-1' })])).toBeUndefined();
    expect(seen('standby', [], [note('FENCE_SETTLED', { run: 'eden-9' })])).toBeUndefined();
  });
  it('the region read', () => {
    expect(seen('look', [reading()])?.why).toBe('eden-2 read it');
  });
  it('reached again, where its fence held and nothing there failed', () => {
    const back = (more: object) =>
      note('FENCE_ASSERTED', { run: c.run, seenAt: 5, fencedAt: 6, how: [], trouble: [], ...more });
    expect(seen('reach', [], [back({})])?.why).toBe('us-east-1 answered, and is fenced');
    expect(seen('reach', [], [back({ trouble: ['no'] })])).toBeUndefined();
    expect(seen('reach', [], [back({ fencedAt: null })])).toBeUndefined();
  });
  it('fences: lifted whole, by whoever did it, after the run', () => {
    expect(seen('fences', [], [lifted({})])).toEqual({ item: 1, by: 'UBO', why: 'all of it was lifted' });
    expect(seen('fences', [], [lifted({ failed: ['y'] })])).toBeUndefined();
    expect(seen('fences', [], [lifted({ kept: ['y'] })])).toBeUndefined();
    expect(seen('fences', [], [lifted({ region: 'us-west-2' })])).toBeUndefined();
    expect(seen('fences', [], [{ ...lifted({}), at: c.endedAt! - 1 }])).toBeUndefined();
  });
  it('home, and what a failback saw on its way', () => {
    const back = home('eden-2', c);
    expect(seen('home', [back])?.why).toBe('eden-2 completed');
    expect(seen('home', [{ ...back, end: 'rolledBack' }])).toBeUndefined();
    const looked = { ...back, end: null, nodes: c.nodes, steps: { 'no-stale-fence': state({}) } };
    const clear = { ...looked, nodes: [{ ...c.nodes[0]!, id: 'no-stale-fence' }] } as Context;
    expect(seen('fences', [clear])?.why).toBe('eden-2 found none left');
  });
  it('what is ticked off is not ticked off again', () => {
    const done = { by: 'UBO', at: 1, why: null };
    const from = withItems([item(1, { key: 'look', done })]);
    expect(seenDone(from, assessmentOf(from, known([reading()])), known([reading()]))).toEqual([]);
    const again = withItems([item(1, { key: 'look', reopened: true })]);
    expect(seenDone(again, assessmentOf(again, known([reading()])), known([reading()]))).toEqual([]);
  });
});

it('stands as what is open, what is overdue, and what is due first', () => {
  const now = at('18:00:00');
  const from = withItems([
    item(1, { done: { by: 'UBO', at: 1, why: null }, due: 1 }),
    item(2),
    item(3, { due: now + 5 }),
    item(4, { due: now - 5 }),
  ]);
  expect(recoveryStanding(from, now)).toMatchObject({ open: 3, all: 4, overdue: 1, next: { n: 4 } });
  expect(recoveryStanding(withItems([item(2), item(5)]), now).next?.n).toBe(2);
  expect(recoveryStanding(c, now)).toEqual({ open: 0, all: 0, overdue: 0, next: null });
});
