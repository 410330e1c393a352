/** A planned run that goes on as an emergency: what is in flight, whose vote it is, and what happens when its time box is over. */
import { describe, expect, test } from 'vitest';
import { done, unknown } from '../../src/ports/answer.ts';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { defineGate } from '../../src/steps/step.ts';
import { asking, MAYBE, NO, policy, type Rig, rig, type Scripted, scripted, YES } from '../support/runner.ts';

const FAILED = asking('failure-confirmed', { answers: [YES] });
const DECLARE = defineGate({ id: 'declare', title: 'declare', phase: 'assessing', after: ['failure-confirmed'] });
const LIFT = () => scripted('lift', { phase: 'atEnd' });
type Options = Parameters<typeof rig>[0];

const started = async (options: Options, more: { forceAfterMs?: number } = {}): Promise<Rig> => {
  const self = await rig({ emergency: [FAILED, DECLARE, scripted('promote', { phase: 'promoting' })], ...options });
  await self.engine.start();
  await self.begin(null, more);
  await self.clock.advance(0);
  return self;
};
const types = async (self: Rig) => (await self.story()).map((line) => line.split(' ')[0]);

describe('what is in flight', () => {
  /** Switched as soon as the call is out; how long it takes to its outcome, and what that is. */
  const switched = async (step: Scripted, emergency: Options['emergency'] = [FAILED]) => {
    const self = await started({ nodes: [step], emergency });
    await self.clock.until(() => self.c.steps[step.id]?.status === 'intended');
    const from = self.clock.now();
    await self.switches();
    await self.clock.until(() => self.c.plan?.mode === 'emergency');
    const state = self.c.steps[step.id]!;
    const took = state.endedAt! - from;
    const { holds } = self.c;
    await self.halt();
    return { status: state.status, took, holds: holds.length, story: await self.story() };
  };

  test('of the old plan alone, without an answer: waited for no longer than its call may last, and it holds nothing', async () => {
    const silent = scripted('drain', { answers: [NO, MAYBE], act: () => new Promise(() => {}) });
    expect(await switched(silent)).toMatchObject({ status: 'unknown', took: 10_000, holds: 0 });
  });

  test('of the old plan alone, surely not done: that is found, not its whole budget waited for', async () => {
    expect(await switched(scripted('drain', { answers: [NO] }))).toMatchObject({ status: 'notDone', holds: 0 });
    const toggle = scripted('drain', { answers: [NO], repeat: 'once' });
    // Accepted, and perhaps still to come: nobody may say that it is not done.
    expect(await switched(toggle)).toMatchObject({ status: 'unknown', took: 1000, holds: 0 });
  });

  test('done after all: done', async () => {
    const slow = scripted('drain', { answers: [NO, NO, YES] });
    expect(await switched(slow)).toMatchObject({ status: 'done', holds: 0 });
  });

  test('in both plans: surely not done, it is begun again under the new one; nobody knows, and people are asked', async () => {
    const scale = scripted('scale', { answers: [NO, NO, NO, NO, NO, YES] });
    const { story } = await switched(scale, [scale]);
    expect(story.filter((line) => line.includes('scale') || line.startsWith('PLANNED'))).toEqual([
      'PLANNED',
      'STEP_INTENDED scale 1',
      'STEP_NOT_DONE scale 1',
      'PLANNED',
      'STEP_INTENDED scale 2',
      'STEP_DONE scale 2',
    ]);
    const silent = scripted('scale', { answers: [NO, unknown('silence')], budgetMs: 20_000 });
    const self = await started({ nodes: [silent], emergency: [silent] });
    await self.clock.until(() => self.c.steps['scale']?.status === 'intended');
    await self.switches();
    await self.clock.until(() => self.c.holds.length > 0);
    expect(self.c.holds).toMatchObject([{ kind: 'step', ref: 'scale', why: 'silence' }]);
    await self.halt();
  });

  test('found by a restart: settled as fast', async () => {
    const silent = scripted('drain', { answers: [NO, MAYBE], act: () => new Promise(() => {}) });
    const first = await started({ nodes: [silent], emergency: [FAILED] });
    await first.clock.until(() => first.c.steps['drain']?.status === 'intended');
    await first.halt();
    const self = await rig({ nodes: [silent], emergency: [FAILED], journal: first.journal, clock: first.clock });
    await self.switches();
    await self.engine.start();
    await self.clock.until(() => self.c.plan?.mode === 'emergency', 11_000);
    expect([self.c.steps['drain']?.status, self.c.holds]).toEqual(['unknown', []]);
    await self.halt();
  });

  test('a question asked under the plan that was left is asked again under the new one', async () => {
    let answers: (value: typeof YES) => void = () => {};
    const slow = asking('failure-confirmed');
    slow.check = () => new Promise((resolve) => (answers = resolve));
    const self = await started({ nodes: [slow], emergency: [slow, DECLARE] });
    await self.switches();
    await self.clock.until(() => self.c.plan?.mode === 'emergency');
    answers(YES);
    await self.clock.advance(0);
    expect(self.c.steps['failure-confirmed']?.status ?? 'none').toBe('none');
    answers(YES);
    await self.clock.until(() => self.c.steps['failure-confirmed']?.status === 'alreadyDone');
    await self.halt();
  });
});

