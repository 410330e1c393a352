/**
 * A run in numbers: how long each part of it took, what it cost, and whether it did what was promised. Out of its state
 * alone, so that it reads the same a year later. null is what nobody knows, never zero. All lengths in ms.
 */
import { gatesOf, stepState } from '../machine/facts.ts';
import { type Context, type End, PHASES, type StepNode } from '../machine/types.ts';

export type Loss = { bytes: number; seconds: number };

export type RunMetrics = {
  end: End | null;
  /** From the first confirmed bad sight to the run; null where nothing had failed. */
  detectionMs: number | null;
  /** From the run to the last decision it needed. */
  decisionMs: number | null;
  /** How long some decision was owed, whatever went on beside it. */
  waitedMs: number;
  /** From the run to verified service. */
  executionMs: number | null;
  /** The clock of the recovery time: from the first confirmed bad sight (planned: the request) to verified service. */
  recoveryMs: number | null;
  /** How long clients could not write: an emergency's begins with the first bad sight. */
  downtimeMs: number | null;
  loss: Loss | null;
  criteria: Criterion[];
};

/** null: it cannot be said. `of`: steps it rests on that did not end as they should, by their titles. */
export type Criterion = { name: 'rto' | 'rpo' | 'services' | 'loss' | 'health'; met: boolean | null; of: string[] };

/** Asks the services themselves, as clients do. */
const SERVICES = ['public-health', 'critical-workflows'];
const PROVEN = ['done', 'alreadyDone'];

/** When the clock of the recovery time began, ms since the epoch. */
export function beganAt(c: Context): number {
  const since = c.mode === 'emergency' ? stepState(c, 'failure-confirmed').evidence?.['since'] : null;
  return typeof since === 'number' && since > 0 && since < c.requestedAt ? since : c.requestedAt;
}

/** When service was verified: what secures and closes the run lies outside the recovery time. */
export const servedAt = (c: Context): number | null =>
  c.end === 'completed' ? (c.phases.verifying?.to ?? null) : null;

/** What was lost: nothing where that was proven, else the bound that was measured; null where nobody can say. */
export function lossOf(c: Context): Loss | null {
  if (PROVEN.includes(stepState(c, 'prove-replicated').status)) return { bytes: 0, seconds: 0 };
  const { lossBytes, lossSeconds } = stepState(c, 'loss-measured').evidence ?? {};
  if (typeof lossBytes !== 'number' || typeof lossSeconds !== 'number') return null;
  return { bytes: lossBytes, seconds: lossSeconds };
}

export function metricsOf(c: Context): RunMetrics {
  const began = beganAt(c);
  const served = servedAt(c);
  const decided = decisions(c);
  const last = decided.at(-1)?.to ?? null;
  const loss = c.end === 'completed' ? lossOf(c) : null;
  const recoveryMs = served === null ? null : served - began;
  return {
    end: c.end,
    detectionMs: began < c.requestedAt ? c.requestedAt - began : null,
    decisionMs: last === null ? null : last - c.requestedAt,
    waitedMs: covered(decided),
    executionMs: served === null ? null : served - c.requestedAt,
    recoveryMs,
    downtimeMs: downtimeOf(c),
    loss,
    criteria: c.end === 'completed' ? criteriaOf(c, recoveryMs, loss) : [],
  };
}

/** Decisions that were asked and made, by people or by time, in the order they were made. */
const decisions = (c: Context): { from: number; to: number }[] =>
  PHASES.flatMap((phase) => gatesOf(c, phase))
    .flatMap(({ id }) => {
      const { openedAt, decidedAt, how } = c.gates[id] ?? {};
      // What policy decides is decided as it is asked.
      return openedAt == null || decidedAt == null || how === 'policy' ? [] : [{ from: openedAt, to: decidedAt }];
    })
    .toSorted((a, b) => a.to - b.to);

/** How much time lies within any of them. */
function covered(spans: { from: number; to: number }[]): number {
  let until = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    sum += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return sum;
}

/**
 * Since when clients are not served, and until when; null: not yet. An emergency's begins with the first bad sight: its
 * writers were stopped by nobody.
 */
export function outageOf(c: Context): { from: number | null; to: number | null } {
  const { from, to } = c.outage;
  if (c.mode === 'planned') return { from, to };
  return { from: firstOf(failedAt(c), from), to: to ?? servedAt(c) };
}

/** When an emergency's region failed, as far as it was seen. Declared although nothing was wrong: clients were served. */
function failedAt(c: Context): number | null {
  if (c.byName !== null) return null;
  const since = stepState(c, 'failure-confirmed').evidence?.['since'];
  if (typeof since === 'number' && since > 0) return since;
  // A planned run that goes on as an emergency began well.
  return c.switched === null ? beganAt(c) : null;
}

const firstOf = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

function downtimeOf(c: Context): number | null {
  const { from, to } = outageOf(c);
  if (from !== null) return to === null ? null : Math.max(0, to - from);
  // Nothing stopped any writer.
  return c.mode === 'planned' ? 0 : null;
}

function criteriaOf(c: Context, recoveryMs: number | null, loss: Loss | null): Criterion[] {
  const { rtoMs, rpoMs } = c.objectives;
  const verifying = c.nodes.filter((node): node is StepNode => node.kind === 'step' && node.phase === 'verifying');
  const services = verifying.filter(({ id }) => SERVICES.includes(id));
  return [
    { name: 'rto', met: recoveryMs === null ? null : recoveryMs <= rtoMs, of: [] },
    { name: 'rpo', met: loss === null ? null : loss.seconds * 1000 <= rpoMs, of: [] },
    { name: 'services', ...allOf(c, services) },
    { name: 'loss', met: loss === null ? null : loss.bytes === 0, of: [] },
    {
      name: 'health',
      ...allOf(
        c,
        verifying.filter(({ id }) => !SERVICES.includes(id)),
      ),
    },
  ];
}

/** What was skipped was not seen to be so; of what ended with a warning nobody can say. */
function allOf(c: Context, steps: StepNode[]): Pick<Criterion, 'met' | 'of'> {
  const unseen = steps.filter(({ id }) => !PROVEN.includes(stepState(c, id).status));
  const unsure = steps.filter(({ id }) => typeof stepState(c, id).evidence?.['warning'] === 'string');
  const met = unseen.length > 0 ? false : steps.length === 0 || unsure.length > 0 ? null : true;
  return { met, of: [...new Set([...unseen, ...unsure])].map(({ title }) => title) };
}

/** Of the runs that have ended: how many completed, and how many of those kept everything that was promised. */
export function successOf(runs: Context[]): { ended: number; completed: number; kept: number } {
  const ended = runs.filter(({ endedAt }) => endedAt !== null);
  const completed = ended.filter(({ end }) => end === 'completed');
  const kept = completed.filter((c) => metricsOf(c).criteria.every(({ met }) => met === true));
  return { ended: ended.length, completed: completed.length, kept: kept.length };
}
