/**
 * When service is expected to be verified: now and the usual time of what is left until then. Expected, never promised:
 * people's waiting is not in it. Pure; recomputed whenever it is told.
 */
import { gatesOf, settled, stepState, stepsOf } from '../machine/facts.ts';
import { type Context, PHASES, type Phase, type StepNode } from '../machine/types.ts';

/** How long steps usually take, ms by id. */
export type Usual = Record<string, number>;

const LAST: Phase = 'verifying';
/** One run that was slow says little, and neither does what was usual years ago. */
const MOST_RUNS = 20;

/** The median over the latest runs that completed: half of the time it took no longer. */
export function usualTimes(runs: Context[]): Usual {
  const took = new Map<string, number[]>();
  for (const c of runs.filter(({ end, endedAt }) => end === 'completed' && endedAt !== null).slice(-MOST_RUNS))
    for (const phase of PHASES)
      for (const step of stepsOf(c, phase)) {
        const ms = tookMs(c, phase, step);
        if (ms !== null) took.set(step.id, [...(took.get(step.id) ?? []), ms]);
      }
  return Object.fromEntries([...took].map(([id, all]) => [id, middle(all)]));
}

/** The lower one of two in the middle. */
const middle = (all: number[]): number => all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) / 2)]!;

/** From when it could begin to its end; null where it was not seen to be done at the first attempt. */
function tookMs(c: Context, phase: Phase, { id, after }: StepNode): number | null {
  const { status, endedAt, attempt } = stepState(c, id);
  const entered = c.phases[phase]?.entered;
  if (!['done', 'alreadyDone'].includes(status) || endedAt === null || attempt > 1 || entered === undefined)
    return null;
  const before = [
    entered,
    ...after.map((other) => stepState(c, other).endedAt ?? 0),
    // A step waits for the decisions of its phase.
    ...gatesOf(c, phase).map((gate) => c.gates[gate.id]?.decidedAt ?? 0),
  ];
  return Math.max(0, endedAt - Math.max(...before));
}

/** Steps of a phase go on side by side, so of each phase the longest chain counts. ms since the epoch. */
export function expectedAt(c: Context, usual: Usual, now: number): number {
  const left = PHASES.slice(0, PHASES.indexOf(LAST) + 1).map((phase) => longest(c, phase, usual, now));
  return now + left.reduce((sum, ms) => sum + ms, 0);
}

function longest(c: Context, phase: Phase, usual: Usual, now: number): number {
  const steps = new Map(stepsOf(c, phase).map((step) => [step.id, step]));
  const known = new Map<string, number>();
  const through = (id: string): number => {
    const step = steps.get(id);
    if (step === undefined) return 0;
    const before = known.get(id);
    if (before !== undefined) return before;
    const sum = leftOf(c, step, usual, now) + Math.max(0, ...step.after.map(through));
    known.set(id, sum);
    return sum;
  };
  return Math.max(0, ...[...steps.keys()].map(through));
}

/** Nobody's past runs say: what it was said to take, else all it is given. */
function leftOf(c: Context, step: StepNode, usual: Usual, now: number): number {
  if (settled(c, step.id)) return 0;
  const whole = usual[step.id] ?? step.usualMs ?? step.budgetMs;
  const { status, intendedAt } = stepState(c, step.id);
  return status === 'intended' && intendedAt !== null ? Math.max(0, whole - Math.max(0, now - intendedAt)) : whole;
}
