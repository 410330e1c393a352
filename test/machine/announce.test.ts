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
  expect(slots(run().switchMode('emergency', NODES))).toEqual([
    'headline',
    'gate:go:1',
    'gate:point:1',
    'declared',
    'switched:7',
  ]);
  expect(slots(run().abort())).toEqual(['headline', 'gate:go:1', 'undo', 'ended']);
  expect(slots(run().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: '' }))).toEqual(['headline', 'gate:go:1', 'ended']);
});

test('Regent’s own question whether to go on as an emergency is one card, drawn anew when it is over', () => {
  const asked = () => story().begin(NODES).found('checked').take({ type: 'SWITCH_ASKED', why: 'time', asks: [] });
  expect(slots(asked())).toEqual(['headline', 'switch']);
  expect(slots(asked().open('go'))).not.toContain('switch');
  expect(slots(asked().abort())).toContain('switch');
  expect(slots(asked().switchMode('emergency', NODES))).toContain('switch');
  const promoted = asked().approve('go').approve('point').finish('scale', 'fence').found('proven').finish('promote');
  expect(slots(promoted)).toContain('switch');
});

test('a late outcome is told as such and redraws no phase', () => {
  const run = story().begin(NODES).found('checked').finish('scale').done('scale', 7);
  expect(slots(run)).toEqual(['headline', 'late:6']);
  expect(told(run).at(-1)![1]!.facts).toEqual({ step: 'scale', event: 'STEP_DONE' });
});

test('going back has one card', () => {
  const run = upToPromoting().intend('fence').abort();
  expect(slots(run)).toEqual(['headline', 'undo']);
  // What ends meanwhile is read where it ran, too.
  expect(slots(run.done('fence'))).toEqual(['headline', 'undo', 'phase:promoting']);
  expect(slots(run.undo('fence'))).toEqual(['headline', 'undo']);
  expect(slots(run.undo('scale'))).toEqual(['headline', 'undo', 'ended']);
});

