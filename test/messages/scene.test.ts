/** The small words every message is made of. */
import { describe, expect, it } from 'vitest';
import {
  abortButton,
  askedAt,
  button,
  isForward,
  isSettled,
  kindOf,
  listed,
  modeSign,
  noWayBack,
  openGates,
  progressOf,
  stepSign,
  who,
} from '../../src/messages/scene.ts';
import { asked, begun, fenced, lineText, plan, promoted, sceneOf } from './scenes.ts';

it('people and groups are mentioned, everything else is called by its name', () => {
  expect(['U1AB', 'user:U1', 'person:W9', 'group:S1', 'runner', 'user:ana'].map(who)).toEqual([
    { person: 'U1AB' },
    { person: 'U1' },
    { person: 'W9' },
    { group: 'S1' },
    'Regent',
    'ana',
  ]);
});

it('lists read as a sentence', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((items) => lineText(listed(items)))).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ]);
});

it('the mode has a sign and a word', () => {
  const { c } = begun();
  expect([modeSign(c), kindOf(c)]).toEqual(['🔶', 'planned switchover']);
  expect([modeSign({ ...c, mode: 'emergency' }), kindOf({ ...c, mode: 'emergency' })]).toEqual([
    '🔴',
    'emergency failover',
  ]);
});

it('each state of a step has its sign', () => {
  const sign = (status: string) => stepSign({ status } as never);
  expect(
    [
      'done',
      'alreadyDone',
      'undone',
      'intended',
      'undoIntended',
      'notDone',
      'unknown',
      'undoUnknown',
      'skipped',
      'none',
    ]
      .map(sign)
      .join(''),
  ).toBe('✔✔↩▶▶✖❓❓⏸·');
  expect([
    isSettled(undefined),
    isSettled({ status: 'skipped' } as never),
    isSettled({ status: 'unknown' } as never),
  ]).toEqual([false, true, false]);
});

it('progress counts a phase’s steps', () => {
  expect([progressOf(begun().c, 'promoting'), progressOf(fenced().c, 'promoting')]).toEqual(['0/8', '5/8']);
});

describe('a button', () => {
  it('carries the run and the revision it was pressed on, and is called after what it is about', () => {
    expect(button('approve', 'Approve', begun().c, { gate: 'promote', hash: plan.hash, round: 2 })).toEqual({
      id: 'approve:promote',
      label: 'Approve',
      value: JSON.stringify({ run: 'eden-1', gate: 'promote', hash: plan.hash, round: 2 }),
    });
    expect(button('pause', 'Pause', begun().c)).toMatchObject({ id: 'pause', value: '{"run":"eden-1"}' });
  });
  it('to abort is there while there is a way back, and only on the way', () => {
    expect(abortButton(sceneOf(begun())).map(({ label }) => label)).toEqual(['Abort…']);
    expect(abortButton(sceneOf(fenced())).map(({ label }) => label)).toEqual(['Abort and undo…']);
    expect(abortButton(sceneOf(promoted()))).toEqual([]);
    expect(abortButton(sceneOf(fenced().abort()))).toEqual([]);
    expect(noWayBack(sceneOf(fenced()))).toBeNull();
    expect(noWayBack(sceneOf(promoted()))).toContain('Abort is no longer possible: “Promote the standby Postgres”');
  });
});

describe('gates', () => {
  it('are owed only on the way', () => {
    expect(openGates(sceneOf(asked())).map(({ id }) => id)).toEqual(['promote', 'dns']);
    expect([isForward(sceneOf(asked())), isForward(sceneOf(asked().abort()))]).toEqual([true, false]);
    expect(openGates(sceneOf(asked().abort()))).toEqual([]);
  });
  it('ask more people once they were escalated', () => {
    const told = asked();
    const [gate] = openGates(sceneOf(told));
    expect(lineText(askedAt(told.c, gate!))).toBe('@SSRE');
    told.take({ type: 'GATE_ESCALATED', gate: 'promote', deadline: 9e6 });
    expect(lineText(askedAt(told.c, gate!))).toBe('@SSRE and @UBOSS');
  });
});
