/** How far, how fast, how long still: from what was seen lately, never a guess. */
import { describe, expect, it } from 'vitest';
import { Progresses } from '../../src/runner/progress.ts';

const MB = (done: number, total: number | null = 675) => ({
  done: done * 1e6,
  total: total === null ? null : total * 1e6,
  unit: 'bytes',
});
/** One look a second, from `start`, with what was done by then. */
function watched(list: number[], total: number | null = 675, everyMs = 1000) {
  const progresses = new Progresses();
  for (const [index, done] of list.entries()) progresses.saw('eden-1', 'copy', MB(done, total), 5000 + index * everyMs);
  return progresses.of('eden-1')['copy']!;
}

describe('what is under way', () => {
  it('nothing, until it is seen', () => {
    expect(new Progresses().of('eden-1')).toEqual({});
  });
  it('one look says how far, and nothing about how fast', () => {
    expect(watched([100])).toEqual({ ...MB(100), perSecond: null, leftMs: null });
    expect(watched([100, 140], 675, 400)).toMatchObject({ perSecond: null, leftMs: null });
  });
  it('two looks say how fast', () => {
    expect(watched([100, 150])).toMatchObject({ done: 150e6, perSecond: 50e6, leftMs: 10_500 });
  });
  it('without a total nobody knows how long', () => {
    expect(watched([100, 150], null)).toMatchObject({ total: null, perSecond: 50e6, leftMs: null });
  });
  it('the rate is that of the last ten seconds, not of the beginning', () => {
    // 100 MB/s for ten seconds, then 10.
    const fast = Array.from({ length: 11 }, (_, at) => at * 100);
    const slow = Array.from({ length: 10 }, (_, at) => 1000 + (at + 1) * 10);
    expect(watched([...fast, ...slow.slice(0, 5)], 5000).perSecond).toBe(55e6);
    expect(watched([...fast, ...slow], 5000).perSecond).toBe(10e6);
  });
  it('looks far apart still make a rate', () => {
    expect(watched([0, 300, 600], 900, 30_000)).toMatchObject({ perSecond: 10e6, leftMs: 30_000 });
  });
  it('what stalls comes to a stop, and nobody knows how long', () => {
    const stalled = [0, 100, ...Array.from({ length: 12 }, () => 100)];
    expect(watched(stalled)).toMatchObject({ done: 100e6, perSecond: 0, leftMs: null });
  });
  it('what begins anew is not going backwards', () => {
    expect(watched([0, 300, 20])).toMatchObject({ done: 20e6, perSecond: null, leftMs: null });
    const progresses = new Progresses();
    progresses.saw('eden-1', 'copy', MB(1), 0);
    progresses.saw('eden-1', 'copy', { done: 2e6, total: 3e6, unit: 'rows' }, 2000);
    expect(progresses.of('eden-1')['copy']).toMatchObject({ unit: 'rows', perSecond: null });
    progresses.saw('eden-1', 'copy', { done: 2e6, total: 3e6, unit: 'rows', part: 'apply' }, 4000);
    expect(progresses.of('eden-1')['copy']).toMatchObject({ part: 'apply', perSecond: null });
  });
  it('more done than there is: nothing is left', () => {
    expect(watched([600, 700])).toMatchObject({ leftMs: 0 });
  });
});

it('steps and runs are apart, and what is over is forgotten', () => {
  const progresses = new Progresses();
  const told: string[] = [];
  progresses.onChange((run, step) => told.push(`${run} ${step}`));
  progresses.saw('eden-1', 'copy', MB(1), 0);
  progresses.saw('eden-1', 'backup', MB(2), 0);
  progresses.saw('eden-2', 'copy', MB(3), 0);
  expect(Object.keys(progresses.of('eden-1'))).toEqual(['copy', 'backup']);
  // Every step that is asked about says so, those without progress too.
  progresses.saw('eden-1', 'scale-up', null, 0);
  progresses.saw('eden-3', 'copy', null, 0);
  progresses.saw('eden-1', 'copy', null, 1000);
  expect(Object.keys(progresses.of('eden-1'))).toEqual(['backup']);
  progresses.saw('eden-1', 'backup', null, 1000);
  expect([progresses.of('eden-1'), progresses.of('eden-2')]).toMatchObject([{}, { copy: { done: 3e6 } }]);
  expect(told).toEqual(['eden-1 copy', 'eden-1 backup', 'eden-2 copy', 'eden-1 copy', 'eden-1 backup']);
});
