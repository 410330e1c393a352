/** Halting everything, and lifting it: two different people, each with a reason. */
import { describe, expect, it } from 'vitest';
import { bench, said } from './bench.ts';

const HALT = 'halt reason:"odd writes"';
const LIFT = 'halt lift reason:"explained"';
const types = async (here: Awaited<ReturnType<typeof bench>>) =>
  (await here.journal.read('system')).map((row) => row.type).filter((type) => type.startsWith('HALT'));

describe('halting', () => {
  it('starts no run until two people have lifted it', async () => {
    const here = await bench();
    expect(said(await here.type('UANA', HALT))).toContain('Halted: nothing new is sent, for any run.');
    const refused = said(await here.type('UBO', 'failover east reason:"x"'));
    expect(refused).toContain('No run is started while this stands. Nothing was started.');
    expect(refused).toMatch(/HALTED by UANA since \d+: “odd writes” · 2 people lift it/);
    expect(here.ledger.all()).toEqual([]);
    // Whoever halted may be one of the two, and not both.
    expect(said(await here.type('UANA', LIFT))).toBe('You are counted. 1 more person lifts it.');
    expect(said(await here.type('UANA', LIFT))).toBe('You are counted already: somebody else is needed.');
    expect(here.face.halt).toMatchObject({ by: 'UANA', asked: [{ by: 'UANA', reason: 'explained' }] });
    expect(said(await here.type('UBO', LIFT))).toBe('The halt is lifted. What waited goes on by itself.');
    expect(here.face.halt).toBeNull();
    expect(await types(here)).toEqual(['HALTED', 'HALT_LIFT_ASKED', 'HALT_LIFTED']);
    expect(said(await here.type('UBO', 'failover east reason:"x"'))).toContain('eden-1 is moving');
  });

  it('is told in the incidents channel on one card, edited as it is lifted', async () => {
    const here = await bench();
    await here.type('UANA', HALT);
    await here.type('UBO', LIFT);
    await here.type('UCY', LIFT);
    const told = (await here.journal.unsent()).filter(({ name }) => name === 'halt');
    expect(told.map(({ run, slot }) => `${run} ${slot}`)).toEqual(Array(3).fill('system halt:1'));
    expect(told.at(-1)!.facts).toMatchObject({ by: 'UANA', lifted: true, asked: [{ by: 'UBO' }, { by: 'UCY' }] });
    // Another halt is another card.
    await here.type('UANA', HALT);
    expect((await here.journal.unsent()).at(-1)!.slot).toBe('halt:2');
  });

  it('lets what people decide and note go on, and says what stands above it', async () => {
    const here = await bench();
    await here.asked();
    await here.type('UANA', HALT);
    expect(said(await here.type('UBO', 'approve'))).toContain('is approved');
    await expect(here.does('scale-up-target')).rejects.toThrow('STEP_INTENDED: halted');
    expect(said(await here.type('UANA', 'pause'))).toMatch(/is paused.*\n⏹ HALTED by UANA/);
    expect(said(await here.type('UDEE', 'status'))).toContain('⏹ HALTED by UANA');
  });

  it('shows above the roles while nothing is moved', async () => {
    const here = await bench();
    await here.type('UANA', HALT);
    expect(said(await here.type('UDEE', 'status')).split('\n')[1]).toContain('⏹ HALTED');
  });

  it('twice is refused, and who may not operate halts nothing', async () => {
    const here = await bench();
    expect(said(await here.type('UDEE', HALT))).toContain('You cannot do this. Who can:');
    expect(said(await here.type('UANA', LIFT))).toBe('Nothing is halted: there is nothing to lift.');
    expect(here.face.halt).toBeNull();
    await here.type('UANA', HALT);
    expect(said(await here.type('UBO', HALT))).toContain('It is halted already.');
    expect(await types(here)).toEqual(['HALTED']);
  });

  it('needs a reason: without one a dialog asks it, lifting too', async () => {
    const here = await bench();
    const form = await here.type('UANA', 'halt');
    expect(form).toMatchObject({ kind: 'form', form: { id: 'halt', meta: '{"lift":false}' } });
    expect(said(await here.submit('UANA', 'halt', { lift: false }, { reason: ' ' }))).toBe(
      '(at reason) A halt needs a reason. Nothing was changed.',
    );
    await here.submit('UANA', 'halt', { lift: false }, { reason: 'odd' });
    expect(here.face.halt?.reason).toBe('odd');
    expect(await here.press('UBO', 'halt:lift', { lift: true })).toMatchObject({ form: { meta: '{"lift":true}' } });
    await here.submit('UBO', 'halt', { lift: true }, { reason: 'fine' });
    await here.submit('UCY', 'halt', { lift: true }, { reason: 'fine' });
    expect(here.face.halt).toBeNull();
  });

  it('a word it does not know does nothing', async () => {
    const here = await bench();
    expect(said(await here.type('UANA', 'halt eden-1 reason:"x"'))).toContain('I do not know what “eden-1” means here');
    expect(here.face.halt).toBeNull();
  });

  it('of two who lift at once the second completes it, one person twice is one; one delivery acts once', async () => {
    const here = await bench();
    await here.type('UANA', HALT);
    const both = await Promise.all([here.type('UBO', LIFT), here.type('UCY', LIFT)]);
    expect(both.map(said).sort()[0]).toContain('The halt is lifted');
    expect(await types(here)).toEqual(['HALTED', 'HALT_LIFT_ASKED', 'HALT_LIFTED']);
    await here.type('UANA', HALT);
    await Promise.all([here.type('UBO', LIFT), here.type('UBO', LIFT)]);
    expect(here.face.halt?.asked).toHaveLength(1);
    // Counted already: not asked for a reason once more.
    expect(said(await here.press('UBO', 'halt:lift', { lift: true }))).toContain('You are counted already');
    await here.type('UCY', LIFT);
    await here.type('UANA', HALT, 'same');
    await here.type('UBO', LIFT);
    await here.type('UCY', LIFT);
    expect(said(await here.type('UANA', HALT, 'same'))).toBe('(none)');
    expect(here.face.halt).toBeNull();
  });
});
