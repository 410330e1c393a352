/** Doing one step: what is asked, sent, waited for and written down, in which order, and what never is. */
import { describe, expect, test } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import { defineGate } from '../../src/steps/step.ts';
import {
  asking,
  hanging,
  MAYBE,
  NO,
  planned,
  policy,
  type Rig,
  type Scripted,
  scripted,
  YES,
} from '../support/runner.ts';

/** Lets a piece of work come to its end, however long it takes by its own clock. */
async function over(rig: Rig, work: Promise<void>): Promise<void> {
  let ended = false;
  const ending = work.finally(() => {
    ended = true;
  });
  await rig.clock.until(() => ended);
  await ending;
}
const perform = async (step: Scripted, others: Scripted[] = []) => {
  const rig = await planned({ nodes: [...others, step] });
  const from = rig.clock.now();
  await over(rig, rig.work(step.id).perform(1));
  return { rig, took: rig.clock.now() - from, story: (await rig.story()).slice(2), state: rig.c.steps[step.id] };
};

describe('performing', () => {
  test('done already: it says so and sends nothing', async () => {
    const step = scripted('scale', { answers: [YES] });
    const { story, state } = await perform(step);
    expect([story, step.calls]).toEqual([['STEP_ALREADY_DONE scale'], ['check']]);
    expect(state).toMatchObject({ status: 'alreadyDone', summary: 'as wanted', attempt: 0 });
  });

  test('not done: intent, call, and only what is seen afterwards makes it done', async () => {
    const step = scripted('scale', { answers: [NO, NO, MAYBE, NO, YES] });
    const { story, state, took } = await perform(step);
    expect(story).toEqual(['STEP_INTENDED scale 1', 'STEP_DONE scale 1']);
    expect(step.calls).toEqual(['check', 'run', 'check', 'check', 'check', 'check']);
    expect(took).toBe(3000);
    expect(state).toMatchObject({
      before: { seen: 'no' },
      evidence: { seen: 'yes', sent: true },
      summary: 'as wanted',
    });
  });

  test('the intent is committed before the call', async () => {
    let seen: string[] = [];
    const step = scripted('scale', {
      act: async () => {
        seen = await rig.story();
      },
    });
    const rig = await planned({ nodes: [step] });
    await over(rig, rig.work('scale').perform(1));
    expect(seen.at(-1)).toBe('STEP_INTENDED scale 1');
  });

  test('nobody knows whether it is needed: it asks on, and begins nothing before it knows', async () => {
    const step = scripted('scale', { answers: [MAYBE, new Error('boom'), 'hang', NO, YES] });
    const { story, took } = await perform(step);
    expect(story).toEqual(['STEP_INTENDED scale 1', 'STEP_DONE scale 1']);
    expect(took).toBe(1000 + 1000 + 10_000 + 1000);
  });

  test('never known: after its budget it holds, and nothing was sent', async () => {
    const step = scripted('scale', { answers: [MAYBE] });
    const { story, state, rig, took } = await perform(step);
    expect([story, took]).toEqual([['STEP_NOT_DONE scale 1'], 60_000]);
    expect(state).toMatchObject({ status: 'notDone', why: 'nobody answers' });
    expect(rig.c.holds).toMatchObject([{ kind: 'step', ref: 'scale' }]);
    expect(step.calls).not.toContain('run');
  });

  test('a check step asks until it is so, or holds with what it saw last', async () => {
    expect((await perform(asking('lag', { answers: [NO, NO, YES] }))).story).toEqual(['STEP_ALREADY_DONE lag']);
    expect((await perform(asking('lag', { answers: [NO] }))).story).toEqual(['STEP_NOT_DONE lag 1']);
    const { story, rig } = await perform(asking('lag', { answers: [MAYBE], budgetMs: 5000 }));
    expect([story, rig.c.holds.length]).toEqual([['STEP_UNKNOWN lag 1'], 1]);
  });

  test('called, and not seen within the budget: it holds and asks, never again by itself', async () => {
    const { story, state, took, rig } = await perform(scripted('scale', { answers: [NO] }));
    expect([story, took]).toEqual([['STEP_INTENDED scale 1', 'STEP_NOT_DONE scale 1'], 60_000]);
    expect([state?.why, rig.c.holds.length]).toEqual(['not so yet', 1]);
  });

  test('accepted and not seen after half the budget: sent once more where that is safe, and it knows why', async () => {
    const step = scripted('dns', { answers: [NO], resend: true, budgetMs: 20_000 });
    const { story, state, took } = await perform(step);
    expect(story).toEqual(['STEP_INTENDED dns 1', 'STEP_NOT_DONE dns 1']);
    expect(took).toBe(10_000);
    expect(state).toMatchObject({ status: 'notDone', attempt: 1, evidence: { unseen: true } });
  });

  test('whoever has to do it by hand is told how, with the failure', async () => {
    const step = scripted('dns', { answers: [NO], budgetMs: 3000, byHand: () => ['aws …', 'dig …'] });
    const { state } = await perform(step);
    expect(state?.evidence).toMatchObject({ byHand: ['aws …', 'dig …'] });
  });

  test('called, and then nobody answers any more: unknown, with both reasons', async () => {
    const step = scripted('scale', { answers: [NO, MAYBE], act: () => Promise.reject(new Error('socket hang up')) });
    const { story, state } = await perform(step);
    expect(story).toEqual(['STEP_INTENDED scale 1', 'STEP_UNKNOWN scale 1']);
    expect(state).toMatchObject({ status: 'unknown', why: 'socket hang up; nobody answers' });
  });

  test('the call fails and yet it is done: done', async () => {
    const step = scripted('scale', { answers: [NO, YES], act: () => Promise.reject(new Error('socket hang up')) });
    expect((await perform(step)).story).toEqual(['STEP_INTENDED scale 1', 'STEP_DONE scale 1']);
  });

  test('a call that hangs ends at its deadline, whether it heeds its signal or not', async () => {
    for (const heeds of [true, false]) {
      const step = scripted('scale', { answers: [NO], callMs: 5000 });
      step.run = async ({ signal }) => await hanging(heeds ? signal : undefined);
      const { story, state, took } = await perform(step);
      expect(story).toEqual(['STEP_INTENDED scale 1', 'STEP_NOT_DONE scale 1']);
      expect(state?.why).toBe('no answer within 5 s');
      // Three looks, a second apart, from the deadline on.
      expect(took).toBe(7000);
    }
  });

  test('so does a question that heeds nothing', async () => {
    const step = scripted('scale');
    step.check = async () => await hanging();
    const { story, state, took } = await perform(step);
    expect([story, state?.why]).toEqual([['STEP_NOT_DONE scale 1'], 'no answer within 10 s']);
    expect(took).toBe(65_000);
  });
});

