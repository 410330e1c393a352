/** Looking once and waiting longer: what is asked for, by whom, and that nothing is sent by it. */
import { describe, expect, it } from 'vitest';
import type { NewEvent } from '../../src/runner/ledger.ts';
import { bench, said } from './bench.ts';

const ready = async () => {
  const here = await bench();
  await here.asked();
  return here;
};
type Here = Awaited<ReturnType<typeof bench>>;
const intended = (here: Here, step: string): NewEvent => ({
  type: 'STEP_INTENDED',
  step,
  attempt: 1,
  hash: here.plan.hash,
  before: {},
  requires: {},
  deadline: 1,
});
const outcome = (step: string) => ({ step, attempt: 1, why: 'no answer', evidence: {} });
/** The effect of scaling up, held. */
const held = async (how: 'STEP_UNKNOWN' | 'STEP_NOT_DONE') => {
  const here = await ready();
  const ended = outcome('scale-up-target');
  await here.append(intended(here, 'scale-up-target'));
  await here.append(how === 'STEP_UNKNOWN' ? { type: how, ...ended } : { type: how, ...ended, again: false });
  return here;
};
/** A check of the target, held as not done. */
const heldCheck = async () => {
  const here = await ready();
  await here.does('scale-up-target');
  await here.append({ type: 'STEP_NOT_DONE', ...outcome('target-endpoints'), again: false });
  return here;
};
const last = async (here: Here) => (await here.journal.read('eden-1')).at(-1)!;

describe('checking now', () => {
  it.each(['STEP_UNKNOWN', 'STEP_NOT_DONE'] as const)('an effect after %s: one look', async (how) => {
    const here = await held(how);
    expect(said(await here.type('UANA', 'check'))).toBe('“Scale up west” is looked at now. Nothing is sent.');
    expect(await last(here)).toMatchObject({
      type: 'STEP_RETRIED',
      data: { step: 'scale-up-target', by: 'UANA', within: 0 },
    });
    expect(here.context().holds).toEqual([]);
  });
  it('by its card, and not twice', async () => {
    const here = await heldCheck();
    const carried = { run: 'eden-1', step: 'target-endpoints' };
    expect(said(await here.press('UANA', 'check:target-endpoints', carried))).toBe('(none)');
    expect((await last(here)).data).toMatchObject({ within: 0 });
    expect(said(await here.press('UANA', 'check:target-endpoints', carried))).toBe(
      'eden-1 is not held at a step: there is nothing to check.',
    );
  });
  it('an undo is not looked at: that would undo it once more', async () => {
    const here = await ready();
    await here.does('scale-up-target');
    await here.type('UANA', 'abort reason:"x"');
    await here.append(
      { type: 'UNDO_INTENDED', step: 'scale-up-target', attempt: 1, deadline: 1 },
      { type: 'UNDO_UNKNOWN', step: 'scale-up-target', attempt: 1, why: 'no answer' },
    );
    for (const line of ['check', 'more', 'more scale-up-target'])
      expect(said(await here.type('UANA', line))).toBe(
        '“Scale up west” is being undone, and asking about that undoes it once more: /dr retry scale-up-target. Nothing was sent.',
      );
    expect((await last(here)).type).toBe('UNDO_UNKNOWN');
  });
  it('the plan is made anew', async () => {
    const here = await bench();
    await here.type('UANA', 'failover east reason:"x"');
    await here.append({ type: 'PLAN_UNKNOWN', why: 'no answer' });
    expect(said(await here.type('UANA', 'more'))).toBe('The plan is made or it is not: /dr retry makes it anew.');
    expect(said(await here.type('UANA', 'check'))).toBe('The plan is made anew.');
  });
  it('is for operators', async () => {
    const here = await held('STEP_UNKNOWN');
    expect(said(await here.type('UDEE', 'check'))).toContain('You cannot do this. Who can:');
    expect(here.context().holds).toHaveLength(1);
  });
});