test('an abort afterwards undoes what only the old plan had, and what was frozen is lifted at the end', async () => {
  const freeze = scripted('freeze');
  const self = await started({ nodes: [freeze, asking('wait', { answers: [NO], phase: 'promoting' }), LIFT()] });
  await self.clock.until(() => self.c.steps['freeze']?.status === 'done');
  await self.switches();
  await self.clock.until(() => self.c.gates['declare']?.status === 'open');
  await self.append({ type: 'ABORTED', by: 'UOPS', reason: 'it is back' });
  await self.clock.until(() => self.c.endedAt !== null);
  expect([self.c.end, freeze.calls.at(-1), self.c.steps['lift']?.status]).toEqual(['rolledBack', 'undo', 'done']);
  await self.halt();
});

describe('the declaration', () => {
  const opened = async (vote: boolean, votes = 1) => {
    const gates = { declare: policy({ votes, requesterMayVote: true }) };
    const self = await started({ nodes: [asking('wait', { answers: [NO] })], gates });
    await self.switches({ vote });
    await self.clock.until(() => (self.c.gates['declare']?.status ?? 'none') !== 'none');
    await self.halt();
    return self.c.gates['declare']!;
  };
  test('has the vote of whoever wanted it and may approve one; with more votes it waits for somebody else', async () => {
    expect(await opened(true)).toMatchObject({ status: 'approved', how: 'votes', votes: [{ by: 'UOPS' }] });
    expect(await opened(true, 2)).toMatchObject({ status: 'open', votes: [{ by: 'UOPS', reason: 'east is dark' }] });
  });
  test('has none of somebody who only may ask for it', async () => {
    expect(await opened(false)).toMatchObject({ status: 'open', votes: [] });
  });
});

describe('a time box', () => {
  const boxed = (options: Partial<Options> = {}) =>
    started({ nodes: [asking('wait', { answers: [NO], budgetMs: 1000 })], ...options }, { forceAfterMs: 600_000 });

  test('that is over asks people, once, though the run is held', async () => {
    const self = await boxed();
    await self.clock.advance(599_000);
    expect([self.c.holds.length, self.c.switchAsked]).toEqual([1, null]);
    await self.clock.advance(2000);
    expect(self.c.switchAsked).toEqual({
      at: self.c.requestedAt + 600_000,
      why: 'It was to go on as an emergency if it was not promoted 10 min after it was asked for.',
      asks: ['user:UANA'],
    });
    await self.clock.advance(1_200_000);
    expect((await types(self)).filter((type) => type === 'SWITCH_ASKED')).toHaveLength(1);
    expect(self.c.mode).toBe('planned');
    await self.halt();
  });

  test('is of the journal: a restart after it was over asks at once', async () => {
    const first = await boxed();
    await first.halt();
    await first.clock.advance(700_000);
    const self = await rig({ nodes: [asking('wait', { answers: [NO] })], journal: first.journal, clock: first.clock });
    await self.engine.start();
    await self.clock.advance(0);
    expect(self.c.switchAsked).not.toBeNull();
    await self.halt();
  });

  test('switches by itself where nobody need declare; not what is paused, and not while it is halted', async () => {
    const gates = { declare: policy({ required: false }) };
    const self = await boxed({ gates });
    await self.clock.advance(601_000);
    expect(self.c).toMatchObject({ mode: 'emergency', switched: { by: 'runner', voted: false } });
    expect(self.c.byName).toBe('the run was asked for, with a time box of 10 min');
    expect(self.c.gates['declare']).toMatchObject({ status: 'approved', how: 'policy' });
    await self.halt();

    const paused = await boxed({ gates });
    await paused.append({ type: 'PAUSED', by: 'UOPS', reason: null });
    await paused.clock.advance(601_000);
    expect([paused.c.mode, paused.c.switchAsked === null]).toEqual(['planned', false]);
    await paused.halt();

    const halted = await boxed({ gates });
    await halted.ledger.note({ type: 'HALTED', actor: 'person:UOPS', data: { by: 'UOPS', reason: 'odd' } });
    await halted.clock.advance(601_000);
    expect([halted.c.mode, halted.c.switchAsked]).toEqual(['planned', null]);
    await halted.halt();
  });

  test('says that the region was seen down where it was', async () => {
    const watch = { health: () => ({ stage: 'failed' }) as RegionHealth } as unknown as NonNullable<
      Options['ports']
    >['watch'];
    const self = await boxed({ gates: { declare: policy({ required: false }) }, ports: { watch: watch! } });
    await self.clock.advance(601_000);
    expect([self.c.mode, self.c.byName]).toEqual(['emergency', null]);
    await self.halt();
  });
});

