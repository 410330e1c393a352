/** What a step is told of the run it belongs to: out of the run's state alone. */
import { currentPlan, stepNode, stepState } from '../machine/facts.ts';
import type { Context } from '../machine/types.ts';
import type { StepFacts } from '../steps/step.ts';

type Around = Pick<StepFacts, 'run' | 'system' | 'signal'>;

/** @throws Error while the run has no plan: nothing is asked or done before */
export function factsOf(c: Context, step: string, around: Around): StepFacts {
  const { plan } = c;
  if (plan === null) throw new Error('this run has no plan yet');
  const { status, attempt, intendedAt } = stepState(c, step);
  const phase = stepNode(c, step)?.phase;
  const isBegun = !['none', 'notDone'].includes(status);
  return {
    ...around,
    requestedBy: c.requestedBy,
    attempt: isBegun ? attempt : attempt + 1,
    source: plan.source,
    target: plan.target,
    values: plan.values,
    mode: plan.mode,
    bounds: plan.bounds,
    selection: c.selection,
    byName: c.byName,
    evidenceOf: (id) => stepState(c, id).evidence,
    beforeOf: (id) => stepState(c, id).before,
    endedOf: (id) => stepState(c, id).endedAt,
    own: {
      underWay: isBegun,
      intendedAt,
      phaseAt: phase === undefined || phase === 'atEnd' ? null : (c.phases[phase]?.entered ?? null),
      watch: c.watch?.step === step ? c.watch : null,
      lost: c.watch?.cut?.lost ?? null,
      isLeft: currentPlan(c) === null,
    },
  };
}
