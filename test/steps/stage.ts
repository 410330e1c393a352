/** A planned run's steps over the world in memory, one at a time, handed what the runner would hand them. */
import { expect } from 'vitest';
import type { Evidence, PlanValues } from '../../src/machine/types.ts';
import type { Answer } from '../../src/ports/answer.ts';
import { makePlan, recordsFor } from '../../src/steps/planning.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import { nodesFor, type Ports, type StepDefinition, type StepFacts } from '../../src/steps/step.ts';
import type { FencePlan, System } from '../../src/steps/system.ts';
import { system as makeSystem } from './system.ts';
import { makeWorld } from './world.ts';

export type Stage = Awaited<ReturnType<typeof stage>>;

/** The world as it is before a failover from east to west, and its plan. */
export async function stage(fence?: FencePlan, more: Partial<System> = {}) {
  const { state, ports } = makeWorld();
  const system = makeSystem(fence, more);
  if (system.cache === null) state.sentinels = null;
  for (const { type, name, ttl, values } of recordsFor(system, 'east'))
    state.records[`${type} ${name}`] = { ttl, values };
  const signal = new AbortController().signal;
  const [source, target] = ['east', 'west'];
  const nodes = nodesFor(planned, system, source, target);
  const plan = await makePlan({ runbook: 'planned', mode: 'planned', source, target, nodes }, system, ports, signal);
  const left = {
    before: {} as Record<string, Evidence>,
    evidence: {} as Record<string, Evidence>,
    ended: {} as Record<string, number>,
  };
  const values: PlanValues = plan.values;
  const handed: Ports & StepFacts = {
    ...ports,
    run: 'eden-1',
    requestedBy: 'UANA',
    attempt: 1,
    source,
    target,
    values,
    mode: 'planned',
    bounds: plan.bounds,
    system,
    signal,
    evidenceOf: (id) => left.evidence[id] ?? null,
    beforeOf: (id) => left.before[id] ?? null,
    endedOf: (id) => left.ended[id] ?? null,
  };
  const undoOf = (step: StepDefinition) => {
    if (typeof step.undo !== 'function') throw new Error(`${step.id} has no undo`);
    return step.undo;
  };
  return {
    state,
    ports,
    plan,
    values,
    system,
    handed,
    /** What steps before this one have left in the journal. */
    left,
    check: (step: StepDefinition, more: Partial<StepFacts> = {}): Promise<Answer> => step.check({ ...handed, ...more }),
    run: async (step: StepDefinition): Promise<Evidence | undefined> => await step.run!(handed),
    /** As the runner does it: what the first check saw is kept, the run's own report wins. */
    async does(step: StepDefinition): Promise<Answer> {
      const first = await step.check(handed);
      expect(first.is, `${step.id} before it is run`).toBe('notDone');
      left.before[step.id] = first.evidence;
      const report = await step.run!(handed);
      const after = await step.check(handed);
      left.evidence[step.id] = { ...after.evidence, ...report };
      return after;
    },
    undo: (step: StepDefinition): Promise<Evidence> => undoOf(step)({ ...handed, before: left.before[step.id] ?? {} }),
  };
}

/** The words behind an answer, whichever it is. */
export const wordsOf = (answer: Answer): string =>
  answer.is === 'done' ? `done: ${answer.summary}` : `${answer.is}: ${answer.why}`;
