/** What is left of a region that was lost: facts of the run past its end, the same after a replay. */
import { describe, expect, it } from 'vitest';
import { announcementsOf } from '../../src/machine/announce.ts';
import { openItems } from '../../src/machine/recovery.ts';
import { initial, next, replay } from '../../src/machine/replay.ts';
import type { NewEvent } from '../../src/runner/ledger.ts';
import { completed } from '../messages/emergency.ts';
import { lost } from '../report/lost.ts';
import { FENCE, SCALE, type Story, story } from '../support/machine.ts';

const added = (key: string | null, more = {}): NewEvent => ({
  type: 'RECOVERY_ADDED',
  key,
  text: `do ${key}`,
  by: 'runner',
  owner: null,
  due: null,
  ...more,
});
const files = [{ name: 'assessment.md', file: '/e/assessment.md', sha256: 'aa' }];
const assessed = (found: { run: string; transactions: number; tables: null } | null = null): NewEvent => ({
  type: 'ASSESSED',
  files,
  found,
});
const FOUND = { run: 'eden-2', transactions: 3, tables: null };
const done = (item: number): NewEvent => ({ type: 'RECOVERY_DONE', item, by: 'UBO', why: null });

describe('is of an emergency that has left a region, once it is over', () => {
  it('and of no other run', () => {
    expect(lost().can(added('look'))).toBe(true);
    for (const told of [
      story().begin([SCALE]).finish('scale'),
      story().begin([SCALE, FENCE]).finish('scale').abort().undo('scale'),
    ])
      expect([told.can(added('look')), told.can(assessed())]).toEqual([false, false]);
    const { at: _, actor: __, ...first } = lost().events[0]!;
    const drill = story().take({ ...first, runbook: 'drill' } as NewEvent);
    for (const { at: ___, actor: ____, ...event } of lost().events.slice(1)) drill.take(event as NewEvent);
    expect([drill.c.end, drill.can(added('look'))]).toEqual(['completed', false]);
    const under = lost();
    const half: Story = story();
    for (const { at: _, actor: __, ...event } of under.events.slice(0, -1)) half.take(event as NewEvent);
    expect([half.c.endedAt, half.can(added('look'))]).toEqual([null, false]);
  });
  it('one that people took over after the promotion too', () => {
    const half: Story = story();
    for (const { at: _, actor: __, ...event } of completed().events) {
      if (event.type === 'STEP_INTENDED' && 'step' in event && event.step === 'switch-dns') break;
      half.take(event as NewEvent);
    }
    half.take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'x' });
    expect([half.c.end, half.can(added('look'))]).toEqual(['takenOver', true]);
  });
});

describe('the plan', () => {
  it('counts its items, and has what Regent looks for once', () => {
    const told = lost().take(added('look')).take(added(null)).take(added(null));
    expect(told.c.recovery?.items.map(({ n, key }) => [n, key])).toEqual([
      [1, 'look'],
      [2, null],
      [3, null],
    ]);
    expect(told.can(added('look'))).toBe(false);
  });
  it('gives an item an owner and a day, each by itself, while it is open', () => {
    const told = lost().take(added('look'));
    told.take({ type: 'RECOVERY_SET', item: 1, by: 'UANA', owner: 'UBO' });
    told.take({ type: 'RECOVERY_SET', item: 1, by: 'UANA', due: 99 });
    expect(told.c.recovery?.items[0]).toMatchObject({ owner: 'UBO', due: 99 });
    told.take({ type: 'RECOVERY_SET', item: 1, by: 'UANA', owner: null });
    expect(told.c.recovery?.items[0]).toMatchObject({ owner: null, due: 99 });
    told.take(done(1));
    expect(told.can({ type: 'RECOVERY_SET', item: 1, by: 'UANA', due: 5 })).toBe(false);
  });
  it('is ticked off once, and can be opened again', () => {
    const told = lost().take(added('look')).take(added('standby'));
    told.take(done(1));
    expect(told.c.recovery?.items[0]?.done).toEqual({ by: 'UBO', at: told.at, why: null });
    expect([openItems(told.c).map(({ n }) => n), told.can(done(1)), told.can(done(3))]).toEqual([[2], false, false]);
    const again: NewEvent = { type: 'RECOVERY_REOPENED', item: 1, by: 'UBO', why: 'not really' };
    expect(told.take(again).c.recovery?.items[0]?.done).toBeNull();
    expect(told.can(again)).toBe(false);
  });
  it('says when the region is expected back, and that nobody knows any more', () => {
    const back = (expected: number | null): NewEvent => ({ type: 'RECOVERY_RETURN', by: 'UBO', expected });
    expect(lost().can(back(5))).toBe(false);
    const told = lost().take(added('look')).take(back(77));
    expect(told.c.recovery?.back).toEqual({ at: 77, by: 'UBO' });
    expect(told.take(back(null)).c.recovery).toMatchObject({ back: null, items: [{ n: 1 }] });
  });
});

describe('what was found', () => {
  it('is news only when it is something else', () => {
    const told = lost().take(assessed());
    expect(told.c.assessed).toEqual({ files, found: null, round: 1, at: told.at });
    expect(told.take(assessed()).c.assessed?.round).toBe(1);
    expect(told.take(assessed(FOUND)).c.assessed).toMatchObject({ found: FOUND, round: 2 });
  });
  it('is told each time it is news, and the plan in one message', () => {
    const told = lost().take(assessed()).take(added('look')).take(assessed(FOUND)).take(done(1));
    let snapshot = initial();
    const slots = told.events.map((event, index) => {
      const after = next(snapshot, event);
      const said = announcementsOf(snapshot, after, event, index + 1);
      snapshot = after;
      return said.map(({ slot }) => slot).filter((slot) => slot !== 'headline');
    });
    expect(slots.slice(-4)).toEqual([['assessment:1'], ['recovery'], ['assessment:2'], ['recovery']]);
  });
});

it('is the same after a replay', () => {
  const told = lost()
    .take(assessed(FOUND))
    .take(added('look'))
    .take(done(1))
    .take(added(null, { owner: 'UBO' }));
  const again = replay(told.events);
  expect(again.refused).toBeNull();
  expect(again.snapshot.context.recovery).toEqual(told.c.recovery);
  expect(again.snapshot.context.assessed).toEqual(told.c.assessed);
});
