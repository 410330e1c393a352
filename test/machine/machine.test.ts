/** The lifecycle: which phase follows which, what is accepted where, and how a run ends. */
import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../src/runner/ledger.ts';
import { check, gate, plan, type Story, step, story } from '../support/machine.ts';

const CHECKED = check('checked', 'validating');
const SCALE = step('scale', 'preparing');
const FENCE = step('fence', 'promoting', { repeat: 'verifiable' });
const PROVEN = check('proven', 'promoting', { after: ['fence'], proves: true });
const PROMOTE = step('promote', 'promoting', { after: ['proven'], repeat: 'verifiable', noUndo: 'It has left recovery.' });
const DNS = step('dns', 'redirecting');
const NODES = [
  CHECKED,
  SCALE,
  gate('go', 'promoting', { after: ['checked'] }),
  gate('point', 'redirecting', { after: ['checked'] }),
  FENCE,
  PROVEN,
  PROMOTE,
  DNS,
];
const upToPromoting = (nodes = NODES): Story =>
  story().begin(nodes).found('checked').approve('go').approve('point').finish('scale');

describe('phases', () => {
  test('given a plan, when its nodes settle, then phases follow each other and empty ones are passed', () => {
    const run = story().request(NODES);
    expect([run.where, run.work]).toEqual(['validating', ['plan']]);
    run.planned(plan(NODES));
    expect([run.where, run.work]).toEqual(['validating', ['run:checked:1']]);
    run.found('checked');
    expect([run.where, run.work]).toEqual(['preparing', ['gate:go:1', 'gate:point:1', 'run:scale:1']]);
    run.approve('go').approve('point').finish('scale');
    expect([run.where, run.work]).toEqual(['promoting', ['run:fence:1']]);
    run.finish('fence').found('proven').finish('promote');
    expect([run.where, run.work]).toEqual(['redirecting', ['run:dns:1']]);
    run.finish('dns');
    expect([run.where, run.work, run.c.end, run.c.endedAt]).toEqual(['completed', [], 'completed', run.at]);
    expect(run.snapshot.hasTag('ended')).toBe(true);
  });

  test('a gate is asked early and needed late: its phase begins, and waits', () => {
    const run = story().begin(NODES).found('checked').open('go').finish('scale');
    expect([run.where, run.work]).toEqual(['promoting', ['gate:point:1']]);
    expect(run.can(run.intended('fence'))).toBe(false);
    run.decide('go', 'approved');
    expect(run.work).toContain('run:fence:1');
    // The gate of the next phase is owed only there.
    run.finish('fence').found('proven').finish('promote');
    expect([run.where, run.can(run.intended('dns'))]).toEqual(['redirecting', false]);
    run.approve('point').finish('dns');
    expect(run.where).toBe('completed');
  });

  test('a gate is not asked before what it rests on is settled', () => {
    const run = story().begin(NODES);
    expect(run.can(run.opened('go'))).toBe(false);
  });

  test('within a phase only `after` orders, and a step of another phase never starts', () => {
    const run = upToPromoting([...NODES, step('other', 'promoting')]);
    expect(run.work).toEqual(['run:fence:1', 'run:other:1']);
    expect(run.can(run.intended('promote'))).toBe(false);
    expect(run.can(run.intended('dns'))).toBe(false);
    run.intend('other').intend('fence');
    expect(run.work).toEqual(['settle run:fence:1', 'settle run:other:1']);
  });

  test('a re-opened gate stops its phase until it is approved again; what is in flight counts', () => {
    const run = upToPromoting().intend('fence').take({ type: 'GATE_REOPENED', gate: 'go', why: 'lag 9 s' });
    run.done('fence');
    expect([run.status('fence'), run.work]).toEqual(['done', ['gate:go:2']]);
    run.approve('go');
    expect(run.work).toEqual(['run:proven:1']);
    expect(run.c.gates['go']).toMatchObject({ round: 2, status: 'approved' });
  });
});

