/** State is never stored: it is what the events make of it, or the first one that does not fit. */
import { expect, test } from 'vitest';
import { initial, next, replay } from '../../src/machine/replay.ts';
import type { RunEvent } from '../../src/machine/types.ts';
import { upToPromoting } from '../support/machine.ts';

test('a replay is the live state, and does not touch what it is given', () => {
  const run = upToPromoting().finish('fence').abort().undo('fence', 'scale');
  const events = structuredClone(run.events);
  const { snapshot, refused } = replay(events);
  expect(refused).toBeNull();
  expect(snapshot.context).toEqual(run.c);
  expect(snapshot.value).toEqual(run.snapshot.value);
  expect(events).toEqual(run.events);
});

test('it stops at the first event it refuses and names it', () => {
  const { events } = upToPromoting().finish('fence');
  // Without the first gate's decision nothing of its phase may start.
  const odd = events.filter((event) => !(event.type === 'GATE_DECIDED' && event.gate === 'go'));
  const { snapshot, refused } = replay(odd);
  const index = odd.findIndex((event) => event.type === 'STEP_INTENDED' && event.step === 'fence');
  expect(refused).toEqual({ index, type: 'STEP_INTENDED' });
  expect(snapshot.context).toEqual(replay(odd.slice(0, index)).snapshot.context);
});

test('an event nobody knows is refused, not passed over', () => {
  const { events } = upToPromoting();
  const unknown = { type: 'MOON_LANDED', at: 1, actor: 'x' } as unknown as RunEvent;
  expect(replay([...events, unknown]).refused).toEqual({ index: events.length, type: 'MOON_LANDED' });
});

test('nothing was is the beginning', () => {
  expect(replay([]).snapshot.context).toEqual(initial().context);
});

test('a step forward leaves the state before it as it was', () => {
  const run = upToPromoting();
  const before = structuredClone(run.c);
  next(run.snapshot, { ...run.intended('fence'), at: 1, actor: 'x' } as RunEvent);
  expect(run.c).toEqual(before);
});