test('the promotion is a milestone once, and only when it was one', () => {
  const count = (run: Story, name: string) => all(run).filter((one) => one.name === name).length;
  const run = upToPromoting().finish('fence').found('proven').finish('promote');
  expect([count(run, 'promoted'), slots(run)]).toEqual([1, ['headline', 'phase:promoting', 'promoted']]);
  run.switchMode('emergency', NODES).planned(plan(NODES, 'emergency')).found('checked').approve('go').approve('point');
  run.found('proven').finish('dns');
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

const FREEZING = [
  check('checked', 'validating'),
  step('freeze-changes', 'preparing'),
  step('move', 'promoting'),
  step('lift-freeze', 'atEnd'),
];
const freezing = (): Story => story().begin(FREEZING).found('checked');
const frozen = (): Story =>
  freezing()
    .intend('freeze-changes')
    .take({ type: 'STEP_DONE', step: 'freeze-changes', attempt: 1, evidence: {}, summary: 'both carry it' });
/** Where developers are told anything: the number of the event, and the messages. */
const toDevelopers = (run: Story): [number, string][] =>
  told(run).flatMap((list, index) =>
    list.flatMap(({ slot }): [number, string][] => (slot.startsWith('freeze') ? [[index + 1, slot]] : [])),
  );

test('developers are told of a freeze when it stands, and when it is lifted', () => {
  expect(toDevelopers(freezing().intend('freeze-changes'))).toEqual([]);
  expect(toDevelopers(frozen())).toEqual([[5, 'freeze']]);
  const run = frozen().finish('move', 'lift-freeze');
  expect(run.where).toBe('completed');
  expect(toDevelopers(run)).toEqual([
    [5, 'freeze'],
    [9, 'freeze'],
    [9, 'freezeLifted'],
  ]);
  expect(
    told(run)
      .at(-1)!
      .find(({ name }) => name === 'freezeLifted'),
  ).toEqual({
    slot: 'freezeLifted',
    name: 'freezeLifted',
    facts: {},
    broadcast: false,
  });
  expect(toDevelopers(run.take({ type: 'NOTED', by: 'UOPS', text: 'well' })).length).toBe(3);
});

test('a freeze found standing counts like one that was set; one lifted by a person or left to people, too', () => {
  const found = () => freezing().found('freeze-changes').finish('move');
  const names = (run: Story) => toDevelopers(run).map(([, slot]) => slot);
  expect(names(found().found('lift-freeze'))).toEqual(['freeze', 'freeze', 'freezeLifted']);
  const held = () => found().intend('lift-freeze').unknown('lift-freeze');
  expect(names(held())).toEqual(['freeze']);
  const by = { by: 'UOPS', reason: 'seen' };
  const marked = held().take({ type: 'STEP_MARKED', step: 'lift-freeze', as: 'done', ...by });
  expect(names(marked)).toEqual(['freeze', 'freeze', 'freezeLifted']);
  const notDone = found().intend('lift-freeze').notDone('lift-freeze');
  expect(names(notDone)).toEqual(['freeze']);
  const skipped = notDone.take({ type: 'STEP_SKIPPED', step: 'lift-freeze', ...by });
  expect(names(skipped)).toEqual(['freeze', 'freeze', 'freezeLifted']);
});

test('what is undone is lifted for developers only once every cluster was asked', () => {
  const back = frozen().abort().undo('freeze-changes');
  expect([back.where, toDevelopers(back)]).toEqual(['finishing', [[5, 'freeze']]]);
  expect(toDevelopers(back.found('lift-freeze')).slice(1)).toEqual([
    [9, 'freeze'],
    [9, 'freezeLifted'],
  ]);
  const marked = freezing()
    .intend('freeze-changes')
    .unknown('freeze-changes')
    .take({ type: 'STEP_MARKED', step: 'freeze-changes', as: 'done', by: 'UOPS', reason: 'seen' })
    .abort()
    .undo('freeze-changes')
    .found('lift-freeze');
  expect(toDevelopers(marked).map(([, slot]) => slot)).toEqual(['freeze', 'freeze', 'freezeLifted']);
});

test('developers who were never told of a freeze are not told of its end', () => {
  expect(toDevelopers(freezing().abort().found('lift-freeze'))).toEqual([]);
  const refused = () => freezing().intend('freeze-changes').notDone('freeze-changes');
  expect(toDevelopers(refused().abort().undo('freeze-changes').found('lift-freeze'))).toEqual([]);
  const skipped = refused().take({ type: 'STEP_SKIPPED', step: 'freeze-changes', by: 'UOPS', reason: 'theirs stands' });
  expect(toDevelopers(skipped.finish('move').found('lift-freeze'))).toEqual([]);
});

test('the cards of held rules are drawn anew when there are more or fewer of them', () => {
  const rules = ['one', 'two'].map((id) => check(id, 'validating', { rule: true }));
  const run = story()
    .begin([...rules, ...NODES])
    .notDone('one', { attempt: 1 });
  expect(slots(run)).toEqual(['headline', 'phase:validating', 'hold:1']);
  expect(slots(run.notDone('two', { attempt: 1 }))).toEqual(['headline', 'phase:validating', 'hold:2', 'hold:1']);
  expect(told(run).at(-1)!.at(-1)).toMatchObject({ facts: { n: 1, ref: 'one', why: 'not so', gone: false } });
  // Another hold is none of their business.
  expect(slots(run.notDone('checked', { attempt: 1 }))).toEqual(['headline', 'phase:validating', 'hold:3']);
  run.take({ type: 'STEP_SKIPPED', step: 'one', by: 'UOPS', reason: 'agreed' });
  expect(slots(run)).toEqual(['headline', 'phase:validating', 'hold:2', 'hold:1']);
});

test('a takeover that tidies up has its last word when that is over; a review redraws it', () => {
  const takeOver = { type: 'TAKEN_OVER', by: 'UOPS', reason: '' } as const;
  const run = story()
    .begin([...NODES, step('tidy', 'atEnd')])
    .found('checked')
    .open('go');
  expect(slots(run.take(takeOver))).toEqual(['headline', 'gate:go:1']);
  expect(slots(run.intend('tidy'))).toEqual(['headline', 'phase:atEnd']);
  expect(slots(run.done('tidy'))).toEqual(['headline', 'phase:atEnd', 'ended']);
  expect(all(run).filter(({ name }) => name === 'ended')).toEqual([expect.objectContaining({ broadcast: true })]);

  const skipped = story()
    .begin([step('scale', 'preparing')])
    .intend('scale')
    .notDone('scale');
  skipped.take({ type: 'STEP_SKIPPED', step: 'scale', by: 'UOPS', reason: '' });
  expect(slots(skipped.take({ type: 'REVIEWED', by: 'UBO', note: 'fine' }))).toEqual(['headline', 'ended']);
});

test('more time for a gate redraws its card', () => {
  const run = story().begin(NODES).found('checked').open('go');
  expect(slots(run.take({ type: 'GATE_EXTENDED', gate: 'go', deadline: 9e9, by: 'UOPS' }))).toEqual([
    'headline',
    'gate:go:1',
  ]);
});

test('stakeholders are told from when clients notice it, when it stops, and how it ended', () => {
  const nodes = [
    check('checked', 'validating'),
    step('stop', 'promoting', { clock: 'writes-stop' }),
    check('served', 'verifying', { clock: 'writes-serve' }),
  ];
  const run = story().begin(nodes).found('checked');
  const theirs = () => slots(run).filter((slot) => slot.startsWith('stakeholders'));
  expect(all(run).filter(({ slot }) => slot.startsWith('stakeholders'))).toEqual([]);
  run.intend('stop');
  expect(theirs()).toEqual(['stakeholders']);
  run.pause();
  expect(theirs()).toEqual(['stakeholders']);
  run.take({ type: 'NOTED', by: 'UOPS', text: 'hm' });
  expect(theirs()).toEqual([]);
  run.resume();
  run.done('stop');
  expect(theirs()).toEqual([]);
  run.found('served');
  expect(theirs()).toEqual(['stakeholders', 'stakeholdersEnd']);
});
