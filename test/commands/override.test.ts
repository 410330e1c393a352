/** Going on without a house rule: by name, with a reason, one or all that are held. */
import { beforeEach, describe, expect, it } from 'vitest';
import { hashOf } from '../../src/lib/hash.ts';
import type { StepNode } from '../../src/machine/types.ts';
import { check } from '../support/machine.ts';
import { type Bench, bench, said } from './bench.ts';

const RULES: StepNode[] = [
  check('notice-given', 'validating', { rule: true, title: 'Give notice before leaving east' }),
  check('ttl-lowered', 'validating', { rule: true, title: 'Have short DNS TTLs beforehand' }),
];

let here: Bench;
/** Asked for by Ana, planned with two rules. */
beforeEach(async () => {
  here = await bench();
  await here.type('UANA', 'failover east reason:"maintenance"');
  const nodes = [...RULES, ...here.plan.nodes.filter(({ id }) => !RULES.some((rule) => rule.id === id))];
  await here.append({ type: 'PLANNED', plan: { ...here.plan, nodes, hash: hashOf(nodes) } });
});
const hold = async (...steps: string[]) => {
  for (const step of steps)
    await here.append({
      type: 'STEP_NOT_DONE',
      step,
      attempt: 1,
      why: `${step} is not so`,
      evidence: {},
      again: false,
    });
};
const holds = () => here.context().holds.map(({ ref }) => ref);
const skipped = () => RULES.filter(({ id }) => here.context().steps[id]?.status === 'skipped').map(({ id }) => id);

describe('as typed', () => {
  it('goes on without one rule; who asked for the run may say so', async () => {
    await hold('notice-given', 'ttl-lowered');
    expect(said(await here.type('UANA', 'override notice-given reason:"agreed with support"'))).toBe(
      'eden-1 goes on without “Give notice before leaving east”.\nYour name and the reason stay on the headline until somebody else has looked at it.',
    );
    expect([skipped(), holds()]).toEqual([['notice-given'], ['ttl-lowered']]);
    expect(here.context().overrides).toEqual([
      { rule: 'waive notice-given', by: 'UANA', reason: 'agreed with support' },
    ]);
  });
  it('goes on without all, in one append', async () => {
    await hold('notice-given', 'ttl-lowered');
    await here.type('UBO', 'override all reason:"cannot wait"');
    expect([skipped(), holds()]).toEqual([['notice-given', 'ttl-lowered'], []]);
    expect((await here.events()).slice(-2)).toEqual(['STEP_SKIPPED', 'STEP_SKIPPED']);
    expect(here.context().overrides.map(({ by }) => by)).toEqual(['UBO', 'UBO']);
  });
  it('a rule nobody has an answer about is gone on without too', async () => {
    await here.append({ type: 'STEP_UNKNOWN', step: 'ttl-lowered', attempt: 1, why: 'no answer', evidence: {} });
    await here.type('UANA', 'override ttl-lowered reason:"short for years"');
    expect(skipped()).toEqual(['ttl-lowered']);
  });
  it('all means the rules, never another step', async () => {
    await hold('notice-given', 'source-is-primary');
    await here.type('UANA', 'override all reason:"x"');
    expect([skipped(), holds()]).toEqual([['notice-given'], ['source-is-primary']]);
  });

  it.each([
    ['override notice-given', 'It needs a reason: /dr override notice-given reason:"…". Nothing was changed.'],
    ['override all', 'It needs a reason: /dr override all reason:"…"'],
    ['override reason:"x"', 'Say which rule: notice-given, ttl-lowered, or all. Like /dr override all reason:"…".'],
    ['override notice reason:"x"', '“notice” is no rule eden-1 is held at. Held: notice-given, ttl-lowered.'],
    ['override source-is-primary reason:"x"', '“source-is-primary” is no rule eden-1 is held at.'],
    ['override __proto__ reason:"x"', '“__proto__” is no rule'],
  ])('%s', async (line, sentence) => {
    await hold('notice-given', 'ttl-lowered');
    expect(said(await here.type('UANA', line))).toContain(sentence);
    expect(skipped()).toEqual([]);
    expect((await here.refused()).at(-1)).toMatchObject({ asked: line });
  });
  it('is for operators', async () => {
    await hold('notice-given');
    expect(said(await here.type('UDEE', 'override all reason:"x"'))).toContain('You cannot do this');
    expect(skipped()).toEqual([]);
  });
  it('nothing held at a rule', async () => {
    expect(said(await here.type('UANA', 'override all reason:"x"'))).toBe(
      'eden-1 is held at no house rule: there is nothing to go on without.',
    );
    await hold('source-is-primary');
    expect(said(await here.type('UANA', 'override all reason:"x"'))).toContain(
      'It is held at source-is-primary: /dr skip source-is-primary reason:"…" goes on without that.',
    );
  });
  it('after the end, or without a run', async () => {
    await hold('notice-given');
    await here.type('UANA', 'abort reason:"not today"');
    await here.finds('lift-freeze');
    expect(said(await here.press('UANA', 'override:all', { run: 'eden-1', step: 'all' }))).toContain('has ended');
    expect(said(await (await bench()).type('UANA', 'override all reason:"x"'))).toBe('Nothing is being moved now.');
  });
});