describe('what is sure', () => {
  const fails = (error: Error, more: Partial<Scripted> = {}) =>
    perform(scripted('scale', { answers: [NO], act: () => Promise.reject(error), ...more }));

  test('a call that surely never arrived is tried again soon, three times in all without asking', async () => {
    const effect = { code: 'refused', system: 'kubernetes', operation: 'scale', effect: 'none' } as const;
    const step = scripted('scale', {
      answers: [NO],
      act: () => Promise.reject(new IntegrationError('refused', effect)),
    });
    const { rig, took, story } = await perform(step);
    expect([story, took]).toEqual([['STEP_INTENDED scale 1', 'STEP_NOT_DONE scale 1'], 2000]);
    expect(rig.c.holds).toEqual([]);
    for (const attempt of [2, 3]) await over(rig, rig.work('scale').perform(attempt));
    expect(rig.c.steps['scale']).toMatchObject({ status: 'notDone', attempt: 3, why: 'refused' });
    expect(rig.c.holds).toHaveLength(1);
    expect(step.calls.filter((call) => call === 'run')).toHaveLength(3);
  });

  test('one that may still arrive is over only at its deadline', async () => {
    const { took, rig } = await fails(new Error('ECONNRESET'));
    expect([took, rig.c.holds]).toEqual([12_000, []]);
  });

  test('three looks in a row: one that knows nothing begins the count anew', async () => {
    const step = scripted('scale', { answers: [NO, NO, NO, MAYBE, NO], act: () => Promise.reject(new Error('no')) });
    step.callMs = 1;
    const { took } = await perform(step);
    expect(took).toBe(5000);
  });

  test('a `once` step is not sent again by itself, even when it is surely not done', async () => {
    const { rig, story } = await fails(new Error('ECONNRESET'), { repeat: 'once' });
    expect(story).toEqual(['STEP_INTENDED scale 1', 'STEP_NOT_DONE scale 1']);
    expect(rig.c.holds).toMatchObject([{ ref: 'scale', why: 'ECONNRESET' }]);
  });

  test('what could not be sent before its deadline is not sent', async () => {
    const step = scripted('scale', { answers: [NO] });
    const rig = await planned({ nodes: [step] });
    const { journal } = rig;
    const transact = journal.transact;
    // The commit takes longer than the call may.
    journal.transact = async (work) => {
      const result = await transact(work);
      await rig.clock.sleep(11_000);
      return result;
    };
    await over(rig, rig.work('scale').perform(1));
    expect(step.calls).not.toContain('run');
    expect(rig.c.steps['scale']).toMatchObject({ status: 'notDone', why: 'its time was over before it was sent' });
  });
});

