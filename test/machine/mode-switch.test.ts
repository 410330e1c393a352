/** A planned run that goes on as an emergency: what stays, what is asked anew, what no longer holds, what is still undone. */
import { describe, expect, test } from 'vitest';
import { forceDue } from '../../src/machine/due.ts';
import { askedAgain, askedBy, gateState } from '../../src/machine/facts.ts';
import {
  CHECKED,
  check,
  DNS,
  FENCE,
  gate,
  NODES,
  PROMOTE,
  PROVEN,
  plan,
  requested,
  SCALE,
  step,
  story,
  switched,
  upToPromoting,
} from '../support/machine.ts';

/** Without scaling up, and without asking about DNS. */
const LOST = [CHECKED, gate('go', 'promoting', { after: ['checked'] }), FENCE, PROVEN, PROMOTE, DNS];
const OTHER = plan(LOST, 'emergency');

test('the plan is dropped, gates fall, what was done stays, and every question is asked anew', () => {
  const run = upToPromoting().finish('fence').found('proven').later(60_000);
  const { from } = run.c.phases.validating!;
  run.switchMode('emergency', LOST);
  expect([run.where, run.work, run.c.mode, run.c.runbook]).toEqual(['validating', ['plan'], 'emergency', 'emergency']);
  expect(['go', 'point', 'fence', 'checked', 'proven'].map(run.status)).toEqual([
    'none',
    'none',
    'done',
    'none',
    'none',
  ]);
  expect(run.c.overrides).toEqual([{ rule: 'mode emergency', by: 'UOPS', reason: 'the wait for it' }]);
  expect([run.can(run.intended('promote')), run.can(run.opened('go'))]).toEqual([false, false]);
  run.planned(OTHER);
  expect([run.where, run.work]).toEqual(['validating', ['run:checked:1']]);
  run.found('checked').approve('go');
  // The fence stands; that it holds is of another moment.
  expect([run.where, run.work]).toEqual(['promoting', ['run:proven:1']]);
  expect([run.can(run.intended('promote')), run.c.phases.validating?.from]).toEqual([false, from]);
  run.found('proven').finish('promote', 'dns');
  expect(run.where).toBe('completed');
});

test('only to an emergency, once, and only on the way forward; a plan of the old mode is refused from then on', () => {
  const run = upToPromoting();
  expect([run.can(switched(NODES, 'planned')), run.can(switched(LOST))]).toEqual([false, true]);
  expect(story().can(switched(LOST))).toBe(false);
  run.switchMode('emergency', LOST);
  expect([run.can({ type: 'PLANNED', plan: plan(NODES) }), run.can(switched(LOST))]).toEqual([false, false]);
  expect(run.can(switched(NODES, 'planned'))).toBe(false);
  expect(upToPromoting().abort().can(switched(LOST))).toBe(false);
  expect(story().begin([SCALE]).finish('scale').can(switched(LOST))).toBe(false);
});

describe('what is in flight', () => {
  test('is waited for before there is a new plan', () => {
    const run = upToPromoting().intend('fence').switchMode('emergency', LOST);
    expect(run.work).toEqual(['settle run:fence:1']);
    expect(run.can({ type: 'PLANNED', plan: OTHER })).toBe(false);
    expect(run.done('fence').work).toEqual(['plan']);
  });

  test('holds nothing up where the new plan does without it, and is undone all the same', () => {
    for (const answer of ['unknown', 'notDone'] as const) {
      const run = story().begin(NODES).found('checked').intend('scale').switchMode('emergency', LOST);
      run[answer]('scale');
      expect([run.c.holds, run.work]).toEqual([[], ['plan']]);
      expect(run.planned(OTHER).abort().work).toEqual(['undo:scale:1']);
    }
  });

  test('is no reason to go back once its plan was left, whatever its own says of failing', () => {
    const back = step('scale', 'preparing', { onFailure: 'rollback' });
    const run = story().begin([CHECKED, back]).found('checked').intend('scale').switchMode('emergency', LOST);
    expect(run.notDone('scale').where).toBe('validating');
  });

  test('holds where both plans have it: nobody knows whether it took', () => {
    const run = upToPromoting().intend('fence').switchMode('emergency', LOST).unknown('fence');
    expect([run.c.holds.map(({ ref }) => ref), run.work]).toEqual([['fence'], []]);
  });

  test('a question that is still out changes nothing when it comes back', () => {
    const run = upToPromoting().finish('fence');
    run.unknown('proven', 1).retry('proven').switchMode('emergency', LOST);
    run.planned(OTHER).unknown('proven', 1);
    expect([run.status('proven'), run.c.holds]).toEqual(['none', []]);
  });
});

describe('holds', () => {
  test('of what was sent and is in both plans stay; of questions, gates, other steps and the plan itself they vanish', () => {
    const nodes = [...NODES, step('own', 'preparing')];
    const run = story().begin(nodes).notDone('checked', { attempt: 1 });
    expect(run.switchMode('emergency', LOST).c.holds).toEqual([]);
    const two = story().begin(nodes).found('checked').intend('scale').intend('own').unknown('scale').unknown('own');
    two.switchMode('emergency', [...LOST, step('own', 'preparing')]);
    expect(two.c.holds.map(({ ref }) => ref)).toEqual(['own']);
    const denied = story().begin(NODES).found('checked').open('go').decide('go', 'denied');
    denied.switchMode('emergency', LOST).planned(OTHER).found('checked');
    expect([denied.c.holds, denied.work]).toEqual([[], ['gate:go:2']]);
    const unplanned = story().request(NODES).take({ type: 'PLAN_UNKNOWN', why: 'no answer' });
    expect(unplanned.switchMode('emergency', LOST).work).toEqual(['plan']);
  });

  test('of a person stay: who paused it wants to be asked', () => {
    const run = upToPromoting().pause().switchMode('emergency', LOST);
    expect([run.c.holds.map(({ kind }) => kind), run.work]).toEqual([['person'], []]);
    expect(run.resume().work).toEqual(['plan']);
  });
});

