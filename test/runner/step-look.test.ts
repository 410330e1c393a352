/** What a person asks for who wants nothing sent: one look, or five more minutes of asking. */
import { describe, expect, test } from 'vitest';
import { asking, MAYBE, NO, planned, type Rig, type Scripted, scripted, YES } from '../support/runner.ts';

/** Lets a piece of work come to its end, however long it takes by its own clock. */
async function over(rig: Rig, work: Promise<void>): Promise<void> {
  let ended = false;
  const ending = work.finally(() => {
    ended = true;
  });
  await rig.clock.until(() => ended);
  await ending;
}

describe('asked by a person for a look, or for more time', () => {
  /** Held; then somebody asks again, with `within` or without. */
  const again = async (step: Scripted, how: 'unknown' | 'notDone', within?: number) => {
    const rig = await planned({ nodes: [step] });
    const base = { step: step.id, attempt: 1, why: 'no', evidence: {} };
    const deadline = rig.clock.now();
    const hash = rig.c.plan!.hash;
    if (step.run)
      await rig.append({ type: 'STEP_INTENDED', step: step.id, attempt: 1, hash, before: {}, requires: {}, deadline });
    await rig.append(
      how === 'unknown' ? { type: 'STEP_UNKNOWN', ...base } : { type: 'STEP_NOT_DONE', ...base, again: false },
    );
    const by = { step: step.id, by: 'UOPS' };
    await rig.append({ type: 'STEP_RETRIED', ...by, ...(within === undefined ? {} : { within }) });
    const from = rig.clock.now();
    const work = rig.work(step.id);
    await over(rig, how === 'unknown' ? work.settle(1) : work.perform(2));
    return { rig, took: rig.clock.now() - from, story: (await rig.story()).at(-1), state: rig.c.steps[step.id]! };
  };
  const effect = (answers: Scripted['answers'], more = {}) => scripted('scale', { answers, ...more });

  test('a look at an effect of which nothing is known: one, and it is known or held again', async () => {
    const yes = effect([YES]);
    expect((await again(yes, 'unknown', 0)).story).toBe('STEP_DONE scale 1');
    for (const answer of [MAYBE, NO, { ...NO, final: true as const }]) {
      const step = effect([answer]);
      const { rig, took, state } = await again(step, 'unknown', 0);
      expect([step.calls, took, rig.c.holds.length, state.within]).toEqual([['check'], 0, 1, null]);
    }
  });

  test('a look at an effect that is not done sends nothing, whatever it sees', async () => {
    expect((await again(effect([YES]), 'notDone', 0)).story).toBe('STEP_ALREADY_DONE scale');
    for (const answer of [NO, MAYBE, { ...NO, final: true as const }]) {
      const step = effect([answer]);
      const { rig, took, story, state } = await again(step, 'notDone', 0);
      expect([step.calls, took, story]).toEqual([['check'], 0, 'STEP_NOT_DONE scale 2']);
      expect([rig.c.holds.length, state.status, state.within]).toEqual([1, 'notDone', null]);
    }
    // Retried, it is sent: that is another button.
    const sent = scripted('scale');
    expect((await again(sent, 'notDone')).story).toBe('STEP_DONE scale 2');
    expect(sent.calls).toContain('run');
  });

  test('a look at a check: once, and what it saw is what it is held for', async () => {
    for (const how of ['unknown', 'notDone'] as const) {
      const step = asking('lag', { answers: [NO] });
      const { took, state } = await again(step, how, 0);
      expect([step.calls.length, took, state.status, state.why]).toEqual([1, 0, 'notDone', 'not so yet']);
      expect((await again(asking('lag', { answers: [MAYBE] }), how, 0)).state.status).toBe('unknown');
    }
  });

  test('five more minutes are five more minutes, and then it has its own budget again', async () => {
    for (const how of ['unknown', 'notDone'] as const) {
      const { took, state } = await again(asking('lag', { answers: [NO] }), how, 300_000);
      expect([took, state.status, state.within]).toEqual([300_000, 'notDone', null]);
      expect((await again(asking('lag', { answers: [NO] }), how)).took).toBe(60_000);
    }
    const { took, state } = await again(effect([MAYBE]), 'unknown', 300_000);
    expect([took, state.status]).toEqual([300_000, 'unknown']);
    const late = asking('lag', { answers: [...Array(200).fill(NO), YES] });
    expect(await again(late, 'notDone', 300_000)).toMatchObject({ took: 200_000, story: 'STEP_ALREADY_DONE lag' });
  });
});
