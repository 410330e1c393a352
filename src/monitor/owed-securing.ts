/**
 * What an emergency run could not do in a region that did not answer, done when it does: its own steps of the phase
 * `securing` and the owner's that may be owed, asked and run as the runner would have. The run is over by then; what
 * comes of it stands in the stream `system`.
 */
import { sentenceOf } from '../lib/errors.ts';
import { stepState } from '../machine/facts.ts';
import type { Context, Evidence } from '../machine/types.ts';
import type { JournalRow } from '../ports/journal.ts';
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
  /** The stream `system`: what was ordered before a restart. Absent: nothing was. */
  rows?(): Promise<Pick<JournalRow, 'type' | 'data'>[]>;
  /** How long one call may take, ms. */
  callMs: number;
};

const INTENDED = 'OWED_STEP_INTENDED';
/** How often work of the owner is tried that comes to nothing: like a step of a run that nobody is asked about. */
const TRIES = 3;

const keyOf = (run: string, step: string): string => `${run} ${step}`;

/** For `FenceKeeper.secure`: null while the run is still at it, or while something is still owed afterwards. */
export function owedSecuring(world: SecuringWorld): (owed: Owed, stop: AbortSignal) => Promise<string[] | null> {
  /** What was seen first, by run and step: as the runner keeps it. */
  const firsts = new Map<string, Evidence>();
  /** How often each was ordered: work of the owner is a new attempt each time, and looked at by its own key. */
  let ordered: Promise<Map<string, number>> | null = null;
  return async (owed, stop) => {
    const { context } = owed;
    // While the run goes on its steps are the runner's.
    if (context.end === null) return null;
    const due = world.steps.filter((step) => stepState(context, step.id).evidence?.['owed'] === true);
    if (context.plan === null || due.length === 0) return [];
    ordered ??= orderedBefore(world).catch((error: unknown) => {
      ordered = null;
      throw error;
    });
    const tries = await ordered;
    const did: string[] = [];
    const left = new Set<string>();
    for (const step of due) {
      // What must not come before something that is not done yet waits with it.
      if (step.after?.some((id) => left.has(id))) {
        left.add(step.id);
        continue;
      }
      try {
        const said = await secured(world, owed, step, { firsts, tries, stop });
        if (said === null) left.add(step.id);
        else did.push(said);
      } catch (error) {
        stop.throwIfAborted();
        did.push(`${step.id} failed: ${sentenceOf(error)}`);
      }
    }
    return left.size === 0 ? did : null;
  };
}

async function orderedBefore({ rows }: SecuringWorld): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { type, data } of (await rows?.()) ?? []) {
    if (type !== INTENDED) continue;
    const key = keyOf(String(data['run']), String(data['step']));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

type Kept = { firsts: Map<string, Evidence>; tries: Map<string, number>; stop: AbortSignal };

/** One step, asked and where needed run: what came of it in words, or null while it is still owed. */
async function secured(
  world: SecuringWorld,
  { run, context, source }: Owed,
  step: StepDefinition,
  { firsts, tries, stop }: Kept,
): Promise<string | null> {
  const key = keyOf(run, step.id);
  const tried = tries.get(key) ?? 0;
  const handed = (attempt: number): Ports & StepFacts => ({
    ...world.ports,
    ...factsOf(context, step, firsts.get(key)),
    attempt: stepState(context, step.id).attempt + attempt,
    system: world.system,
    signal: AbortSignal.any([stop, AbortSignal.timeout(step.callMs ?? world.callMs)]),
  });
  const first = await step.check(handed(Math.max(1, tried)));
  let after = first;
  if (first.is === 'notDone') {
    const own = world.system.scripts.some(({ id }) => id === step.id);
    if (own && tried >= TRIES) return `${step.id} failed ${TRIES} times: ${first.why}`;
    if (!firsts.has(key)) firsts.set(key, first.evidence);
    await world.note({ type: INTENDED, actor: 'runner', data: { run, region: source, step: step.id } });
    tries.set(key, tried + 1);
    try {
      await step.run?.(handed(tried + 1));
    } catch (error) {
      stop.throwIfAborted();
      if (!own || tried + 1 >= TRIES) throw error;
      return null;
    }
    after = await step.check(handed(tried + 1));
  }
  return after.is === 'done' && after.evidence['owed'] !== true ? (after.summary ?? step.id) : null;
}

/** What a step of that run is handed, beside the ports. */
function factsOf(
  context: Context,
  { id: own }: StepDefinition,
  first: Evidence | undefined,
): Omit<StepFacts, 'attempt' | 'system' | 'signal'> {
  const { run, requestedBy } = context;
  const { source, target, values, mode, bounds } = context.plan!;
  return {
    run,
    requestedBy,
    source,
    target,
    values,
    mode,
    bounds,
    evidenceOf: (id) => stepState(context, id).evidence,
    beforeOf: (id) => (id === own ? first : undefined) ?? stepState(context, id).before,
    endedOf: (id) => stepState(context, id).endedAt,
  };
}