describe('five more minutes for a held step', () => {
  it('that only asks, or of which nothing is known', async () => {
    for (const here of [await heldCheck(), await held('STEP_UNKNOWN')]) {
      expect(said(await here.type('UANA', 'more'))).toMatch(/^“.*” is asked about for 5 more minutes\.$/);
      expect(await last(here)).toMatchObject({ type: 'STEP_RETRIED', data: { within: 300_000 } });
    }
  });
  it('not for what is surely not done: waiting would only send it again', async () => {
    const here = await held('STEP_NOT_DONE');
    expect(said(await here.type('UANA', 'more scale-up-target'))).toBe(
      '“Scale up west” is not done: waiting alone would only send it again. /dr check scale-up-target looks without sending, /dr retry scale-up-target tries it again.',
    );
    expect(here.context().holds).toHaveLength(1);
  });
  it('not by somebody who only reads, and not for a step that is not held', async () => {
    const here = await heldCheck();
    expect(said(await here.type('UDEE', 'more'))).toContain('You cannot do this. Who can: SOPS');
    expect(said(await here.type('UANA', 'more fence-source'))).toBe(
      '“fence-source” is not held. Held: target-endpoints.',
    );
    expect(here.context().holds).toHaveLength(1);
  });
});

describe('five more minutes for a decision', () => {
  const deadline = (here: Here, gate = 'promote') => here.context().gates[gate]!.deadline!;
  it('by an operator or an approver, named, by button, or the one that ends first', async () => {
    const here = await ready();
    const [promote, dns] = [deadline(here), deadline(here, 'dns')];
    // She asked for the run and may not vote: she operates.
    expect(said(await here.type('UANA', 'more dns'))).toBe('“Confirm DNS” waits 5 minutes longer.');
    expect(deadline(here, 'dns')).toBe(dns + 300_000);
    expect(said(await here.press('UBO', 'more:promote', here.card('promote')))).toBe('(none)');
    expect(deadline(here)).toBe(promote + 300_000);
    expect(await last(here)).toMatchObject({ type: 'GATE_EXTENDED', data: { gate: 'promote', by: 'UBO' } });
    await here.type('UANA', 'more dns');
    expect(said(await here.type('UANA', 'more'))).toBe('“Approve promotion” waits 5 minutes longer.');
  });
  it('not by somebody who only reads', async () => {
    const here = await ready();
    const before = deadline(here);
    expect(said(await here.type('UDEE', 'more promote'))).toBe('You cannot give this more time. Who can: SSRE, SOPS');
    expect(deadline(here)).toBe(before);
  });
  it('an approver need not be an operator', async () => {
    const here = await bench({ operators: ['user:UANA'] });
    await here.asked();
    expect(said(await here.type('UBO', 'more promote'))).toContain('5 minutes longer');
    expect(said(await here.type('UDEE', 'more promote'))).toContain('Who can: SSRE, UANA');
  });
  it('twelve times, then it is decided or runs out', async () => {
    const here = await ready();
    for (let n = 0; n < 12; n += 1) await here.type('UANA', 'more promote');
    const before = deadline(here);
    expect(said(await here.type('UANA', 'more promote'))).toContain('has been given more time often enough');
    expect(deadline(here)).toBe(before);
  });
  it('not on a card that was decided, or asked anew since', async () => {
    const here = await ready();
    const card = here.card('promote');
    await here.type('UBO', 'deny promote reason:"x"');
    const sentence = '“Approve promotion” is not asked on this card any more: see its newest one. No time was added.';
    expect(said(await here.press('UANA', 'more:promote', card))).toBe(sentence);
    await here.press('UANA', 'ask:promote', card);
    await here.append(here.open('promote'));
    expect(said(await here.press('UANA', 'more:promote', card))).toBe(sentence);
  });
  it('nothing that waits says so', async () => {
    const here = await ready();
    await here.type('UBO', 'approve');
    await here.type('UBO', 'confirm');
    expect(said(await here.type('UANA', 'more'))).toBe('eden-1 waits for nothing that needs more time.');
    expect(said(await (await bench()).type('UANA', 'more'))).toBe('Nothing is being moved now.');
  });
});
