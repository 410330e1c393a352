/** What is due is a question of the state alone: a restart and a normal turn get the same answer. */
import { expect, test } from 'vitest';
import { due, gateDeadlines, workKey } from '../../src/machine/due.ts';
import { replay } from '../../src/machine/replay.ts';
import { NODES, story, upToPromoting } from '../support/machine.ts';

test('after every event a replay finds the same work', () => {
  const run = upToPromoting().finish('fence').found('proven').intend('promote').unknown('promote').pause().resume();
  run.retry('promote').done('promote').finish('dns');
  run.events.forEach((_, index) => {
    const { snapshot, refused } = replay(structuredClone(run.events.slice(0, index + 1)));
    expect(refused).toBeNull();
    expect(due(snapshot)).toEqual(due(replay(run.events.slice(0, index + 1)).snapshot));
  });
});

test('settling and running, undoing and taking it up again are the same piece of work', () => {
  const keys = (['run', 'settle', 'undo', 'settleUndo'] as const).map((kind) =>
    workKey({ do: kind, step: 'fence', attempt: 2 }),
  );
  expect(keys).toEqual(['run:fence:2', 'run:fence:2', 'undo:fence:2', 'undo:fence:2']);
  expect([workKey({ do: 'plan' }), workKey({ do: 'openGate', gate: 'go', round: 3 })]).toEqual(['plan', 'gate:go:3']);
});

test('gates run out only while nothing holds and the run goes on', () => {
  const run = story().begin(NODES).found('checked').open('go');
  const [open] = gateDeadlines(run.c);
  expect(open).toEqual({ gate: 'go', at: run.at + 300_000 });
  run.pause();
  expect(gateDeadlines(run.c)).toEqual([]);
  run.later(100_000).resume();
  // Paused at +1 s, resumed 101 s later: the people asked have lost nothing.
  expect(gateDeadlines(run.c)).toEqual([{ gate: 'go', at: open!.at + 101_000 }]);
  run.take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'no' });
  expect(gateDeadlines(run.c)).toEqual([]);
});

test('deadlines move once, by the whole time anything held', () => {
  const run = story().begin(NODES).found('checked').open('go').intend('scale');
  const before = gateDeadlines(run.c)[0]!.at;
  run.pause().later(10_000).unknown('scale').later(10_000).resume().later(10_000).retry('scale');
  expect(gateDeadlines(run.c)[0]!.at - before).toBe(33_000);
  expect(run.c.heldSince).toBeNull();
});

test('an escalated gate has its new deadline', () => {
  const run = story().begin(NODES).found('checked').open('go');
  run.take({ type: 'GATE_ESCALATED', gate: 'go', deadline: 77_000 });
  expect(gateDeadlines(run.c)).toEqual([{ gate: 'go', at: 77_000 }]);
  expect(run.c.gates['go']?.escalated).toBe(true);
});

test('a run that was not requested has nothing due', () => {
  expect(story().due).toEqual([]);
});
