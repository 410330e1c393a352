/** When a region counts as failed, told in seconds: blips, gaps in the data, flapping, and the runbook's own times. */
import { describe, expect, it } from 'vitest';
import type { Reading } from '../../src/monitor/look.ts';
import { observe, quiet, type Stage, type TriggerPolicy, type TriggerState } from '../../src/monitor/trigger.ts';

const POLICY: TriggerPolicy = {
  forMs: { scoreLow: 120_000, errorsHigh: 60_000, cut: 60_000, critical: 0 },
  confirmCutMs: 30_000,
  recoverForMs: 20_000,
};
const well: Reading = { scoreLow: false, errorsHigh: false, cut: false, critical: false };
const cut: Reading = { ...well, scoreLow: true, cut: true, critical: null, errorsHigh: null };
const nothing: Reading = { scoreLow: null, errorsHigh: null, cut: null, critical: null };

/** One reading every ten seconds; the stage after each. */
function play(readings: Reading[], from: TriggerState = quiet): { stages: Stage[]; state: TriggerState } {
  let state = from;
  const start = from.last === null ? 0 : from.last.at + 10_000;
  const stages = readings.map((reading, n) => {
    state = observe(state, reading, start + n * 10_000, POLICY);
    return state.stage;
  });
  return { stages, state };
}
const goesOn = (state: TriggerState, readings: Reading[], doubted: boolean): Stage[] => {
  const stages: Stage[] = [];
  for (const reading of readings) {
    state = observe(state, reading, state.last!.at + 10_000, POLICY, doubted);
    stages.push(state.stage);
  }
  return stages;
};
const times = (n: number, reading: Reading): Reading[] => Array.from({ length: n }, () => reading);

describe('a region that does not answer', () => {
  it('is suspected at once, confirmed after 30 s, failed after its own time', () => {
    expect(play(times(8, cut)).stages).toEqual([
      'suspected',
      'suspected',
      'suspected',
      'confirmed',
      'confirmed',
      'confirmed',
      'failed',
      'failed',
    ]);
  });
  it('is back after 43 s: confirmed meanwhile, never failed, withdrawn once it has been well for a while', () => {
    const { stages, state } = play([...times(5, cut), ...times(4, well)]);
    expect(stages).not.toContain('failed');
    expect(stages.slice(-3)).toEqual(['confirmed', 'quiet', 'quiet']);
    expect(state.since).toBeNull();
  });
  it('keeps its stage while it flaps', () => {
    const flapping = Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? cut : well));
    expect(play([...times(4, cut), ...flapping]).stages.slice(4)).toEqual(times(10, cut).map(() => 'confirmed'));
  });
  it('is remembered from its first sign of trouble on', () => {
    expect(play([...times(2, well), ...times(3, cut)]).state.since).toBe(20_000);
  });
});

describe('no data', () => {
  it('is neither healthy nor failed: it adds nothing and forgets nothing', () => {
    expect(play(times(100, nothing)).stages.at(-1)).toBe('quiet');
    const { stages } = play([...times(3, cut), ...times(50, nothing), ...times(2, cut)]);
    expect(stages.slice(3, 53).every((stage) => stage === 'suspected')).toBe(true);
    expect(stages.slice(-2)).toEqual(['suspected', 'confirmed']);
  });
  it('does not withdraw a suspicion', () => {
    expect(play([...times(4, cut), ...times(50, nothing)]).stages.at(-1)).toBe('confirmed');
  });
});

describe('the runbook’s other conditions', () => {
  const low: Reading = { ...well, scoreLow: true };
  const errors: Reading = { ...well, errorsHigh: true };
  it('a low score counts after two minutes', () => {
    expect(play(times(12, low)).stages).not.toContain('failed');
    expect(play(times(13, low)).stages.at(-1)).toBe('failed');
  });
  it('errors count after one minute', () => {
    expect(play(times(6, errors)).stages).not.toContain('failed');
    expect(play(times(7, errors)).stages.at(-1)).toBe('failed');
  });
  it('a critical part counts at once', () => {
    expect(play([{ ...well, critical: true }]).stages).toEqual(['failed']);
  });
  it('begin anew after the region was seen well', () => {
    expect(play([...times(10, low), well, ...times(10, low)]).stages).not.toContain('failed');
  });
});

describe('a region of which some place still sees trouble, though too few to agree', () => {
  it('stays suspected until nobody does', () => {
    const { state } = play(times(4, cut));
    const unsaid: Reading = { ...well, scoreLow: null };
    expect(goesOn(state, times(6, unsaid), true).at(-1)).toBe('confirmed');
    expect(goesOn(state, times(6, unsaid), false).at(-1)).toBe('quiet');
  });
});