describe('when it is not due any more', () => {
  test('paused between question and intent: nothing is sent', async () => {
    const step = scripted('scale', { answers: [MAYBE, NO] });
    const rig = await planned({ nodes: [step] });
    const work = rig.work('scale').perform(1);
    await rig.clock.advance(500);
    await rig.append({ type: 'PAUSED', by: 'UOPS', reason: null });
    await over(rig, work);
    expect([step.calls.includes('run'), rig.c.steps['scale']]).toEqual([false, undefined]);
  });

  test('aborted while it asks: it stops asking and writes nothing', async () => {
    const step = asking('lag', { answers: [NO], phase: 'preparing' });
    const rig = await planned({ nodes: [step] });
    const work = rig.work('lag').perform(1);
    await rig.clock.advance(2500);
    await rig.append({ type: 'ABORTED', by: 'UOPS', reason: 'no' });
    await over(rig, work);
    expect((await rig.story()).at(-1)).toBe('ABORTED');
    expect(step.calls).toHaveLength(3);
  });

  test('stopped in the middle of a call: the intent stays open, the next start settles it', async () => {
    const step = scripted('scale');
    step.run = async ({ signal }) => await hanging(signal);
    const rig = await planned({ nodes: [step] });
    const work = rig.work('scale').perform(1);
    await rig.clock.advance(2500);
    await rig.halt();
    await work;
    expect((await rig.story()).at(-1)).toBe('STEP_INTENDED scale 1');
  });
});

describe('requires', () => {
  const gate = defineGate({ id: 'promote', title: 'promote', phase: 'preparing', after: ['lag'] });
  const rigOf = async (answers: Scripted['answers'], named: boolean, required = true) => {
    const lag = asking('lag', { answers: [YES], title: 'Lag in {source} is small' });
    const step = scripted('scale', { requires: { steps: ['lag'], ...(named ? { gate: 'promote' } : {}) } });
    const rig = await planned({ nodes: [lag, gate, step], gates: { promote: policy({ required }) } });
    await over(rig, rig.work('lag').perform(1));
    const hash = rig.c.plan!.hash;
    await rig.append({ type: 'GATE_OPENED', gate: 'promote', hash, deadline: 9e9, evidence: {} });
    await rig.append({ type: 'GATE_DECIDED', gate: 'promote', hash, decision: 'approved', how: 'votes', reason: null });
    lag.answers = answers;
    await over(rig, rig.work('scale').perform(1));
    return { rig, step, last: (await rig.story()).at(-1), event: await rig.last() };
  };

  test('still so: the answer goes into the intent', async () => {
    const { rig, last } = await rigOf([YES], true);
    expect(last).toBe('STEP_DONE scale 1');
    const intent = (await rig.journal.read('eden-1')).find(({ type }) => type === 'STEP_INTENDED');
    expect(intent?.data['requires']).toEqual({ lag: { seen: 'yes' } });
  });

  test('no longer so: what was approved on it is asked again, and nothing is sent', async () => {
    const { rig, step, last, event } = await rigOf([NO], true);
    expect([last, event]).toMatchObject(['GATE_REOPENED promote', { why: '“Lag in east is small”: not so yet' }]);
    expect([rig.c.gates['promote']?.status, step.calls]).toEqual(['none', ['check']]);
  });

  test('nobody knows, or no gate rests on it: the step holds', async () => {
    for (const [answer, named] of [
      [MAYBE, true],
      [NO, false],
    ] as const) {
      const { rig, step, last } = await rigOf([answer], named);
      expect([last, rig.c.holds.length, step.calls]).toEqual(['STEP_NOT_DONE scale 1', 1, ['check']]);
    }
  });

  test('a gate that nobody is asked at holds too: it would be approved again at once, for ever', async () => {
    const { rig, last } = await rigOf([NO], true, false);
    expect([last, rig.c.holds.length]).toEqual(['STEP_NOT_DONE scale 1', 1]);
  });
});

