/** The loop while a halt stands: nothing new is begun, what is in flight settles. */
import { describe, expect, test } from 'vitest';
import { asking, MAYBE, NO, type Rig, rig, scripted, YES } from '../support/runner.ts';
import { decide, ended, GATE, started } from './engine.rig.ts';

describe('halted', () => {
  const note = (self: Rig, type: string, by: string) =>
    self.ledger.note({ type, actor: `person:${by}`, data: { by, reason: 'odd' } }, null, [
      { slot: 'halt:1', name: 'halt', facts: {}, broadcast: false },
    ]);
  const lift = async (self: Rig) => {
    await note(self, 'HALT_LIFT_ASKED', 'UANA');
    await note(self, 'HALT_LIFTED', 'UBO');
  };

  test('nothing new is begun, what is in flight settles, people are asked and may vote', async () => {
    const out = scripted('out');
    let answer = () => {};
    out.run = async () => {
      out.calls.push('run');
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      out.answers = [YES];
      return {};
    };
    const [next, asks] = [scripted('next', { after: ['out'] }), asking('asks', { phase: 'promoting', answers: [YES] })];
    const nodes = [out, next, { ...GATE, after: ['out'] }, asks, scripted('fence', { phase: 'promoting' })];
    const self = await started({ nodes });
    await self.clock.until(() => out.calls.includes('run'));
    await note(self, 'HALTED', 'UANA');
    answer();
    await self.clock.until(() => self.c.gates['promote']?.status === 'open');
    await self.append(decide(self, 'approved'));
    await self.clock.advance(120_000);
    expect(await self.story()).toEqual([
      'REQUESTED',
      'PLANNED',
      'STEP_INTENDED out 1',
      'STEP_DONE out 1',
      'GATE_OPENED promote',
      'GATE_DECIDED promote',
    ]);
    expect([next.calls, asks.calls]).toEqual([[], []]);
    const at = self.clock.now();
    await lift(self);
    await self.clock.until(() => next.calls.includes('run'));
    // At once, not when the loop happens to look again.
    expect(self.clock.now()).toBe(at);
    await self.clock.until(() => ended(self));
    expect(self.logged).toEqual([]);
    await self.halt();
  });

  test('one who was about to send finds it halted, and sends after it is lifted', async () => {
    const step = scripted('scale', { answers: [MAYBE, MAYBE, NO] });
    const self = await started({ nodes: [step] });
    await self.clock.advance(1500);
    expect(step.calls).toEqual(['check', 'check']);
    await note(self, 'HALTED', 'UANA');
    await self.clock.advance(60_000);
    expect(step.calls).not.toContain('run');
    step.answers = [];
    await lift(self);
    await self.clock.until(() => ended(self));
    expect(step.calls.filter((call) => call === 'run')).toHaveLength(1);
    await self.halt();
  });

  test('an undo waits too; a restart keeps the halt, and settles', async () => {
    const step = scripted('scale');
    const nodes = [step, asking('wait', { phase: 'preparing', answers: [NO], budgetMs: 9e6 })];
    const first = await started({ nodes });
    await first.clock.until(() => first.c.steps['scale']?.status === 'done');
    await note(first, 'HALTED', 'UANA');
    await first.append({ type: 'ABORTED', by: 'UOPS', reason: 'no' });
    await first.clock.advance(60_000);
    await first.halt();
    const next = await rig({ nodes, journal: first.journal, clock: first.clock });
    await next.engine.start();
    await next.clock.advance(60_000);
    expect([next.ledger.halts.now?.by, step.calls.includes('undo')]).toEqual(['UANA', false]);
    await lift(next);
    await next.clock.until(() => ended(next));
    expect([next.c.end, step.calls.filter((call) => call === 'undo')]).toEqual(['rolledBack', ['undo']]);
    await next.halt();
  });
});

test('given more time, a gate runs out that much later', async () => {
  const self = await started({ nodes: [GATE, scripted('fence', { phase: 'promoting' })] });
  await self.clock.advance(0);
  const { deadline } = self.c.gates['promote']!;
  await self.append({ type: 'GATE_EXTENDED', gate: 'promote', deadline: deadline! + 300_000, by: 'UOPS' });
  await self.clock.advance(599_000);
  expect(self.c.gates['promote']).toMatchObject({ status: 'open', escalated: false, extended: 1 });
  await self.clock.advance(1000);
  expect(self.c.gates['promote']?.escalated).toBe(true);
  await self.halt();
});
