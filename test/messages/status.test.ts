/** One answer for customers' side, one for operators. */
import { describe, expect, it } from 'vitest';
import { status } from '../../src/messages/status.ts';
import type { Story } from '../support/machine.ts';
import { approved, asked, begun, completed, fenced, read, sceneOf, skipped, text } from './scenes.ts';

const seen = (told: Story, later = 0, link: string | null = null) =>
  text(status(sceneOf(told, {}, later), false, link));

describe('for a stakeholder', () => {
  it('who reads of no step, no log position and no button', () => {
    expect(seen(begun())).toEqual([
      'Eden is moving from east to west. It goes to plan.',
      'Customers: nothing is noticeable so far.',
    ]);
  });
  it('while people decide: whose decision', () => {
    expect(seen(asked(), 0, 'https://chat/1')).toEqual([
      'Eden is moving from east to west. It goes to plan.',
      'Customers: nothing is noticeable so far.',
      'Waiting for a decision: Approve promotion, asked: @SSRE',
      'Waiting for a decision: Confirm DNS, asked: @SSRE',
      'The thread ↗ <https://chat/1>',
    ]);
    const more = asked().take({ type: 'GATE_ESCALATED', gate: 'promote', deadline: 600_000 });
    expect(seen(more)[2]).toBe('Waiting for a decision: Approve promotion, asked: @SSRE and @UBOSS');
  });
  it('while saving is paused', () => {
    expect(seen(fenced(), 4000)).toEqual([
      'Eden is moving from east to west. It goes to plan.',
      'Customers: reading works; saving has been paused for 0:11, since 17 s.',
    ]);
  });
  it('held: it has stopped', () => {
    expect(seen(approved().intend('read-only-source').unknown('read-only-source'))[0]).toBe(
      'Eden is moving from east to west. It has stopped and waits for people.',
    );
  });
  it('going back does not go "to plan", and nobody is waited for', () => {
    const told = asked().finish('scale-up-target').abort();
    expect(seen(told)).toEqual([
      'Eden stays in east: the move to west is being undone.',
      'Customers: nothing is noticeable so far.',
    ]);
  });
  it('moved', () => {
    expect(seen(completed(), 3_600_000)).toEqual([
      'Eden has moved from east to west.',
      'Customers: saving was paused for 0:16, at 17 s. Nothing was lost.',
    ]);
  });
  it('moved without the proof does not say that nothing was lost', () => {
    const told = completed();
    const { 'prove-replicated': _, ...steps } = told.c.steps;
    expect(seen({ ...told, c: { ...told.c, steps } })[1]).toBe('Customers: saving was paused for 0:16, at 17 s.');
  });
  it('called off, the clock stands still', () => {
    const told = fenced().abort().undo('fence-source', 'stop-writers', 'read-only-source', 'scale-up-target');
    expect(seen(told, 3_600_000)).toEqual([
      'Eden stays in east: the move to west was called off.',
      'Customers: saving was paused for 0:14, at 17 s. Nothing was lost.',
    ]);
  });
  it('taken over: what is not known is not promised', () => {
    expect(seen(fenced().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'x' }), 3_600_000)).toEqual([
      'Eden is being moved from east to west by hand.',
      'Customers: saving was paused at 17 s; people bring it back by hand.',
    ]);
  });
  it('taken over and being tidied up is not counted as a pause that goes on', () => {
    const told = fenced().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'x' });
    expect(seen({ ...told, c: { ...told.c, endedAt: null } } as Story)[1]).toContain('people bring it back by hand');
  });
  it('halted: by whom, why, and what it takes', () => {
    const halt = { by: 'UANA', at: 2000, reason: 'odd', n: 1, asked: [{ by: 'UBO', at: 3000, reason: 'fine' }] };
    const told = text(status({ ...sceneOf(fenced()), halt }, false, null));
    expect(told[1]).toBe('⏹ HALTED by @UANA since 2 s: ‹“odd”› · 1 more person lifts it');
    expect(text(status({ ...sceneOf(fenced()), halt }, true, null))[1]).toBe(told[1]);
  });
  it('what was overridden, until it is reviewed', () => {
    const told = completed(skipped());
    expect(seen(told).slice(2)).toEqual([
      'Override: `skip scale-up-target` by @UBO, ‹“scaled by hand”›',
      'Overrides not reviewed yet: somebody who made none of them looks at them, /dr review.',
    ]);
    told.take({ type: 'REVIEWED', by: 'UCY', note: 'fine' });
    expect(seen(told).slice(2)).toEqual([`✔ Overrides reviewed by @UCY at ${told.at / 1000} s, ‹“fine”›`]);
  });
});

it('for an operator: the headline and every step so far, without buttons', () => {
  const told = asked();
  const lines = text(status(sceneOf(told), true, 'https://chat/1'));
  expect(lines.slice(0, 5)).toEqual(read('headline', told).slice(0, 5));
  expect(lines.slice(5)).toEqual([
    '✔ See that east is the primary · ‹as it should be›',
    '✔ Measure replication lag · ‹as it should be›',
    '✔ See that Redis in west is in sync · ‹as it should be›',
    '✔ See that west is healthy · ‹as it should be›',
    '✔ Prove west has room · ‹as it should be›',
    'The thread ↗ <https://chat/1>',
  ]);
});

describe('in the stakeholders’ channel', () => {
  it('stands what /dr status says, without who is asked, and at the end when that was', () => {
    expect(read('stakeholders', fenced(), {}, 4000)).toEqual([
      'Eden is moving from east to west. It goes to plan.',
      'Customers: reading works; saving has been paused for 0:11, since 17 s.',
    ]);
    const [title, customers, ended] = read('stakeholdersEnd', completed());
    expect(title).toBe('Eden has moved from east to west.');
    expect(customers).toMatch(/^Customers: saving was paused for /);
    expect(ended).toMatch(/^It ended at /);
  });
});
