/** Going past what the runner can know: mark, skip, takeover; and the history of it. */
import { describe, expect, it } from 'vitest';
import { step } from '../support/machine.ts';
import { bench, said } from './bench.ts';
import { upTo } from './up-to.ts';

/** Both gates approved, the source fenced; the promotion held: `unknown`, or surely not done. */
const heldAt = async (step: string, how: 'STEP_UNKNOWN' | 'STEP_NOT_DONE') => {
  const here = await bench();
  await here.asked();
  await upTo(here, step);
  const outcome = { step, attempt: 1, why: 'the answer was cut off', evidence: {} };
  if (step !== 'prove-fence')
    await here.append({
      type: 'STEP_INTENDED',
      step,
      attempt: 1,
      hash: here.plan.hash,
      before: {},
      requires: {},
      deadline: 1,
    });
  await here.append(how === 'STEP_UNKNOWN' ? { type: how, ...outcome } : { type: how, ...outcome, again: false });
  return here;
};

describe('marking', () => {
  it('by somebody who may decide the gate, with a reason, is an override', async () => {
    const here = await heldAt('promote-postgres', 'STEP_UNKNOWN');
    expect(said(await here.type('UBO', 'mark promote-postgres done reason:"psql says primary"'))).toContain(
      'Mark done',
    );
    expect(here.context().steps['promote-postgres']?.status).toBe('done');
    expect(here.context().holds).toEqual([]);
    expect(here.context().overrides).toEqual([
      { rule: 'mark promote-postgres done', by: 'UBO', reason: 'psql says primary' },
    ]);
  });
  it.each([
    ['UANA', 'mark promote-postgres done reason:"x"', 'you asked for it'],
    ['UDEE', 'mark promote-postgres done reason:"x"', 'Who can: SSRE'],
    ['UBO', 'mark promote-postgres done', 'It needs a reason'],
    ['UBO', 'mark promote-postgres maybe reason:"x"', 'Say done or not-done'],
    ['UBO', 'mark switch-dns done reason:"x"', '“switch-dns” is not held. Held: promote-postgres.'],
  ])('%s: %s is answered with %s', async (person, line, sentence) => {
    const here = await heldAt('promote-postgres', 'STEP_UNKNOWN');
    expect(said(await here.type(person, line))).toContain(sentence);
    expect(here.context().steps['promote-postgres']?.status).toBe('unknown');
  });
  it('not done: it is tried again, and the way back is open', async () => {
    const here = await heldAt('promote-postgres', 'STEP_UNKNOWN');
    await here.type('UBO', 'mark promote-postgres not-done reason:"still in recovery"');
    expect(here.context().steps['promote-postgres']?.status).toBe('notDone');
    expect(said(await here.type('UANA', 'abort reason:"enough"'))).toContain('is aborted');
  });
  it('a proof can be asked again, never marked or skipped', async () => {
    const here = await heldAt('prove-fence', 'STEP_NOT_DONE');
    expect(said(await here.type('UBO', 'mark prove-fence done reason:"x"'))).toContain('is a proof');
    expect(said(await here.type('UBO', 'skip prove-fence reason:"x"'))).toContain('cannot be skipped');
    expect(here.context().holds).toHaveLength(1);
  });
  it('by button asks for the reason first', async () => {
    const here = await heldAt('promote-postgres', 'STEP_UNKNOWN');
    const carried = { run: 'eden-1', step: 'promote-postgres', as: 'done' };
    const form = await here.press('UBO', 'mark:promote-postgres', carried);
    expect(form).toMatchObject({ kind: 'form', form: { id: 'mark', fields: [{ id: 'reason' }] } });
    await here.submit('UBO', 'mark', carried, { reason: 'seen it' });
    expect(here.context().steps['promote-postgres']?.status).toBe('done');
  });
});

describe('skipping', () => {
  it('goes on without a step that is not done', async () => {
    const here = await heldAt('promote-postgres', 'STEP_NOT_DONE');
    expect(said(await here.type('UBO', 'skip promote-postgres reason:"promoted by hand"'))).toContain('override');
    expect(here.context().steps['promote-postgres']?.status).toBe('skipped');
  });
  it('is refused for one that may have taken the way back', async () => {
    const here = await heldAt('promote-postgres', 'STEP_UNKNOWN');
    expect(said(await here.type('UBO', 'skip promote-postgres reason:"x"'))).toContain('mark it first');
  });
});

/** Where the runbook tidies up at the end: taken over again, it ends at once. */
const overAtOnce = async (here: Awaited<ReturnType<typeof bench>>) => {
  if (here.context().endedAt === null) await here.append({ type: 'TAKEN_OVER', by: 'UANA', reason: 'at once' });
};

/** A run whose runbook has something to tidy up, under way. */
const withTidying = async () => {
  const here = await bench();
  const tidy = step('lift', 'atEnd', { title: 'Lift the freeze' });
  await here.type('UANA', 'failover east reason:"maintenance"');
  const nodes = [...here.plan.nodes.filter((node) => node.phase !== 'atEnd'), tidy];
  await here.append({ type: 'PLANNED', plan: { ...here.plan, nodes } });
  return here;
};

it('a takeover lifts what was frozen first; asked for again it ends at once', async () => {
  const here = await withTidying();
  const dialog = async () => said(await here.press('UANA', 'takeover', { run: 'eden-1' }));
  expect(await dialog()).toContain(
    'Nothing is undone. Regent lifts what it froze (“Lift the freeze”), and does nothing more.',
  );
  expect(said(await here.type('UANA', 'takeover reason:"x"'))).toBe(
    'eden-1 is yours: Regent lifts what it froze, and does nothing more on it.',
  );
  expect(here.context()).toMatchObject({ end: 'takenOver', endedAt: null });
  expect(said(await here.type('UBO', 'approve'))).toBe(
    'eden-1 was taken over by hand: nothing is decided here any more.',
  );
  expect(said(await here.type('UANA', 'abort reason:"x"'))).toBe(
    'eden-1 is over and only tidies up: there is nothing left to abort.',
  );
  expect(await dialog()).toContain('eden-1 ends at once. Regent leaves undone: “Lift the freeze”.');
  expect(said(await here.type('UANA', 'takeover reason:"now"'))).toBe(
    'eden-1 is yours: Regent does nothing more on it.',
  );
  expect(here.context().endedAt).not.toBeNull();
});

it('a takeover ends the run for Regent, and history tells of it', async () => {
  const here = await heldAt('promote-postgres', 'STEP_UNKNOWN');
  expect(said(await here.type('UANA', 'takeover'))).toContain('needs a reason');
  const done = said(await here.type('UANA', 'takeover reason:"the DBA is on it"'));
  expect(done).toMatch(/^eden-1 is yours: Regent .*does nothing more on it\.$/);
  await overAtOnce(here);
  expect(here.context().end).toBe('takenOver');
  expect(said(await here.type('UDEE', 'history'))).toContain('takenOver');
});

it('without a run there is nothing to do', async () => {
  const here = await bench();
  expect(said(await here.type('UDEE', 'history'))).toBe('No run so far.');
  expect(said(await here.type('UBO', 'skip x reason:"y"'))).toBe('Nothing is being moved now.');
});
