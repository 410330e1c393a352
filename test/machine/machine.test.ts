/** The lifecycle: which phase follows which, what holds it, and what is refused where. How a run ends: ends.test.ts. */
import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../src/runner/ledger.ts';
import { NODES, plan, SCALE, step, story, switched, upToPromoting } from '../support/machine.ts';

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

  test('how long a person gave it stands until there is an outcome', () => {
    const within = (run: ReturnType<typeof story>, ms: number) =>
      run.take({ type: 'STEP_RETRIED', step: 'scale', by: 'UOPS', within: ms });
    const run = story().begin([SCALE]).intend('scale').unknown('scale');
    expect([within(run, 0).c.steps['scale']?.within, run.work]).toEqual([0, ['settle run:scale:1']]);
    expect(run.unknown('scale').c.steps['scale']?.within).toBeNull();
    expect(within(run, 300_000).notDone('scale').c.steps['scale']?.within).toBeNull();
    expect([within(run, 0).c.steps['scale']?.within, run.work]).toEqual([0, ['run:scale:2']]);
    expect(run.intend('scale').c.steps['scale']?.within).toBeNull();
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

  test('more time needs an open gate and a later deadline, twelve times a question', () => {
    const run = story().begin(NODES).found('checked');
    const more = (deadline: number): NewEvent => ({ type: 'GATE_EXTENDED', gate: 'go', deadline, by: 'UOPS' });
    expect(run.can(more(9e9))).toBe(false);
    run.open('go');
    const { deadline } = run.c.gates['go']!;
    expect([run.can(more(deadline!)), run.can(more(deadline! + 1))]).toEqual([false, true]);
    for (let n = 1; n <= 12; n += 1) run.take(more(deadline! + n));
    expect([run.c.gates['go']?.deadline, run.can(more(9e9))]).toEqual([deadline! + 12, false]);
    run.decide('go', 'denied').take({ type: 'GATE_REOPENED', gate: 'go', why: 'asked again' }).open('go');
    expect([run.c.gates['go']?.extended, run.can(more(9e9))]).toEqual([0, true]);
  });

  test('undoing belongs to going back, forward events do not', () => {
    const run = story()
      .begin([SCALE, step('b', 'preparing')])
      .finish('scale');
    expect(run.can(run.undoing('scale'))).toBe(false);
    run.abort();
    expect(run.can({ ...run.undoing('scale'), attempt: 2 } as NewEvent)).toBe(false);
    const refused: NewEvent[] = [
      run.intended('b'),
      { type: 'STEP_ALREADY_DONE', step: 'b', evidence: {}, summary: null },
      { type: 'ABORTED', by: 'UOPS', reason: '' },
      { type: 'PLANNED', plan: plan([SCALE]) },
      switched([]),
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