describe('intents and outcomes', () => {
  test('an intent names the next attempt and the current plan', () => {
    const run = story().begin(NODES).found('checked');
    expect(run.can({ ...run.intended('scale'), attempt: 2 } as NewEvent)).toBe(false);
    expect(run.can({ ...run.intended('scale'), hash: 'other' } as NewEvent)).toBe(false);
    expect(run.can(run.intended('nobody'))).toBe(false);
    run.intend('scale');
    expect(run.can(run.intended('scale'))).toBe(false);
  });

  test('the outcome of another attempt is accepted and changes nothing', () => {
    const run = story().begin(NODES).found('checked').intend('scale').notDone('scale', { again: true }).intend('scale');
    const before = run.c.steps;
    run.done('scale', 1).notDone('scale', { attempt: 1 }).unknown('scale', 1).done('scale', 3);
    expect(run.c.steps).toBe(before);
    expect([run.status('scale'), run.c.holds]).toEqual(['intended', []]);
    run.done('scale', 2);
    expect(run.status('scale')).toBe('done');
  });

  test('"not done, again" is due again at once; the third attempt is the third', () => {
    const run = story().begin(NODES).found('checked').intend('scale').notDone('scale', { again: true });
    expect(run.work).toContain('run:scale:2');
    run.intend('scale').notDone('scale', { again: true });
    expect(run.work).toContain('run:scale:3');
  });

  test('a check step that fails without an intent counts as tried, and holds', () => {
    const run = story().begin(NODES).notDone('checked', { attempt: 1 });
    expect(run.c.steps['checked']).toMatchObject({ status: 'notDone', attempt: 1 });
    expect(run.c.holds).toMatchObject([{ kind: 'step', ref: 'checked' }]);
    run.retry('checked');
    expect(run.work).toEqual(['run:checked:2']);
  });

  test('an effect nobody intended cannot be done', () => {
    const run = story().begin(NODES).found('checked').done('scale', 1);
    expect(run.status('scale')).toBe('none');
  });
});

describe('holds', () => {
  test('while anything holds nothing new starts, outcomes and votes count, and nothing is due but settling', () => {
    const run = story().begin(NODES).found('checked').open('go').intend('scale').pause();
    expect(run.snapshot.value).toMatchObject({ control: 'held' });
    expect(run.work).toEqual(['settle run:scale:1']);
    expect([run.can(run.intended('fence')), run.can(run.opened('point'))]).toEqual([false, false]);
    run.take(run.voted('go', 'UANA')).decide('go', 'approved').done('scale');
    expect([run.where, run.status('scale'), run.status('go')]).toEqual(['preparing', 'done', 'approved']);
    run.resume();
    expect([run.where, run.snapshot.value]).toMatchObject(['promoting', { control: 'running' }]);
  });

  test("resume lifts the person's hold only; retry the step's", () => {
    const run = story().begin(NODES).found('checked').intend('scale').pause().unknown('scale');
    expect(run.can({ type: 'PAUSED', by: 'UBEN', reason: null })).toBe(false);
    run.resume();
    expect(run.c.holds.map((hold) => hold.kind)).toEqual(['step']);
    expect(run.can({ type: 'RESUMED', by: 'UOPS' })).toBe(false);
    run.retry('scale');
    expect(run.c.holds).toEqual([]);
  });

  test('a denied gate holds and does not undo; asked again, it is the next round', () => {
    const run = story().begin(NODES).found('checked').finish('scale').open('go').decide('go', 'denied');
    expect([run.where, run.status('scale')]).toEqual(['promoting', 'done']);
    expect(run.c.holds).toMatchObject([{ kind: 'gate', ref: 'go', why: 'too late in the day' }]);
    expect(run.work).toEqual([]);
    run.take({ type: 'GATE_REOPENED', gate: 'go', why: 'it was denied' });
    expect([run.c.holds, run.work]).toEqual([[], ['gate:go:2', 'gate:point:1']]);
  });

  test('a retry of what is unknown only settles: nothing may be sent', () => {
    const run = upToPromoting().intend('fence').unknown('fence').retry('fence');
    expect([run.status('fence'), run.work]).toEqual(['intended', ['settle run:fence:1']]);
    expect(run.can(run.intended('fence'))).toBe(false);
  });

  test('a person marks what nobody can see; the rule that was overridden is kept', () => {
    const mark = (as: 'done' | 'notDone'): NewEvent => ({
      type: 'STEP_MARKED',
      step: 'fence',
      as,
      by: 'UOPS',
      reason: 'seen in the console',
    });
    const one = upToPromoting().intend('fence');
    expect(one.can(mark('done'))).toBe(false);
    one.unknown('fence').take(mark('done'));
    expect([one.status('fence'), one.c.holds, one.work]).toEqual(['done', [], ['run:proven:1']]);
    expect(one.c.overrides).toEqual([{ rule: 'mark fence done', by: 'UOPS', reason: 'seen in the console' }]);
    const other = upToPromoting().intend('fence').unknown('fence').take(mark('notDone'));
    expect(other.work).toEqual(['run:fence:2']);
  });

  test('what proves is never skipped; nor what may have taken the way back, unless it is proven not done', () => {
    const skip = (id: string): NewEvent => ({ type: 'STEP_SKIPPED', step: id, by: 'UOPS', reason: 'no time' });
    const run = upToPromoting().finish('fence').notDone('proven', { attempt: 1 });
    expect(run.can(skip('proven'))).toBe(false);
    run.retry('proven').found('proven').intend('promote').unknown('promote');
    expect(run.can(skip('promote'))).toBe(false);
    const scale = story().begin(NODES).found('checked').intend('scale');
    expect(scale.can(skip('scale'))).toBe(false);
    scale.unknown('scale').take(skip('scale'));
    expect([scale.where, scale.c.holds]).toEqual(['promoting', []]);
    expect(scale.c.overrides).toEqual([{ rule: 'skip scale', by: 'UOPS', reason: 'no time' }]);
  });

  test('a plan that cannot be made holds; a retry asks for it again and making it lifts the hold', () => {
    const run = story().request(NODES).take({ type: 'PLAN_UNKNOWN', why: 'no answer' });
    expect([run.work, run.c.holds.map((hold) => hold.ref)]).toEqual([[], ['plan']]);
    run.retry('plan');
    expect(run.work).toEqual(['plan']);
    run.take({ type: 'PLAN_UNKNOWN', why: 'no answer' }).planned(plan(NODES));
    expect([run.c.holds, run.work]).toEqual([[], ['run:checked:1']]);
    expect(run.can({ type: 'PLAN_UNKNOWN', why: 'late' })).toBe(false);
  });

  test('a replay that does not fit holds, and a person lifts it', () => {
    const run = story().begin(NODES).take({ type: 'REPLAY_HELD', why: 'event 7 is refused' });
    expect(run.work).toEqual([]);
    run.resume();
    expect(run.work).toEqual(['run:checked:1']);
  });
});

