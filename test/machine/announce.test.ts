/** What people are told, by event: the slots, and that nothing is told twice. */
import { expect, test } from 'vitest';
import { announcementsOf } from '../../src/machine/announce.ts';
import { initial, next } from '../../src/machine/replay.ts';
import type { Announcement } from '../../src/machine/types.ts';
import { check, NODES, plan, type Story, step, story, upToPromoting } from '../support/machine.ts';

/** The announcements of every event of a run, in order. */
function told(run: Story): Announcement[][] {
  let snapshot = initial();
  return run.events.map((event, index) => {
    const after = next(snapshot, event);
    const list = announcementsOf(snapshot, after, event, index + 1);
    snapshot = after;
    return list;
  });
}
const slots = (run: Story) =>
  told(run)
    .at(-1)!
    .map(({ slot }) => slot);
const all = (run: Story) => told(run).flat();

test('every event makes the headline dirty, first of all', () => {
  const run = upToPromoting().finish('fence').pause().resume().abort().undo('fence', 'scale');
  for (const list of told(run)) expect(list[0]).toMatchObject({ slot: 'headline', broadcast: false });
});

test('slots of one event are told once', () => {
  const run = upToPromoting()
    .finish('fence')
    .pause()
    .planned(plan(NODES, 'planned', 'other'))
    .abort();
  for (const list of told(run)) expect(new Set(list.map(({ slot }) => slot)).size).toBe(list.length);
});

test('steps redraw their phase; a plan, a note and a restart have places of their own', () => {
  const run = story().begin(NODES);
  expect(slots(run)).toEqual(['headline', 'plan:2']);
  expect(slots(run.found('checked'))).toEqual(['headline', 'phase:validating']);
  expect(slots(run.intend('scale'))).toEqual(['headline', 'phase:preparing']);
  expect(slots(run.take({ type: 'NOTED', by: 'UOPS', text: 'hm' }))).toEqual(['headline', 'note:5']);
  expect(slots(run.take({ type: 'RESTARTED', checking: ['scale'] }))).toEqual(['headline', 'restarted:6']);
  expect(told(run).at(-1)![1]!.facts).toMatchObject({ checking: ['scale'] });
});

test('a gate has one card a round, told to everybody', () => {
  const run = story().begin(NODES).found('checked').open('go');
  expect(told(run).at(-1)).toContainEqual({
    slot: 'gate:go:1',
    name: 'gate',
    facts: { gate: 'go', round: 1 },
    broadcast: true,
  });
  expect(slots(run.take(run.voted('go', 'UANA')))).toEqual(['headline', 'gate:go:1']);
  const card = ['headline', 'gate:go:1', 'escalated:6'];
  expect(slots(run.take({ type: 'GATE_ESCALATED', gate: 'go', deadline: 9 }))).toEqual(card);
  expect(slots(run.decide('go', 'approved'))).toEqual(['headline', 'gate:go:1']);
  expect(slots(run.take({ type: 'GATE_REOPENED', gate: 'go', why: 'lag' }))).toEqual(['headline', 'gate:go:1']);
  expect(slots(run.open('go'))).toEqual(['headline', 'gate:go:2']);
});

test('a hold has a card, told when it comes and when it goes; a gate says it on its own', () => {
  const run = story().begin(NODES).found('checked').intend('scale').unknown('scale');
  expect(slots(run)).toEqual(['headline', 'phase:preparing', 'hold:1']);
  expect(told(run).at(-1)![2]).toMatchObject({ facts: { gone: false, kind: 'step', ref: 'scale' }, broadcast: true });
  expect(slots(run.retry('scale'))).toEqual(['headline', 'phase:preparing', 'hold:1']);
  expect(told(run).at(-1)![2]).toMatchObject({ facts: { gone: true, event: 'STEP_RETRIED', by: 'test' } });
  run.open('go').decide('go', 'denied');
  expect(slots(run)).toEqual(['headline', 'gate:go:1']);
});

test('lifting a hold moves the deadline an open card shows: the card is drawn anew', () => {
  const run = story().begin(NODES).found('checked').open('go').pause();
  expect(slots(run)).toEqual(['headline', 'hold:1']);
  expect(slots(run.resume())).toEqual(['headline', 'gate:go:1', 'hold:1']);
});

test('another plan, another mode and an end before its time redraw the cards that are void', () => {
  const run = () => story().begin(NODES).found('checked').open('go').approve('point');
  expect(slots(run().planned(plan(NODES)))).toEqual(['headline', 'plan:7']);
  expect(slots(run().planned(plan(NODES, 'planned', 'other')))).toEqual([
    'headline',
    'plan:7',
    'gate:go:1',
    'gate:point:1',
  ]);
  expect(slots(run().switchMode('emergency', NODES))).toEqual(['headline', 'gate:go:1', 'gate:point:1']);
  expect(slots(run().abort())).toEqual(['headline', 'gate:go:1', 'undo', 'ended']);
  expect(slots(run().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: '' }))).toEqual(['headline', 'gate:go:1', 'ended']);
});

test('a late outcome is told as such and redraws no phase', () => {
  const run = story().begin(NODES).found('checked').finish('scale').done('scale', 7);
  expect(slots(run)).toEqual(['headline', 'late:6']);
  expect(told(run).at(-1)![1]!.facts).toEqual({ step: 'scale', event: 'STEP_DONE' });
});

test('going back has one card', () => {
  const run = upToPromoting().intend('fence').abort();
  expect(slots(run)).toEqual(['headline', 'undo']);
  expect(slots(run.done('fence'))).toEqual(['headline', 'undo']);
  expect(slots(run.undo('fence'))).toEqual(['headline', 'undo']);
  expect(slots(run.undo('scale'))).toEqual(['headline', 'undo', 'ended']);
});

test('the promotion is a milestone once, and only when it was one', () => {
  const count = (run: Story, name: string) => all(run).filter((one) => one.name === name).length;
  const run = upToPromoting().finish('fence').found('proven').finish('promote');
  expect([count(run, 'promoted'), slots(run)]).toEqual([1, ['headline', 'phase:promoting', 'promoted']]);
  run.switchMode('emergency', NODES).planned(plan(NODES, 'emergency')).approve('go').approve('point').finish('dns');
  expect([run.where, count(run, 'promoted'), count(run, 'ended')]).toEqual(['completed', 1, 1]);
  run.take({ type: 'NOTED', by: 'UOPS', text: 'well' });
  expect(count(run, 'ended')).toBe(1);
  // Left without having promoted anything:
  expect(count(upToPromoting().finish('fence').abort(), 'promoted')).toBe(0);
  expect(count(upToPromoting().switchMode('emergency', NODES), 'promoted')).toBe(0);
  expect(count(upToPromoting().planned(plan(NODES)), 'promoted')).toBe(0);
  expect(count(upToPromoting().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: '' }), 'promoted')).toBe(0);
});

test('a run that never had anything to promote announces no promotion on its way through', () => {
  const run = story()
    .begin([check('a', 'validating'), step('b', 'closing')])
    .found('a');
  expect(run.where).toBe('closing');
  expect(all(run).filter((one) => one.name === 'promoted')).toEqual([]);
});