describe('what the new nodes lack', () => {
  test('is still undone by an abort, before and after the new plan', () => {
    for (const again of [true, false]) {
      const run = upToPromoting().finish('fence').switchMode('emergency', LOST);
      if (again) run.planned(OTHER);
      run.abort();
      expect(run.c.plan).not.toBeNull();
      expect(run.work).toEqual(['undo:fence:1']);
      run.undo('fence', 'scale');
      expect(run.where).toBe('rolledBack');
    }
  });

  test('is still known by its title where somebody went on without it', () => {
    const rule = check('notice', 'validating', { rule: true, title: 'Give notice' });
    const run = story()
      .begin([rule, ...NODES])
      .notDone('notice', { attempt: 1 });
    run.take({ type: 'STEP_SKIPPED', step: 'notice', by: 'UOPS', reason: 'agreed' }).switchMode('emergency', LOST);
    expect(run.c.former.map(({ title }) => title)).toEqual(['Give notice']);
    expect(run.planned(OTHER).abort().where).toBe('aborted');
  });

  test('is never run again, however it ended', () => {
    const run = story().begin(NODES).found('checked').intend('scale').notDone('scale', { again: true });
    run.switchMode('emergency', LOST).planned(OTHER).found('checked');
    expect(run.can(run.intended('scale'))).toBe(false);
    expect(run.work).toEqual(['gate:go:1']);
  });

  test('takes the way back with it all the same', () => {
    const run = upToPromoting().finish('fence').found('proven').finish('promote').switchMode('emergency', [CHECKED]);
    expect(run.can({ type: 'ABORTED', by: 'UOPS', reason: 'no' })).toBe(false);
    expect(run.planned(plan([CHECKED], 'emergency')).found('checked').where).toBe('completed');
  });

  test('but what tidies up is taken along', () => {
    const lift = step('lift', 'atEnd');
    const run = upToPromoting([...NODES, lift]).switchMode('emergency', [CHECKED, lift]);
    run.planned(plan([CHECKED, lift], 'emergency')).found('checked');
    expect([run.where, run.work]).toEqual(['finishing', ['run:lift:1']]);
  });
});

test('whoever wanted it is who it goes back to; where time did, it is still who asked for the run', () => {
  const run = upToPromoting();
  expect(askedBy(run.c)).toBe('UREQ');
  expect(askedBy(run.switchMode('emergency', LOST).c)).toBe('UOPS');
  expect(run.c.switched).toMatchObject({ by: 'UOPS', reason: 'it does not go on', voted: false });
  const byTime = upToPromoting().take({ ...switched(LOST), by: 'runner' } as ReturnType<typeof switched>);
  expect(askedBy(byTime.c)).toBe('UREQ');
});

test('a gate that was decided and is asked anew is named until it is', () => {
  const run = upToPromoting().take({ type: 'GATE_REOPENED', gate: 'go', why: 'lag: 9 s' });
  expect([askedAgain(run.c).map(({ id }) => id), gateState(run.c, 'go').reason]).toEqual([['go'], 'lag: 9 s']);
  expect(askedAgain(run.open('go').c)).toEqual([]);
  expect(askedAgain(story().begin(NODES).c)).toEqual([]);
});

describe('a planned run with a time box', () => {
  const boxed = () => story().take({ ...requested(NODES), forceAfterMs: 600_000 } as ReturnType<typeof requested>);

  test('is due for the question that long after it was asked for, held or not, once', () => {
    const run = boxed();
    expect(forceDue(run.snapshot)).toBe(run.c.requestedAt + 600_000);
    run.planned(plan(NODES)).pause();
    expect(forceDue(run.snapshot)).toBe(run.c.requestedAt + 600_000);
    run.take({ type: 'SWITCH_ASKED', why: 'time', asks: [] });
    expect([forceDue(run.snapshot), run.can({ type: 'SWITCH_ASKED', why: 'time', asks: [] })]).toEqual([null, false]);
  });

  test('not without one, not once it is promoted, an emergency, or going back', () => {
    expect(forceDue(story().begin(NODES).snapshot)).toBeNull();
    const there = boxed().planned(plan(NODES)).found('checked').approve('go').approve('point').finish('scale', 'fence');
    expect(forceDue(there.snapshot)).not.toBeNull();
    there.found('proven').finish('promote');
    expect([there.where, forceDue(there.snapshot)]).toEqual(['redirecting', null]);
    expect(forceDue(boxed().switchMode('emergency', LOST).snapshot)).toBeNull();
    expect(
      forceDue(
        boxed()
          .planned(plan([...NODES, check('late', 'closing')]))
          .abort().snapshot,
      ),
    ).toBeNull();
  });
});
