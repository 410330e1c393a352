/** The card of a house rule that is not met: what was found, and going on without it, alone or together with the others. */
import { describe, expect, it } from 'vitest';
import { hashOf } from '../../src/lib/hash.ts';
import type { Plan } from '../../src/machine/types.ts';
import { check, type Story } from '../support/machine.ts';
import { begun, lineText, message, plan, read } from './scenes.ts';

const ROUTE = 'east → west · eden-1';
const RULES = [
  check('notice-given', 'validating', { rule: true, title: 'Give notice before leaving east' }),
  check('ttl-lowered', 'validating', { rule: true, title: 'Have short DNS TTLs beforehand' }),
];
const nodes = [...RULES, ...plan.nodes.filter(({ id }) => !RULES.some((rule) => rule.id === id))];
const ruled: Plan = { ...plan, nodes, hash: hashOf(nodes) };

const held = (...steps: string[]): Story => {
  const told = begun(ruled);
  for (const step of steps)
    told.take({
      type: 'STEP_NOT_DONE',
      step,
      attempt: 1,
      why: 'The notice was given 20 h ago, 28 h too late.',
      evidence: {},
      again: false,
    });
  return told;
};
const card = (told: Story, ref: string, more = {}) =>
  read('hold', told, { ...told.c.holds.find((hold) => hold.ref === ref), ...more });

describe('held', () => {
  it('at one rule', () => {
    expect(card(held('notice-given'), 'notice-given')).toEqual([
      `⏸ House rule not met: “Give notice before leaving east” · ${ROUTE}`,
      '‹The notice was given 20 h ago, 28 h too late.›',
      'Nothing has been changed. The move works without it; whoever goes on without it is named with the reason.',
      '[Check again: primary] [Go on without it…] [Abort…: danger]',
    ]);
  });
  it('at several: each card offers to go on without all', () => {
    const told = held('notice-given', 'ttl-lowered');
    for (const ref of ['notice-given', 'ttl-lowered'])
      expect(card(told, ref).at(-1)).toBe(
        '[Check again: primary] [Go on without it…] [Go on without all 2…] [Abort…: danger]',
      );
    expect(card(told, 'notice-given')).toContain('Held too: “Have short DNS TTLs beforehand”.');
    const { actions } = message('hold', told, { ...told.c.holds[0] })!;
    expect(actions.map(({ id, value }) => [id, JSON.parse(value)])).toEqual([
      ['retry:notice-given', { run: 'eden-1', step: 'notice-given' }],
      ['override:notice-given', { run: 'eden-1', step: 'notice-given' }],
      ['override:all', { run: 'eden-1', step: 'all' }],
      ['abort', { run: 'eden-1' }],
    ]);
  });
  it('by a step that is no rule beside it: that is not gone on without', () => {
    const told = held('notice-given').notDone('source-is-primary', { attempt: 1 });
    expect(card(told, 'notice-given').at(-1)).not.toContain('all');
    expect(card(told, 'source-is-primary')[0]).toBe(`⏸ “See that east is the primary” is not done · ${ROUTE}`);
  });
  it('what is not known is not called unmet', () => {
    const told = begun(ruled).unknown('ttl-lowered', 1);
    expect(card(told, 'ttl-lowered').slice(0, 2)).toEqual([
      `⏸ House rule not known to be met: “Have short DNS TTLs beforehand” · ${ROUTE}`,
      '‹no answer›',
    ]);
  });
});

describe('no longer held', () => {
  const gone = (told: Story, event: string) => {
    const facts = { n: 1, kind: 'step', ref: 'notice-given', gone: true, by: 'person:UANA', event };
    return read('hold', told, facts);
  };
  it('gone on without it: by whom and why', () => {
    const told = held('notice-given');
    told.take({ type: 'STEP_SKIPPED', step: 'notice-given', by: 'UANA', reason: 'window agreed *with* support' });
    expect(gone(told, 'STEP_SKIPPED')).toEqual([
      `▶ “Give notice before leaving east” is no longer held · ${ROUTE}`,
      'Gone on without it by @UANA: ‹“window agreed *with* support”›',
    ]);
  });
  it('asked again, now or once the others are settled', () => {
    expect(gone(held('notice-given').retry('notice-given'), 'STEP_RETRIED')[1]).toBe('Asked again for @UANA');
    expect(gone(held('notice-given', 'ttl-lowered').retry('notice-given'), 'STEP_RETRIED')[1]).toBe(
      'Asked again, once nothing else holds, for @UANA',
    );
  });
  it('by an abort', () => {
    expect(gone(held('notice-given').abort(), 'ABORTED')[1]).toBe('Went on after: aborted by @UANA');
  });
});

it('the headline keeps who went on without it, and status shows it too', () => {
  const told = held('notice-given');
  told.take({ type: 'STEP_SKIPPED', step: 'notice-given', by: 'UANA', reason: 'window agreed with support' });
  const line = 'Override: “Give notice before leaving east” waived by @UANA, ‹“window agreed with support”›';
  expect(read('headline', told)).toContain(line);
  expect(message('headline', told)!.lines.map(lineText)).toContain(line);
});