describe('going back', () => {
  const nodes = [step('a', 'preparing'), step('b', 'preparing'), step('c', 'preparing'), step('d', 'preparing')];

  test('an abort undoes everything attempted, unknown included, in the reverse order of first intents', () => {
    const run = story().begin(nodes);
    run.finish('b').intend('c').unknown('c').retry('c').notDone('c').retry('c').intend('a').intend('c').done('a');
    run.unknown('c').abort();
    expect([run.where, run.work]).toEqual(['rollingBack', ['undo:a:1']]);
    expect(run.can(run.undoing('c'))).toBe(false);
    run.undo('a');
    expect(run.work).toEqual(['undo:c:2']);
    run.undo('c', 'b');
    expect([run.where, run.c.end]).toEqual(['rolledBack', 'rolledBack']);
  });

  test('what is in flight settles first; its outcome is no reason to hold what goes back', () => {
    for (const outcome of ['notDone', 'unknown'] as const) {
      const run = story().begin(nodes).finish('a').intend('b').abort();
      expect(run.work).toEqual(['settle run:b:1']);
      expect(run.can(run.undoing('b'))).toBe(false);
      run[outcome]('b');
      expect([run.c.holds, run.work]).toEqual([[], ['undo:b:1']]);
      run.undo('b', 'a');
      expect(run.where).toBe('rolledBack');
    }
  });

  test('a check that was still asked when the abort came holds nothing either', () => {
    const run = story().begin([CHECKED, ...nodes, check('lag', 'preparing')]).found('checked').finish('a').abort();
    run.notDone('lag', { attempt: 1 });
    expect([run.c.holds, run.work]).toEqual([[], ['undo:a:1']]);
    run.undo('a').notDone('lag', { attempt: 2 });
    expect([run.where, run.c.holds]).toEqual(['rolledBack', []]);
  });

  test('half done counts as attempted; a toggle proven not done and what has no undo do not', () => {
    const run = story().begin([
      step('sets', 'preparing'),
      step('fences', 'preparing', { repeat: 'verifiable' }),
      step('toggles', 'preparing', { repeat: 'once' }),
      step('promotes', 'preparing', { repeat: 'verifiable', noUndo: 'no' }),
    ]);
    for (const id of ['sets', 'fences', 'toggles', 'promotes']) run.intend(id);
    for (const id of ['sets', 'fences', 'toggles', 'promotes']) run.notDone(id, { again: true });
    run.abort().undo('fences', 'sets');
    expect(run.where).toBe('rolledBack');
  });

  test('what was found done without us is not undone, and nothing attempted is an abort without an undo', () => {
    const run = story().begin(nodes).found('a').abort();
    expect([run.where, run.c.end]).toEqual(['aborted', 'aborted']);
    expect(story().request(nodes).abort().where).toBe('aborted');
  });

  test('a held undo is asked about again; every further call has an intent of its own', () => {
    const run = story().begin(nodes).finish('a').abort().take(run0('a'));
    run.take(run.undoing('a')).take({ type: 'UNDO_UNKNOWN', step: 'a', attempt: 1, why: 'no answer' });
    expect([run.status('a'), run.work, run.c.holds.length]).toEqual(['undoUnknown', [], 1]);
    run.retry('a');
    expect(run.work).toEqual(['settleUndo undo:a:1']);
    run.undo('a');
    expect(run.where).toBe('rolledBack');
  });
  const run0 = (id: string): NewEvent => ({ type: 'UNDO_INTENDED', step: id, attempt: 1, deadline: 9_000 });

  test('a pause stops an undo too: it is not taken up again before the pause is lifted', () => {
    const run = story().begin(nodes).finish('a').abort();
    run.take(run.undoing('a')).pause();
    expect([run.work, run.can(run.undoing('a'))]).toEqual([[], false]);
    run.resume();
    expect(run.work).toEqual(['settleUndo undo:a:1']);
  });

  test('the point of no return: from the intent on no abort, unless it is proven not done', () => {
    const ABORT: NewEvent = { type: 'ABORTED', by: 'UOPS', reason: 'no' };
    const run = upToPromoting().finish('fence').found('proven');
    expect(run.can(ABORT)).toBe(true);
    run.intend('promote');
    expect(run.can(ABORT)).toBe(false);
    run.unknown('promote');
    expect(run.can(ABORT)).toBe(false);
    run.retry('promote').notDone('promote');
    expect(run.can(ABORT)).toBe(true);
    run.retry('promote').finish('promote');
    expect(run.can(ABORT)).toBe(false);
    expect(upToPromoting().finish('fence').found('proven', 'promote').can(ABORT)).toBe(false);
  });

  test('onFailure: rollback goes back by itself, with no hold of its own', () => {
    const run = story().begin([step('a', 'preparing'), step('b', 'preparing', { after: ['a'], onFailure: 'rollback' })]);
    run.finish('a').intend('b').notDone('b', { again: true });
    expect(run.where).toBe('preparing');
    run.intend('b').notDone('b');
    expect([run.where, run.c.holds, run.work]).toEqual(['rollingBack', [], ['undo:b:2']]);
    run.undo('b', 'a');
    expect(run.c.end).toBe('rolledBack');
  });

  test('so does a check, which has no intent', () => {
    const run = story().begin([step('a', 'preparing'), check('b', 'preparing', { onFailure: 'rollback' })]);
    run.finish('a').notDone('b', { attempt: 1 });
    expect([run.where, run.work]).toEqual(['rollingBack', ['undo:a:1']]);
  });

  test('not past the point of no return, whichever step took it; and an unknown one holds', () => {
    const way = { repeat: 'verifiable', noUndo: 'no', onFailure: 'rollback' } as const;
    const two = story().begin([step('a', 'preparing', way), step('b', 'preparing', way)]).intend('a').intend('b');
    two.notDone('a');
    expect([two.where, two.c.holds.map((hold) => hold.ref)]).toEqual(['preparing', ['a']]);
    const one = story().begin([step('a', 'preparing', way)]).intend('a').unknown('a');
    expect([one.where, one.c.holds.length]).toEqual(['preparing', 1]);
    one.retry('a').notDone('a');
    expect(one.where).toBe('aborted' satisfies string === one.where ? 'aborted' : 'rolledBack');
  });
});

