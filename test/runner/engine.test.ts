/** The loop: what is due is done, once; gates are asked and run out; a restart goes on from the journal. */
import { expect, test } from 'vitest';
import { defineGate } from '../../src/steps/step.ts';
import { asking, MAYBE, NO, policy, rig, scripted, YES } from '../support/runner.ts';
import { DNS, decide, ended, GATE, hangs, started } from './engine.rig.ts';

test('from the request to the end: planned, asked, done, in order', async () => {
  const nodes = [
    asking('primary', { answers: [NO, YES] }),
    scripted('scale'),
    GATE,
    scripted('fence', { phase: 'promoting' }),
    scripted('tidy', { phase: 'atEnd' }),
  ];
  const self = await started({ nodes });
  await self.clock.until(() => self.c.gates['promote']?.status === 'open' && self.c.steps['scale']?.status === 'done');
  await self.append(decide(self, 'approved'));
  await self.clock.until(() => ended(self));
  expect(await self.story()).toEqual([
    'REQUESTED',
    'PLANNED',
    'GATE_OPENED promote',
    'STEP_ALREADY_DONE primary',
    'STEP_INTENDED scale 1',
    'STEP_DONE scale 1',
    'GATE_DECIDED promote',
    'STEP_INTENDED fence 1',
    'STEP_DONE fence 1',
    'STEP_INTENDED tidy 1',
    'STEP_DONE tidy 1',
  ]);
  expect(self.logged).toEqual([]);
  await self.halt();
  expect(self.clock.sleepers()).toBe(0);
});

test('steps that nothing orders go side by side, and each is begun once', async () => {
  const [one, two] = [scripted('one'), scripted('two')];
  for (const step of [one, two]) step.run = hangs(step);
  const self = await started({ nodes: [one, two] });
  await self.clock.advance(3000);
  // Everything that wakes the loop finds both at work.
  for (let n = 0; n < 5; n += 1) await self.append({ type: 'NOTED', by: 'UOPS', text: 'hm' });
  await self.clock.advance(3000);
  expect([one.calls.filter((call) => call === 'run'), two.calls.filter((call) => call === 'run')]).toEqual([
    ['run'],
    ['run'],
  ]);
  await self.halt();
});

test('an outcome that calls for another attempt gets one', async () => {
  let calls = 0;
  const step = scripted('scale', {
    callMs: 1000,
    act: () => {
      calls += 1;
      if (calls < 3) throw new Error('ECONNRESET');
    },
  });
  const self = await started({ nodes: [step] });
  await self.clock.until(() => ended(self));
  expect(self.c.steps['scale']).toMatchObject({ status: 'done', attempt: 3 });
  await self.halt();
});

test('a restart says so, of every run under way, and repeats nothing', async () => {
  const step = scripted('scale');
  step.run = hangs(step);
  const first = await started({ nodes: [step] });
  await first.clock.until(() => step.calls.includes('run'));
  await first.halt();

  step.answers = [YES];
  const next = await rig({ nodes: [step], journal: first.journal, clock: first.clock });
  await next.engine.start();
  expect(await next.last()).toMatchObject({ type: 'RESTARTED', checking: ['scale'], actor: 'runner' });
  const deadline = next.c.steps['scale']!.deadline!;
  await next.clock.until(() => ended(next));
  expect(next.clock.now()).toBeGreaterThanOrEqual(deadline);
  expect((await next.story()).slice(-2)).toEqual(['RESTARTED', 'STEP_DONE scale 1']);
  expect(step.calls.filter((call) => call === 'run')).toHaveLength(1);
  await next.halt();

  const last = await rig({ nodes: [step], journal: first.journal, clock: first.clock });
  await last.engine.start();
  expect((await last.story()).filter((one) => one === 'RESTARTED')).toHaveLength(1);
  await last.halt();
});

test('a plan that cannot be made is tried for a while, then people are asked', async () => {
  let works = false;
  const database = {
    observe: async () => {
      if (!works) throw new Error('connect ECONNREFUSED');
      return { systemIdentifier: '7' };
    },
  } as never;
  const self = await started({ nodes: [scripted('scale')], ports: { database } });
  await self.clock.until(() => self.c.holds.length > 0);
  expect(await self.last()).toMatchObject({ type: 'PLAN_UNKNOWN', why: expect.stringContaining('ECONNREFUSED') });
  works = true;
  await self.append({ type: 'STEP_RETRIED', step: 'plan', by: 'UOPS' });
  await self.clock.until(() => ended(self));
  await self.halt();
});

