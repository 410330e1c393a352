/** What single facts do to the context, where the lifecycle's tests do not look. */
import { expect, test } from 'vitest';
import { check, gate, NODES, step, story, upToPromoting } from '../support/machine.ts';

test('the evidence before the first attempt is kept, whatever later attempts see', () => {
  const run = story().begin(NODES).found('checked');
  run.intend('scale', { replicas: 1 }).notDone('scale', { again: true }).intend('scale', { replicas: 2 }).done('scale');
  expect(run.c.steps['scale']).toMatchObject({ attempt: 2, before: { replicas: 1 }, evidence: { id: 'scale' } });
});

test('a request keeps everything but what only the event knew', () => {
  const { c } = story().request(NODES);
  expect(c).toMatchObject({ run: 'eden-1', requestedBy: 'UREQ', requestedAt: 1000, nodes: NODES, plan: null });
  expect(Object.keys(c)).not.toContain('actor');
});

test('the context is JSON: nothing of it is lost on the way through a journal', () => {
  const { c } = upToPromoting().finish('fence').pause().resume().abort().undo('fence', 'scale');
  expect(JSON.parse(JSON.stringify(c))).toEqual(c);
});

test('the outage clock runs from the first intent that stops writes to the proof that they are served', () => {
  const nodes = [
    step('stop', 'promoting', { clock: 'writes-stop' }),
    step('also', 'promoting', { clock: 'writes-stop', after: ['stop'] }),
    check('serve', 'promoting', { clock: 'writes-serve', after: ['also'] }),
    step('later', 'securing'),
  ];
  const run = story().begin(nodes).intend('stop');
  const from = run.at;
  expect(run.c.outage).toEqual({ from, to: null });
  run.done('stop').finish('also');
  expect(run.c.outage).toEqual({ from, to: null });
  const marked = story().begin(nodes).finish('stop', 'also').notDone('serve', { attempt: 1 });
  run.found('serve');
  expect(run.c.outage).toEqual({ from, to: run.at });
  marked.take({ type: 'STEP_MARKED', step: 'serve', as: 'done', by: 'UOPS', reason: 'seen' });
  expect(marked.c.outage.to).toBe(marked.at);
});

test('found serving without ever having stopped starts no clock', () => {
  const run = story().begin([check('serve', 'promoting', { clock: 'writes-serve' }), step('x', 'securing')]);
  expect(run.found('serve').c.outage).toEqual({ from: null, to: null });
});

test('holds are counted for good, one for each reason at a time', () => {
  const run = story().begin(NODES).found('checked').intend('scale').pause().unknown('scale');
  expect(run.c.holds.map(({ n, kind, ref }) => [n, kind, ref])).toEqual([
    [1, 'person', 'UOPS'],
    [2, 'step', 'scale'],
  ]);
  run.retry('scale').unknown('scale');
  expect(run.c.holds.map(({ n }) => n)).toEqual([1, 3]);
});

test('a gate asked anew starts without votes, with a round and evidence of its own', () => {
  const run = story()
    .begin([...NODES, gate('two', 'closing', { votes: 2 })])
    .found('checked');
  run.open('go').take(run.voted('go', 'UANA')).decide('go', 'approved');
  run.take({ type: 'GATE_REOPENED', gate: 'go', why: 'lag 9 s' });
  expect(run.c.gates['go']).toMatchObject({ status: 'none', round: 1, reason: 'lag 9 s' });
  run.open('go');
  expect(run.c.gates['go']).toMatchObject({ status: 'open', round: 2, votes: [], decidedAt: null, reason: null });
});