describe('mode switch and new plans', () => {
  const emergency = [CHECKED, gate('go', 'promoting', { after: ['checked'] }), FENCE, PROVEN, PROMOTE, DNS];

  test('plan dropped, gates fall, statuses stay, and the phases fall through what is settled', () => {
    const run = upToPromoting().finish('fence').later(60_000);
    const times = run.c.phases;
    run.switchMode('emergency', emergency);
    expect([run.where, run.work]).toEqual(['validating', ['plan']]);
    expect([run.status('go'), run.status('point'), run.status('fence')]).toEqual(['none', 'none', 'done']);
    expect(run.c.overrides).toEqual([{ rule: 'mode emergency', by: 'UOPS', reason: 'the wait for it' }]);
    expect([run.can(run.intended('promote')), run.can(run.opened('go'))]).toEqual([false, false]);
    run.planned(plan(emergency, 'emergency'));
    expect([run.where, run.work]).toEqual(['promoting', ['gate:go:2']]);
    expect(run.c.phases.validating).toMatchObject({ from: times.validating!.from, to: times.validating!.to });
    expect(run.c.phases.preparing?.to).toBe(times.preparing!.to);
    run.approve('go').found('proven').finish('promote', 'dns');
    expect(run.where).toBe('completed');
  });

  test('not to the mode it is in, not while anything is in flight, and a plan of the old mode is refused', () => {
    const event = (mode: 'planned' | 'emergency'): NewEvent => ({
      type: 'MODE_SWITCHED',
      mode,
      by: 'UOPS',
      gaveUp: '',
      nodes: emergency,
    });
    const run = upToPromoting();
    expect([run.can(event('planned')), run.can(event('emergency'))]).toEqual([false, true]);
    run.intend('fence');
    expect(run.can(event('emergency'))).toBe(false);
    run.done('fence').switchMode('emergency', emergency);
    expect(run.can({ type: 'PLANNED', plan: plan(NODES) })).toBe(false);
  });

  test('a denied gate does not outlive the switch', () => {
    const run = story().begin(NODES).found('checked').open('go').decide('go', 'denied');
    run.switchMode('emergency', emergency).planned(plan(emergency, 'emergency'));
    expect([run.c.holds, run.work]).toEqual([[], ['gate:go:2']]);
  });

  test('what the new nodes lack is still undone by an abort, before and after the new plan', () => {
    for (const again of [true, false]) {
      const run = upToPromoting().finish('fence').switchMode('emergency', emergency);
      if (again) run.planned(plan(emergency, 'emergency'));
      run.abort();
      expect(run.c.plan).not.toBeNull();
      expect(run.work).toEqual(['undo:fence:1']);
      run.undo('fence', 'scale');
      expect(run.where).toBe('rolledBack');
    }
  });

  test('and it is never run again, however it ended', () => {
    const run = story().begin(NODES).found('checked').intend('scale').notDone('scale', { again: true });
    run.switchMode('emergency', emergency).planned(plan(emergency, 'emergency'));
    expect(run.can(run.intended('scale'))).toBe(false);
    expect(run.work).toEqual(['gate:go:1']);
    // Back in a plan that has it, it is one of its steps again.
    run.switchMode('planned', NODES).planned(plan(NODES));
    expect([run.c.former, run.work]).toEqual([[], ['gate:go:1', 'gate:point:1', 'run:scale:2']]);
  });

  test('no way back is no way back, even when the new nodes lack the step', () => {
    const run = upToPromoting().finish('fence').found('proven').finish('promote');
    run.switchMode('emergency', [CHECKED]).planned(plan([CHECKED], 'emergency'));
    expect(run.where).toBe('completed');
    const other = upToPromoting().finish('fence').found('proven').finish('promote').switchMode('emergency', [CHECKED]);
    expect(other.can({ type: 'ABORTED', by: 'UOPS', reason: 'no' })).toBe(false);
  });

  test('the same plan again keeps approvals and holds; another lets both fall', () => {
    const run = upToPromoting().planned(plan(NODES));
    expect([run.where, run.status('go')]).toEqual(['promoting', 'approved']);
    const denied = story().begin(NODES).found('checked').open('go').open('point').decide('go', 'denied');
    denied.planned(plan(NODES));
    expect([denied.c.holds.length, denied.status('point')]).toEqual([1, 'open']);
    denied.planned(plan(NODES, 'planned', 'elsewhere'));
    expect([denied.c.holds, denied.status('go'), denied.status('point')]).toEqual([[], 'none', 'none']);
    expect(denied.work).toEqual(['gate:go:2', 'gate:point:2', 'run:scale:1']);
  });

  test('a phase is over when its work is, not when an abort or another plan leaves it', () => {
    const run = upToPromoting().finish('fence').planned(plan(NODES));
    expect(run.c.phases.promoting?.to).toBeNull();
    run.switchMode('emergency', emergency).abort();
    expect([run.c.phases.promoting?.to, run.c.phases.validating?.to]).toEqual([null, 3000]);
  });
});

