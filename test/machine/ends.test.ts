/** How a run ends, and how it goes back or over to another mode before that. */
import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../src/runner/ledger.ts';
import {
  CHECKED,
  check,
  DNS,
  FENCE,
  NODES,
  PROMOTE,
  PROVEN,
  plan,
  SCALE,
  step,
  story,
  switched,
  upToPromoting,
} from '../support/machine.ts';

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
    const run = story()
      .begin([CHECKED, ...nodes, check('lag', 'preparing')])
      .found('checked')
      .finish('a')
      .abort();
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

  test('a record of ours is undone too, and nothing had been changed: that is an abort', () => {
    const back = (also: string[] = []) => {
      const run = story()
        .begin(nodes)
        .finish('a', ...also)
        .abort();
      for (const id of also) run.undo(id);
      run.take(run.undoing('a'));
      return run.take({ type: 'UNDO_DONE', step: 'a', attempt: 1, evidence: { untouched: true } });
    };
    expect(back().c.end).toBe('aborted');
    expect(back(['b']).c.end).toBe('rolledBack');
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
    const run = story().begin([
      step('a', 'preparing'),
      step('b', 'preparing', { after: ['a'], onFailure: 'rollback' }),
    ]);
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
    const two = story()
      .begin([step('a', 'preparing', way), step('b', 'preparing', way)])
      .intend('a')
      .intend('b');
    two.notDone('a');
    expect([two.where, two.c.holds.map((hold) => hold.ref)]).toEqual(['preparing', ['a']]);
    const one = story()
      .begin([step('a', 'preparing', way)])
      .intend('a')
      .unknown('a');
    expect([one.where, one.c.holds.length]).toEqual(['preparing', 1]);
    one.retry('a').notDone('a');
    expect(one.where).toBe('rolledBack');
  });
});

describe('another plan', () => {
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
    run.switchMode('emergency', [FENCE, PROVEN, PROMOTE]).abort();
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

    const rolledBack = story()
      .begin([...nodes, DNS])
      .finish('scale')
      .abort()
      .undo('scale');
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
    const undoing = story().begin([SCALE, DNS]).finish('scale').abort();
    undoing.take(undoing.undoing('scale')).take(takeOver);
    expect(undoing.work).toEqual([]);
    undoing.take({ type: 'UNDO_UNKNOWN', step: 'scale', attempt: 1, why: 'no answer' });
    expect([undoing.status('scale'), undoing.c.holds]).toEqual(['undoUnknown', []]);
  });

  test('a takeover tidies up too, and sends nothing else; asked for again it ends at once', () => {
    const takeOver: NewEvent = { type: 'TAKEN_OVER', by: 'UOPS', reason: 'we know better' };
    const nodes = [SCALE, step('other', 'preparing'), DNS, TIDY, LAST];
    const run = story().begin(nodes).finish('scale').intend('other').pause().take(takeOver);
    expect([run.where, run.c.end, run.c.endedAt, run.c.holds]).toEqual(['finishing', 'takenOver', null, []]);
    // What was in flight may still come, and a freeze that came late would outlast its lifting.
    expect([run.work, run.can(run.intended('tidy'))]).toEqual([['settle run:other:1'], false]);
    // It is theirs, whatever becomes of it: it holds nothing.
    run.unknown('other');
    expect([run.status('other'), run.c.holds, run.work]).toEqual(['unknown', [], ['run:tidy:1']]);
    expect(run.can(run.intended('dns'))).toBe(false);
    expect(run.can({ type: 'ABORTED', by: 'UOPS', reason: 'no' })).toBe(false);
    run.finish('tidy', 'last');
    expect([run.where, run.c.end, run.c.endedAt]).toEqual(['takenOver', 'takenOver', run.at]);

    const twice = story().begin(nodes).finish('scale').take(takeOver).intend('tidy').unknown('tidy');
    expect([twice.where, twice.c.holds.length, twice.work]).toEqual(['finishing', 1, []]);
    twice.take(takeOver);
    expect([twice.where, twice.c.endedAt, twice.c.holds, twice.work]).toEqual(['takenOver', twice.at, [], []]);
    expect(twice.can(takeOver)).toBe(false);
  });

  test('from within another end it is a takeover at once; before a plan there is nothing to tidy up', () => {
    const takeOver: NewEvent = { type: 'TAKEN_OVER', by: 'UOPS', reason: 'we know better' };
    const run = story().begin([SCALE, TIDY]).finish('scale');
    expect([run.where, run.c.end]).toEqual(['finishing', 'completed']);
    expect([run.take(takeOver).where, run.c.end]).toEqual(['takenOver', 'takenOver']);
    const undoing = story().begin([SCALE, DNS, TIDY]).finish('scale').abort().take(takeOver);
    expect([undoing.where, undoing.work]).toEqual(['finishing', ['run:tidy:1']]);
    expect(story().request([SCALE, TIDY]).take(takeOver).where).toBe('takenOver');
  });

  test('overrides are reviewed after the end, once, by somebody who made none of them', () => {
    const review = (by: string): NewEvent => ({ type: 'REVIEWED', by, note: 'fine' });
    const run = story().begin([SCALE, TIDY]).intend('scale').notDone('scale');
    run.take({ type: 'STEP_SKIPPED', step: 'scale', by: 'UOPS', reason: 'by hand' });
    expect([run.where, run.can(review('UBO'))]).toEqual(['finishing', false]);
    run.finish('tidy');
    expect([run.can(review('UOPS')), run.can(review('UBO'))]).toEqual([false, true]);
    run.take(review('UBO'));
    expect(run.c.reviewed).toEqual({ by: 'UBO', at: run.at, note: 'fine' });
    expect(run.can(review('UCY'))).toBe(false);
    expect(story().begin([SCALE]).finish('scale').can(review('UBO'))).toBe(false);
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
      switched([]),
      { type: 'PLANNED', plan: plan([SCALE]) },
    ];
    for (const event of refused) expect([event.type, run.can(event)]).toEqual([event.type, false]);
  });
});