test('a plan that people must mend is not tried again', async () => {
  let identifier = 0;
  let asked = 0;
  const observe = async () => {
    asked += 1;
    identifier += 1;
    return { systemIdentifier: String(identifier) };
  };
  const self = await started({ nodes: [scripted('scale')], ports: { database: { observe } as never } });
  await self.clock.advance(0);
  expect([self.c.holds[0]?.why, asked]).toEqual([expect.stringContaining('not copies of each other'), 2]);
  await self.halt();
});

test('aborted while it plans: it stops planning', async () => {
  const database = { observe: async () => Promise.reject(new Error('no answer')) } as never;
  const self = await started({ nodes: [scripted('scale')], ports: { database } });
  await self.clock.advance(5000);
  await self.append({ type: 'ABORTED', by: 'UOPS', reason: 'no' });
  await self.clock.advance(120_000);
  expect((await self.story()).at(-1)).toBe('ABORTED');
  await self.halt();
});

test('a gate nobody need decide is approved by the configuration, and says so', async () => {
  const nodes = [GATE, scripted('fence', { phase: 'promoting' })];
  const self = await started({ nodes, gates: { promote: policy({ required: false }) } });
  await self.clock.until(() => ended(self));
  expect(self.c.gates['promote']).toMatchObject({ status: 'approved', how: 'policy' });
  await self.halt();
});

test('nobody decides: more people are asked, once, and then it has run out and holds', async () => {
  const self = await started({ nodes: [GATE, scripted('fence', { phase: 'promoting' })] });
  const at = self.clock.now();
  await self.clock.advance(299_000);
  expect(self.c.gates['promote']).toMatchObject({ status: 'open', escalated: false, deadline: at + 300_000 });
  await self.clock.advance(1000);
  expect(self.c.gates['promote']).toMatchObject({ status: 'open', escalated: true, deadline: at + 600_000 });
  await self.clock.advance(300_000);
  expect(self.c.gates['promote']).toMatchObject({
    status: 'expired',
    how: 'timeout',
    reason: 'nobody decided within 10 min: not approved (gates.promote.onTimeout: escalate)',
  });
  expect(self.c.holds).toMatchObject([{ kind: 'gate', ref: 'promote' }]);
  // Asked again, it is a gate like any other.
  await self.append({ type: 'GATE_REOPENED', gate: 'promote', why: 'it timed out' });
  await self.clock.advance(0);
  expect(self.c.gates['promote']).toMatchObject({ status: 'open', round: 2, escalated: false });
  await self.append(decide(self, 'approved'));
  await self.clock.until(() => ended(self));
  await self.halt();
});

test('asked again, what may be skipped is asked and not waited for', async () => {
  const health = asking('health', { answers: [YES] });
  const nodes = [health, defineGate({ ...GATE, after: ['health'] }), scripted('fence', { phase: 'promoting' })];
  const self = await started({ nodes });
  await self.clock.until(() => self.c.gates['promote']?.status === 'open');
  await self.append(decide(self, 'denied'));
  health.answers = [{ ...NO, evidence: { trouble: ['a node is gone'] } }];
  await self.append({ type: 'GATE_REOPENED', gate: 'promote', why: 'it was denied' });
  await self.clock.until(() => self.c.gates['promote']?.status === 'open');
  expect(self.c.gates['promote']).toMatchObject({ round: 2, evidence: { health: { trouble: ['a node is gone'] } } });
  await self.halt();
});

test('asked again, it is asked on evidence that is so now, and not before it is', async () => {
  const lag = asking('lag', { answers: [YES], proves: true });
  const nodes = [lag, defineGate({ ...GATE, after: ['lag'] }), scripted('fence', { phase: 'promoting' })];
  const self = await started({ nodes });
  await self.clock.until(() => self.c.gates['promote']?.status === 'open');
  await self.append(decide(self, 'denied'));
  lag.answers = [NO, NO, { ...YES, evidence: { lagSeconds: 2 } }];
  await self.append({ type: 'GATE_REOPENED', gate: 'promote', why: 'it was denied' });
  await self.clock.advance(1999);
  expect(self.c.gates['promote']?.status).toBe('none');
  await self.clock.advance(1);
  expect(self.c.gates['promote']).toMatchObject({ status: 'open', round: 2, evidence: { lag: { lagSeconds: 2 } } });
  await self.halt();
});