describe('ends', () => {
  const TIDY = step('tidy', 'atEnd', { after: ['scale'] });
  const LAST = step('last', 'atEnd', { after: ['tidy'] });

  test('every end passes the steps that tidy up, whatever of the run was left out', () => {
    const nodes = [SCALE, TIDY, LAST];
    const completed = story().begin(nodes).finish('scale');
    expect([completed.where, completed.c.end, completed.c.endedAt]).toEqual(['finishing', 'completed', null]);
    expect(completed.work).toEqual(['run:tidy:1']);
    completed.finish('tidy', 'last');
    expect([completed.where, completed.c.endedAt]).toEqual(['completed', completed.at]);

    const rolledBack = story().begin(nodes).finish('scale').abort().undo('scale');
    expect(rolledBack.work).toEqual(['run:tidy:1']);
    expect(rolledBack.finish('tidy').found('last').where).toBe('rolledBack');

    const aborted = story().begin(nodes).abort();
    expect(aborted.work).toEqual(['run:tidy:1']);
    expect(aborted.finish('tidy', 'last').where).toBe('aborted');
  });

  test('without a plan nothing was begun: there is nothing to tidy up', () => {
    expect(story().request([SCALE, TIDY]).abort().where).toBe('aborted');
  });

  test('one that fails holds the end until it is retried or skipped', () => {
    const run = story().begin([TIDY]).intend('tidy').notDone('tidy');
    expect([run.where, run.work]).toEqual(['finishing', []]);
    run.retry('tidy').intend('tidy').unknown('tidy');
    run.take({ type: 'STEP_SKIPPED', step: 'tidy', by: 'UOPS', reason: 'by hand' });
    expect(run.where).toBe('completed');
  });

  test('people can take over at any time, and nothing starts any more', () => {
    const takeOver: NewEvent = { type: 'TAKEN_OVER', by: 'UOPS', reason: 'we know better' };
    const run = upToPromoting().intend('fence').pause().take(takeOver);
    expect([run.where, run.c.end, run.c.holds, run.c.endedAt]).toEqual(['takenOver', 'takenOver', [], run.at]);
    expect(run.work).toEqual(['settle run:fence:1']);
    expect(run.can(takeOver)).toBe(false);
    run.unknown('fence');
    expect([run.status('fence'), run.c.holds, run.work]).toEqual(['unknown', [], []]);
    const back = story().begin([SCALE]).finish('scale');
    expect(back.where).toBe('completed');
    const undoing = story().begin([SCALE, DNS]).finish('scale').abort();
    undoing.take(undoing.undoing('scale')).take(takeOver);
    expect(undoing.work).toEqual([]);
    undoing.take({ type: 'UNDO_UNKNOWN', step: 'scale', attempt: 1, why: 'no answer' });
    expect([undoing.status('scale'), undoing.c.holds]).toEqual(['undoUnknown', []]);
  });

  test('after the end notes and late outcomes are still written down, and nothing else', () => {
    const run = story().begin([SCALE]).finish('scale');
    const { end, endedAt, holds } = run.c;
    run.take({ type: 'NOTED', by: 'UOPS', text: 'all well' }).unknown('scale', 1).notDone('scale', { attempt: 2 });
    run.done('scale', 9).take({ type: 'RESTARTED', checking: [] });
    expect(run.c).toMatchObject({ end, endedAt, holds });
    const refused: NewEvent[] = [
      { type: 'PAUSED', by: 'UOPS', reason: null },
      { type: 'RESUMED', by: 'UOPS' },
      { type: 'ABORTED', by: 'UOPS', reason: 'no' },
      { type: 'REPLAY_HELD', why: 'no' },
      { type: 'STEP_RETRIED', step: 'scale', by: 'UOPS' },
      { type: 'MODE_SWITCHED', mode: 'emergency', by: 'UOPS', gaveUp: '', nodes: [] },
      { type: 'PLANNED', plan: plan([SCALE]) },
    ];
    for (const event of refused) expect([event.type, run.can(event)]).toEqual([event.type, false]);
  });
});