describe('by button', () => {
  it('asks why first, and shows what was found', async () => {
    await hold('notice-given', 'ttl-lowered');
    const form = await here.press('UANA', 'override:all', { run: 'eden-1', step: 'all' });
    expect(form).toMatchObject({
      kind: 'form',
      form: { id: 'override', title: 'Go on without all 2', fields: [{ id: 'reason' }] },
    });
    expect(said(form)).toContain('“Have short DNS TTLs beforehand”: ttl-lowered is not so');
    expect(skipped()).toEqual([]);
    const { meta } = (form as { form: { meta: string } }).form;
    expect(said(await here.submit('UANA', 'override', JSON.parse(meta), { reason: ' ' }))).toContain(
      '(at reason) It needs a reason',
    );
    await here.submit('UANA', 'override', JSON.parse(meta), { reason: 'agreed' });
    expect(skipped()).toEqual(['notice-given', 'ttl-lowered']);
  });
  it('one rule', async () => {
    await hold('notice-given', 'ttl-lowered');
    const carried = { run: 'eden-1', step: 'notice-given' };
    expect(await here.press('UANA', 'override:notice-given', carried)).toMatchObject({
      form: { title: 'Go on without it', meta: '{"run":"eden-1","steps":["notice-given"]}' },
    });
  });
  it('what came up after the dialog was opened is not gone on without', async () => {
    await hold('notice-given');
    const carried = { run: 'eden-1', steps: ['notice-given'] };
    await hold('ttl-lowered');
    await here.submit('UANA', 'override', carried, { reason: 'agreed' });
    expect(skipped()).toEqual(['notice-given']);
  });
  it('what somebody else has settled meanwhile is told', async () => {
    await hold('notice-given', 'ttl-lowered');
    await here.type('UBO', 'override notice-given reason:"x"');
    const carried = { run: 'eden-1', steps: ['notice-given'] };
    expect(said(await here.submit('UANA', 'override', carried, { reason: 'agreed' }))).toContain(
      '“notice-given” is no rule eden-1 is held at. Held: ttl-lowered.',
    );
    expect(here.context().overrides).toHaveLength(1);
  });
  it('acts once', async () => {
    await hold('notice-given');
    const carried = { run: 'eden-1', steps: ['notice-given'] };
    await here.submit('UANA', 'override', carried, { reason: 'agreed' }, 'same');
    await hold('ttl-lowered');
    expect(
      await here.submit('UANA', 'override', { ...carried, steps: ['ttl-lowered'] }, { reason: 'x' }, 'same'),
    ).toEqual({
      kind: 'none',
    });
    expect(skipped()).toEqual(['notice-given']);
  });
});