test.each([
  ['deny', 'expired', 'nobody decided within 5 min: not approved (gates.promote.onTimeout: deny)'],
  ['approve', 'approved', 'nobody decided within 5 min: approved by policy (gates.promote.onTimeout: approve)'],
] as const)(
  'by configuration a gate may %s when its time is over, and says who decided and why',
  async (onTimeout, status, reason) => {
    const self = await started({
      nodes: [GATE, scripted('fence', { phase: 'promoting' })],
      gates: { promote: policy({ onTimeout }) },
    });
    await self.clock.advance(301_000);
    expect(self.c.gates['promote']).toMatchObject({ status, how: 'timeout', reason });
    const rows = (await self.journal.read('eden-1')).filter(({ type }) => type === 'GATE_DECIDED');
    expect(rows.map(({ actor, data }) => [actor, data['decision'], data['reason']])).toEqual([
      ['runner', status, reason],
    ]);
    await self.halt();
  },
);

test('a proof that nobody can have is never answered for by time, nor by a configuration', async () => {
  const stand = (id: 'unverified-fence' | 'data-loss') =>
    defineGate({ id, title: id, phase: 'promoting', after: [], standsInFor: { step: 'proof', is: 'unknown' } });
  for (const id of ['unverified-fence', 'data-loss'] as const) {
    const proof = asking('proof', { answers: [MAYBE], phase: 'promoting', proves: true, budgetMs: 1000 });
    const careless = policy({ onTimeout: 'approve', required: false });
    const self = await started({ nodes: [proof, stand(id)], gates: { [id]: careless } });
    await self.clock.until(() => self.c.gates[id]?.status === 'open');
    const { deadline } = self.c.gates[id]!;
    await self.clock.advance(deadline! - self.clock.now() + 1000);
    expect(self.c.gates[id]).toMatchObject({ status: 'open', escalated: true });
    await self.clock.advance(300_000);
    expect(self.c.gates[id]).toMatchObject({ status: 'expired', how: 'timeout' });
    await self.halt();
  }
});

test('while something holds, no gate runs out; afterwards each has the time it had left', async () => {
  const nodes = [GATE, DNS, scripted('fence', { phase: 'promoting' })];
  const self = await started({ nodes, gates: { promote: policy({ onTimeout: 'approve' }) } });
  await self.clock.advance(100_000);
  await self.append({ type: 'PAUSED', by: 'UOPS', reason: null });
  await self.clock.advance(3_000_000);
  expect(self.c.gates['promote']?.status).toBe('open');
  await self.append({ type: 'RESUMED', by: 'UOPS' });
  await self.clock.advance(199_000);
  expect(self.c.gates['promote']?.status).toBe('open');
  await self.clock.advance(1000);
  expect(self.c.gates['promote']?.status).toBe('approved');
  await self.halt();
});

test('a bug in a step is logged and slowed down, and does not stop the others', async () => {
  const good = scripted('good');
  const self = await started({ nodes: [good, scripted('bad')] });
  self.world.steps.delete('bad');
  await self.clock.until(() => self.c.steps['good']?.status === 'done');
  await self.clock.advance(5000);
  expect(self.logged.length).toBeGreaterThan(3);
  expect(self.logged.length).toBeLessThan(10);
  expect(self.logged[0]).toMatchObject({ level: 'error', fields: { error: 'this version has no step bad' } });
  await self.halt();
});

test('an abort undoes in turn, and the run is over', async () => {
  const order: string[] = [];
  const nodes = ['a', 'b', 'c'].map((id, index) => {
    const step = scripted(id, { after: index > 0 ? ['abc'[index - 1]!] : [] });
    step.undo = async () => {
      order.push(id);
      return {};
    };
    return step;
  });
  const self = await started({
    nodes: [...nodes, asking('wait', { phase: 'preparing', answers: [NO], budgetMs: 9e6 })],
  });
  await self.clock.until(() => self.c.steps['c']?.status === 'done');
  await self.append({ type: 'ABORTED', by: 'UOPS', reason: 'no' });
  await self.clock.until(() => ended(self));
  expect([order, self.c.end]).toEqual([['c', 'b', 'a'], 'rolledBack']);
  await self.halt();
});

test('a run that another version wrote is left alone', async () => {
  const first = await started({ nodes: [GATE, scripted('fence', { phase: 'promoting' })] });
  await first.clock.advance(0);
  await first.halt();
  const { length } = await first.journal.read('eden-1');
  const odd = { at: 1, actor: 'x', type: 'MOON_LANDED', deadline: null, data: {} };
  await first.journal.transact((tx) => tx.append('eden-1', length, 1, [odd]));
  const next = await rig({ nodes: [GATE], journal: first.journal, clock: first.clock });
  await next.engine.start();
  await next.clock.advance(900_000);
  expect(await next.journal.read('eden-1')).toHaveLength(length + 1);
  await next.halt();
});