describe('what makes no sense is refused', () => {
  test('before a run has begun there is nothing but its request', () => {
    const run = story();
    const events: NewEvent[] = [
      { type: 'PLANNED', plan: plan([SCALE]) },
      { type: 'PLAN_UNKNOWN', why: '' },
      { type: 'NOTED', by: 'UOPS', text: '' },
      { type: 'RESTARTED', checking: [] },
      { type: 'REPLAY_HELD', why: '' },
      { type: 'PAUSED', by: 'UOPS', reason: null },
      { type: 'ABORTED', by: 'UOPS', reason: '' },
      { type: 'TAKEN_OVER', by: 'UOPS', reason: '' },
      { type: 'STEP_DONE', step: 'scale', attempt: 1, evidence: {}, summary: null },
      { type: 'STEP_UNKNOWN', step: 'scale', attempt: 1, evidence: {}, why: '' },
      run.intended('scale'),
    ];
    for (const event of events) expect([event.type, run.can(event)]).toEqual([event.type, false]);
  });

  test('a run is requested once', () => {
    const run = story().request(NODES);
    expect(run.can({ ...run.events[0] } as NewEvent)).toBe(false);
  });

  test('votes and decisions need an open gate of the current plan, and a person votes once', () => {
    const run = story().begin(NODES).found('checked');
    expect([run.can(run.voted('go', 'UANA')), run.can(run.decided('go', 'approved'))]).toEqual([false, false]);
    run.open('go').take(run.voted('go', 'UANA'));
    expect(run.can(run.voted('go', 'UANA', 'deny'))).toBe(false);
    expect(run.can(run.voted('go', 'UBEN'))).toBe(true);
    expect(run.can({ ...run.voted('go', 'UBEN'), hash: 'old' } as NewEvent)).toBe(false);
    expect(run.can({ ...run.decided('go', 'approved'), hash: 'old' } as NewEvent)).toBe(false);
    expect(run.can({ type: 'GATE_REOPENED', gate: 'go', why: '' })).toBe(false);
    run.decide('go', 'approved');
    expect([run.can(run.voted('go', 'UBEN')), run.can(run.decided('go', 'denied'))]).toEqual([false, false]);
    expect(run.can({ type: 'GATE_ESCALATED', gate: 'go', deadline: 1 })).toBe(false);
    expect(run.can(run.opened('go'))).toBe(false);
  });

  test('undoing belongs to going back, forward events do not', () => {
    const run = story().begin([SCALE, step('b', 'preparing')]).finish('scale');
    expect(run.can(run.undoing('scale'))).toBe(false);
    run.abort();
    expect(run.can({ ...run.undoing('scale'), attempt: 2 } as NewEvent)).toBe(false);
    const refused: NewEvent[] = [
      run.intended('b'),
      { type: 'STEP_ALREADY_DONE', step: 'b', evidence: {}, summary: null },
      { type: 'ABORTED', by: 'UOPS', reason: '' },
      { type: 'PLANNED', plan: plan([SCALE]) },
      { type: 'MODE_SWITCHED', mode: 'emergency', by: 'UOPS', gaveUp: '', nodes: [] },
      run.undoing('b'),
    ];
    for (const event of refused) expect([event.type, run.can(event)]).toEqual([event.type, false]);
  });

  test('retry, mark and skip need a held step', () => {
    const run = story().begin([SCALE]).intend('scale');
    const events: NewEvent[] = [
      { type: 'STEP_RETRIED', step: 'scale', by: 'UOPS' },
      { type: 'STEP_MARKED', step: 'scale', as: 'done', by: 'UOPS', reason: '' },
      { type: 'STEP_SKIPPED', step: 'scale', by: 'UOPS', reason: '' },
      { type: 'RESUMED', by: 'UOPS' },
      { type: 'PLANNED', plan: plan([SCALE]) },
    ];
    for (const event of events) expect([event.type, run.can(event)]).toEqual([event.type, false]);
  });
});
