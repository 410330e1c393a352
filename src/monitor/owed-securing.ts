/**
 * What an emergency run could not do in a region that did not answer, done when it does: its own steps of the phase
 * `securing`, asked and run as the runner would have. The run is over by then; what comes of it stands in the stream
 * `system`.
 */
import { sentenceOf } from '../lib/errors.ts';
import { stepState } from '../machine/facts.ts';
import type { Evidence } from '../machine/types.ts';
import type { Ports, StepDefinition, StepFacts } from '../steps/step.ts';
import type { System } from '../steps/system.ts';
import type { Owed } from './owed.ts';

export type SecuringWorld = {
  ports: Ports;
  system: System;
  /** In the order they are to be done in. */
  steps: StepDefinition[];
  /** Written before each is run; throws when another leads now. */
  note(entry: { type: string; actor: string; data: { [key: string]: string } }): Promise<unknown>;
  /** How long one call may take, ms. */
  callMs: number;
};

/** For `FenceKeeper.secure`: null while the run is still at it, or while something is still owed afterwards. */
export function owedSecuring(world: SecuringWorld): (owed: Owed, stop: AbortSignal) => Promise<string[] | null> {
  /** What was seen first, by run and step: as the runner keeps it. */
  const firsts = new Map<string, Evidence>();
  return async ({ run, context, source }, stop) => {
    // While the run goes on its steps are the runner's.
    if (context.end === null) return null;
    const { plan } = context;
    const due = world.steps.filter((step) => stepState(context, step.id).evidence?.['owed'] === true);
    if (plan === null || due.length === 0) return [];
    const did: string[] = [];
    let left = 0;
    for (const step of due) {
      const key = `${run} ${step.id}`;
      const handed = (): Ports & StepFacts => ({
        ...world.ports,
        run,
        requestedBy: context.requestedBy,
        attempt: stepState(context, step.id).attempt + 1,
        source: plan.source,
        target: plan.target,
        values: plan.values,
        mode: plan.mode,
        bounds: plan.bounds,
        system: world.system,
        signal: AbortSignal.any([stop, AbortSignal.timeout(step.callMs ?? world.callMs)]),
        evidenceOf: (id) => stepState(context, id).evidence,
        beforeOf: (id) => (id === step.id ? firsts.get(key) : undefined) ?? stepState(context, id).before,
        endedOf: (id) => stepState(context, id).endedAt,
      });
      try {
        const first = await step.check(handed());
        if (first.is === 'notDone') {
          if (!firsts.has(key)) firsts.set(key, first.evidence);
          await world.note({
            type: 'OWED_STEP_INTENDED',
            actor: 'runner',
            data: { run, region: source, step: step.id },
          });
          await step.run?.(handed());
        }
        const after = first.is === 'done' ? first : await step.check(handed());
        if (after.is === 'done' && after.evidence['owed'] !== true) did.push(after.summary ?? step.id);
        else left += 1;
      } catch (error) {
        stop.throwIfAborted();
        did.push(`${step.id} failed: ${sentenceOf(error)}`);
      }
    }
    return left === 0 ? did : null;
  };
}