describe('what would be lost is part of the plan', () => {
  const MEASURED = (deaf: () => boolean) =>
    asking('loss-measured', {
      phase: 'assessing',
      check: async () => (deaf() ? NO : done({ lossBytes: 10, lossSeconds: 1 }, 'at most 1 s')),
    });
  const PROMOTE = defineGate({ id: 'promote', title: 'promote', phase: 'promoting', after: ['loss-measured'] });
  /** The target cannot be asked before this moment, ms from the start. */
  const emergency = async (deafMs: number, nodes: Options['emergency'] = []) => {
    const heard: { clock?: Rig['clock'] } = {};
    const deaf = () => (heard.clock?.now() ?? 0) < startAt + deafMs;
    let startAt = Number.POSITIVE_INFINITY;
    const ask = async <T>(answer: T): Promise<T> => {
      if (deaf()) throw new Error('too busy');
      return answer;
    };
    const view = { systemIdentifier: '7', lsn: '0/100', receivedLsn: '0/100', timeline: 1, role: 'standby' };
    const last = { at: 900, askedAt: 890, lsn: '0/200', bytesPerSecond: 0, rateSeen: true, role: 'primary' };
    const self = await started({
      nodes: [asking('long', { phase: 'preparing', answers: [NO], budgetMs: 9e6 })],
      emergency: [FAILED, MEASURED(deaf), PROMOTE, ...nodes!, scripted('promote', { phase: 'promoting' })],
      ports: {
        database: {
          observe: async () => view,
          lastBeat: async () => await ask({ at: 800, lsn: '0/90' }),
        },
        watch: { health: () => ({ since: 900, database: last }) },
      } as never,
    });
    heard.clock = self.clock;
    startAt = self.clock.now();
    await self.switches();
    return self;
  };
  const approvedPlan = ({ c }: Rig) =>
    c.gates['promote']?.hash === c.plan?.hash ? c.plan?.bounds.loss : 'another plan';

  test('a busy moment does not leave it out', async () => {
    const self = await emergency(5000);
    await self.clock.until(() => self.c.gates['promote']?.status === 'open');
    expect(approvedPlan(self)).toEqual({ bytes: 256, seconds: 0.1 });
    expect((await self.story()).filter((line) => line === 'PLANNED')).toHaveLength(2);
    await self.halt();
  });

  test('measured only after the plan was made without it: planned anew before anybody is asked', async () => {
    const slow = scripted('scale', { phase: 'assessing', answers: [NO, NO, NO, NO, YES] });
    const self = await emergency(25_000, [slow]);
    await self.clock.until(() => self.c.plan?.mode === 'emergency');
    expect(self.c.plan?.bounds.loss).toBeNull();
    await self.clock.until(() => self.c.gates['promote']?.status === 'open');
    expect(approvedPlan(self)).toEqual({ bytes: 256, seconds: 0.1 });
    await self.halt();
  });
});