test('the outage is over when nothing that stopped a writer stands any more', () => {
  const stops = { clock: 'writes-stop' as const };
  const run = story().begin([step('a', 'preparing', stops), step('b', 'preparing', stops), step('c', 'preparing')]);
  run.finish('a', 'b').intend('c').unknown('c').abort();
  const { from } = run.c.outage;
  expect(from).not.toBeNull();
  run.undo('c', 'b');
  expect(run.c.outage).toEqual({ from, to: null });
  run.undo('a');
  expect(run.c.outage.to).toBe(run.c.steps['a']?.endedAt);
});

describe('a watch that the next run ends', () => {
  const cut = {
    type: 'WATCH_ENDED',
    step: 'watch',
    by: 'UOPS',
    why: 'west is lost',
    next: 'eden-2',
    lost: 'west',
  } as const;
  const look: NewEvent = { type: 'WATCH_SEEN', step: 'watch', until: 9e6, findings: [], streams: null, unread: [] };
  const nodes = [
    step('a', 'preparing'),
    check('watch', 'closing'),
    step('other', 'closing'),
    step('later', 'closing', { after: ['watch'] }),
    step('lift', 'atEnd'),
  ];

  test('only where it stands: not before the first look, nor of another step, nor after it is over', () => {
    const run = story().begin(nodes).finish('a');
    expect([run.where, run.can(cut)]).toEqual(['closing', false]);
    run.take(look);
    expect([run.can(cut), run.can({ ...cut, step: 'other' })]).toEqual([true, false]);
    run.found('watch');
    expect(run.can(cut)).toBe(false);
  });

  test('completes it as it stands: what is in flight is settled, what was not begun is left, and it is tidied up', () => {
    const run = story().begin(nodes).finish('a').take(look).intend('other');
    run.take({ type: 'PAUSED', by: 'UOPS', reason: null }).take(cut);
    expect([run.where, run.c.end, run.c.holds]).toEqual(['finishing', 'completed', []]);
    expect(run.c.phases.closing!.to).not.toBeNull();
    expect(run.work).toEqual(['settle run:other:1']);
    run.done('other');
    expect(run.work).toEqual(['run:lift:1']);
    run.finish('lift');
    expect([run.where, run.c.steps['later']]).toEqual(['completed', undefined]);
  });
});
