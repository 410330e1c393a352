/** Looking back on overrides: by somebody who made none of them, once, after the end. */
import { describe, expect, it } from 'vitest';
import { bench, said } from './bench.ts';

type Here = Awaited<ReturnType<typeof bench>>;
/** Bo skips a step; then the run is taken over, and has ended. */
const overridden = async (): Promise<Here> => {
  const here = await bench();
  await here.asked();
  await here.append({
    type: 'STEP_INTENDED',
    step: 'scale-up-target',
    attempt: 1,
    hash: here.plan.hash,
    before: {},
    requires: {},
    deadline: 1,
  });
  const why = { step: 'scale-up-target', attempt: 1, why: 'no', evidence: {} };
  await here.append({ type: 'STEP_NOT_DONE', ...why, again: false });
  await here.type('UBO', 'skip scale-up-target reason:"by hand"');
  while (here.context().endedAt === null) await here.append({ type: 'TAKEN_OVER', by: 'UANA', reason: 'x' });
  return here;
};
const review = (here: Here, person: string, note = 'all well') =>
  here.submit(person, 'review', { run: 'eden-1' }, { note });

describe('reviewing', () => {
  it('is written down with who and what they found, once', async () => {
    const here = await overridden();
    expect(said(await here.type('UDEE', 'history'))).toContain(' · overrides not reviewed yet');
    expect(said(await review(here, 'UCY'))).toBe('The overrides of eden-1 are reviewed. It stands on its headline.');
    expect(here.context().reviewed).toMatchObject({ by: 'UCY', note: 'all well' });
    expect(said(await here.type('UDEE', 'history'))).not.toContain('not reviewed');
    expect(said(await review(here, 'UANA'))).toMatch(/^eden-1 was reviewed by UCY at \d+\.$/);
    expect((await here.events()).filter((type) => type === 'REVIEWED')).toHaveLength(1);
  });
  it('as a line', async () => {
    for (const line of ['review note:"all well"', 'review eden-1 note:"all well"']) {
      const here = await overridden();
      expect(said(await here.type('UCY', line))).toContain('are reviewed');
      expect(here.context().reviewed?.note).toBe('all well');
    }
  });
  it('redraws the last word and the headline', async () => {
    const here = await overridden();
    await review(here, 'UCY');
    const rows = (await here.journal.unsent()).filter(({ key }) =>
      key.startsWith(`eden-1:${here.ledger.all()[0]!.length}:`),
    );
    expect(rows.map(({ slot }) => slot)).toEqual(['headline', 'ended']);
  });
  it('nobody reviews their own, and who only reads reviews nothing', async () => {
    const here = await overridden();
    expect(said(await review(here, 'UBO'))).toBe(
      'You made an override of eden-1: somebody who made none reviews them.',
    );
    expect(said(await review(here, 'UDEE'))).toBe('Operators and approvers review, and you are neither.');
    expect(here.context().reviewed).toBeNull();
  });
  it('by button shows what was overridden and asks what was found', async () => {
    const here = await overridden();
    const reply = await here.press('UCY', 'review', { run: 'eden-1' });
    expect(said(reply)).toBe(
      '(form review)\nWhat people went past in eden-1:\n· skip scale-up-target by UBO, “by hand”',
    );
    expect(said(await review(here, 'UCY', ' '))).toContain('(at note) A review needs what you found');
    expect(here.context().reviewed).toBeNull();
  });
  it('says why there is nothing to review', async () => {
    const here = await bench();
    const none = 'No run waits for a review: every override of an ended run has been looked at.';
    expect(said(await here.type('UCY', 'review'))).toBe(none);
    await here.asked();
    expect(said(await here.type('UCY', 'review eden-1'))).toBe(
      'eden-1 is still under way: what was overridden is reviewed after its end.',
    );
    expect(said(await here.type('UCY', 'review eden-9'))).toBe('“eden-9” is not a run. See /dr history.');
    await here.type('UANA', 'abort reason:"x"');
    while (here.context().endedAt === null) await here.append({ type: 'TAKEN_OVER', by: 'UANA', reason: 'x' });
    expect(said(await here.type('UCY', 'review eden-1'))).toBe(
      'Nothing was overridden in eden-1: there is nothing to review.',
    );
    expect(said(await here.type('UCY', 'review'))).toBe(none);
  });
});