describe('settling', () => {
  /** An intent without an outcome, as a crash leaves it; ten seconds of its call are left. */
  const openIntent = async (step: Scripted) => {
    const rig = await planned({ nodes: [step] });
    const { hash } = rig.c.plan!;
    const deadline = rig.clock.now() + 10_000;
    const intent = {
      type: 'STEP_INTENDED',
      step: step.id,
      attempt: 1,
      hash,
      before: {},
      requires: {},
      deadline,
    } as const;
    await rig.append(intent);
    return rig;
  };

  test('it asks nothing before the deadline, and never sends', async () => {
    const step = scripted('scale', { answers: [YES] });
    const rig = await openIntent(step);
    const work = rig.work('scale').settle(1);
    await rig.clock.advance(9_999);
    expect(step.calls).toEqual([]);
    await over(rig, work);
    expect([step.calls, (await rig.story()).at(-1)]).toEqual([['check'], 'STEP_DONE scale 1']);
  });

  test.each(['idempotent', 'verifiable', 'once'] as const)(
    'surely not done: the next attempt may be made (%s)',
    async (repeat) => {
      const step = scripted('scale', { answers: [MAYBE, NO, NO, MAYBE, NO, NO, NO], repeat });
      const rig = await openIntent(step);
      await over(rig, rig.work('scale').settle(1));
      expect(await rig.last()).toMatchObject({ type: 'STEP_NOT_DONE', attempt: 1, again: true });
      expect(step.calls).toEqual(Array(7).fill('check'));
    },
  );

  test('nobody knows: after its budget it is unknown, and a person is asked', async () => {
    const step = scripted('scale', { answers: [MAYBE] });
    const rig = await openIntent(step);
    await over(rig, rig.work('scale').settle(1));
    expect([(await rig.story()).at(-1), rig.c.holds.length]).toEqual(['STEP_UNKNOWN scale 1', 1]);
    expect(step.calls).not.toContain('run');
  });
});

describe('undoing', () => {
  const aborted = async (step: Scripted) => {
    const rig = await planned({ nodes: [step, scripted('later', { after: [step.id] })] });
    await over(rig, rig.work(step.id).perform(1));
    await rig.append({ type: 'ABORTED', by: 'UOPS', reason: 'no' });
    return rig;
  };

  test('intent, call with what was seen before the first attempt, outcome', async () => {
    const step = scripted('scale');
    let handed: unknown;
    step.undo = async ({ before }) => {
      handed = before;
      return { replicas: 1 };
    };
    const rig = await aborted(step);
    await over(rig, rig.work('scale').undo(1, false));
    expect((await rig.story()).slice(-2)).toEqual(['UNDO_INTENDED scale 1', 'UNDO_DONE scale 1']);
    expect([handed, rig.c.steps['scale']?.evidence, rig.c.end]).toEqual([
      { seen: 'no' },
      { replicas: 1 },
      'rolledBack',
    ]);
  });

  test('it is tried again within its budget, each call with an intent and a deadline of its own', async () => {
    const step = scripted('scale', { callMs: 4000 });
    let calls = 0;
    step.undo = async ({ signal }) => {
      calls += 1;
      if (calls === 1) throw new Error('no');
      return calls === 2 ? await hanging(signal) : {};
    };
    const rig = await aborted(step);
    await over(rig, rig.work('scale').undo(1, false));
    const rows = (await rig.journal.read('eden-1')).filter(({ type }) => type === 'UNDO_INTENDED');
    expect(rows.map(({ at, deadline }) => deadline! - at)).toEqual([4000, 4000, 4000]);
    expect(rows.map(({ at }) => at - rows[0]!.at)).toEqual([0, 1000, 6000]);
    expect((await rig.story()).at(-1)).toBe('UNDO_DONE scale 1');
  });

  test('not within its budget: unknown, and a person is asked', async () => {
    const step = scripted('scale');
    step.undo = async () => Promise.reject(new Error('forbidden'));
    const rig = await aborted(step);
    await over(rig, rig.work('scale').undo(1, false));
    expect(await rig.last()).toMatchObject({ type: 'UNDO_UNKNOWN', why: 'forbidden' });
    expect(rig.c.holds).toMatchObject([{ kind: 'step', ref: 'scale' }]);
  });

  test('taken up again after a restart, it waits until the call before is surely over', async () => {
    const step = scripted('scale');
    const rig = await aborted(step);
    const deadline = rig.clock.now() + 10_000;
    await rig.append({ type: 'UNDO_INTENDED', step: 'scale', attempt: 1, deadline });
    const work = rig.work('scale').undo(1, true);
    await rig.clock.advance(9_999);
    expect(step.calls).not.toContain('undo');
    await over(rig, work);
    expect((await rig.story()).slice(-2)).toEqual(['UNDO_INTENDED scale 1', 'UNDO_DONE scale 1']);
  });

  test('a pause in the middle of it stops it after the call that is out', async () => {
    const step = scripted('scale');
    step.undo = async () => Promise.reject(new Error('no'));
    const rig = await aborted(step);
    const work = rig.work('scale').undo(1, false);
    await rig.clock.advance(500);
    await rig.append({ type: 'PAUSED', by: 'UOPS', reason: null });
    await over(rig, work);
    expect((await rig.story()).slice(-2)).toEqual(['UNDO_INTENDED scale 1', 'PAUSED']);
  });
});
