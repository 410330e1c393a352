/** When the fence of a region that was left is owed, read off the runs and the system stream. */
import { expect, it } from 'vitest';
import { initial } from '../../src/machine/replay.ts';
import { type Context, REPROTECT, type StepState } from '../../src/machine/types.ts';
import { owedFence, settledRuns } from '../../src/monitor/owed.ts';

const run = (id: number, more: Partial<Context> & { promoted?: StepState['status'] } = {}): Context => {
  const { promoted = 'done', ...rest } = more;
  return {
    ...initial().context,
    run: `eden-${id}`,
    mode: 'emergency',
    source: 'east',
    target: 'west',
    steps: { 'promote-postgres': { status: promoted } as StepState },
    ...rest,
  };
};
const owedBy = (runs: Context[], settled: string[] = []) => owedFence(runs, settled)?.run ?? null;

it('from the promotion of an emergency on, and past its end', () => {
  expect(owedBy([])).toBeNull();
  for (const promoted of ['none', 'intended', 'unknown', 'notDone'] as const)
    expect(owedBy([run(1, { promoted })]), promoted).toBeNull();
  expect(owedBy([run(1)])).toBe('eden-1');
  expect(owedBy([run(1, { promoted: 'alreadyDone' })])).toBe('eden-1');
  expect(owedBy([run(1, { end: 'completed' })])).toBe('eden-1');
  expect(owedFence([run(1)], [])).toMatchObject({ source: 'east', target: 'west' });
});

it('not of a planned run, nor where people go on by hand', () => {
  expect(owedBy([run(1, { mode: 'planned' })])).toBeNull();
  expect(owedBy([run(1, { end: 'takenOver' })])).toBeNull();
});

it('not while a run goes back there; one that came to nothing leaves it owed, one that arrived does not', () => {
  const back = { mode: 'planned', source: 'west', target: 'east', promoted: 'none' } as const;
  expect(owedBy([run(1, { end: 'completed' }), run(2, back)])).toBeNull();
  expect(owedBy([run(1, { end: 'completed' }), run(2, { ...back, end: 'aborted' })])).toBe('eden-1');
  expect(owedBy([run(1, { end: 'completed' }), run(2, { ...back, promoted: 'done' })])).toBeNull();
  // Another emergency has another region to keep away.
  expect(owedBy([run(1, { end: 'completed' }), run(2, { source: 'west', target: 'north' })])).toBe('eden-2');
});

it('not any more once the region is a standby, or somebody has said that it is theirs', () => {
  const row = (type: string, id: string) => ({ type, data: { run: id } });
  const settled = settledRuns([
    row('FENCE_SETTLED', 'eden-1'),
    row('NOTED', 'eden-2'),
    row('FENCE_RELEASED', 'eden-3'),
  ]);
  expect(settled).toEqual(['eden-1', 'eden-3']);
  expect(owedBy([run(1)], settled)).toBeNull();
  expect(owedBy([run(2)], settled)).toBe('eden-2');
});

it('from when nobody could be ordered there, while the run still means to promote', () => {
  const left = (fence: Partial<StepState>, more: Partial<Context> = {}) =>
    run(1, {
      steps: { 'fence-lost-source': { status: 'done', evidence: { owed: true }, ...fence } as StepState },
      ...more,
    });
  expect(owedBy([left({})])).toBe('eden-1');
  expect(owedBy([left({ evidence: { owed: false } })])).toBeNull();
  for (const status of ['intended', 'undoIntended', 'undone'] as const) expect(owedBy([left({ status })])).toBeNull();
  expect(owedBy([left({}, { end: 'aborted' })])).toBeNull();
});

it('not while a run starts it as a standby; before that, and where it came to nothing, it is kept off', () => {
  const mending = (attempt: number, more: Partial<Context> = {}) =>
    run(2, {
      mode: 'planned',
      runbook: REPROTECT,
      steps: { 'start-standby': { status: 'intended', attempt } as StepState },
      ...more,
    });
  const lost = run(1, { end: 'completed' });
  expect(owedBy([lost, mending(0)])).toBe('eden-1');
  expect(owedBy([lost, mending(1)])).toBeNull();
  expect(owedBy([lost, mending(1, { source: 'north' })])).toBe('eden-1');
  for (const end of ['completed', 'takenOver', 'aborted'] as const)
    expect(owedBy([lost, mending(1, { end })])).toBe('eden-1');
});
