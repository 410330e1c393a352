/**
 * Questions one can ask of a run's context. Pure; the machine's guards, `due()`, the cards and the commands
 * all ask here, so that a button is offered exactly when the machine would take it.
 */
import type { Context, GateNode, GateState, Phase, Plan, PlanNode, StepNode, StepState } from './types.ts';

const NO_STEP: StepState = {
  status: 'none',
  attempt: 0,
  before: null,
  evidence: null,
  summary: null,
  why: null,
  intendedAt: null,
  endedAt: null,
  deadline: null,
};
const NO_GATE: GateState = {
  status: 'none',
  round: 0,
  hash: null,
  openedAt: null,
  decidedAt: null,
  deadline: null,
  votes: [],
  evidence: {},
  escalated: false,
  reason: null,
  how: null,
};

export const stepState = (c: Context, id: string): StepState => c.steps[id] ?? NO_STEP;
export const gateState = (c: Context, id: string): GateState => c.gates[id] ?? NO_GATE;

export const nodeOf = (c: Context, id: string): PlanNode | undefined => c.nodes.find((node) => node.id === id);
/** A step of this run, one of an earlier plan included: what was attempted can still be settled and undone. */
export function stepNode(c: Context, id: string): StepNode | undefined {
  const node = nodeOf(c, id) ?? c.former.find((step) => step.id === id);
  return node?.kind === 'step' ? node : undefined;
}
export function gateNode(c: Context, id: string): GateNode | undefined {
  const node = nodeOf(c, id);
  return node?.kind === 'gate' ? node : undefined;
}
export const stepsOf = (c: Context, phase: StepNode['phase']): StepNode[] =>
  c.nodes.filter((node): node is StepNode => node.kind === 'step' && node.phase === phase);
export const gatesOf = (c: Context, phase: Phase): GateNode[] =>
  c.nodes.filter((node): node is GateNode => node.kind === 'gate' && node.phase === phase);

/** The plan the run goes by now; none while one for another mode is still to be made. */
export const currentPlan = (c: Context): Plan | null => (c.plan?.mode === c.mode ? c.plan : null);

const everyStep = (c: Context): StepNode[] => [
  ...c.nodes.filter((node): node is StepNode => node.kind === 'step'),
  ...c.former,
];

/** A step that has ended well or was skipped; a gate that was approved. */
export function settled(c: Context, id: string): boolean {
  const node = nodeOf(c, id);
  if (node === undefined) return false;
  return node.kind === 'gate'
    ? gateState(c, id).status === 'approved'
    : ['done', 'alreadyDone', 'skipped'].includes(stepState(c, id).status);
}

export const inFlight = (c: Context): StepNode[] =>
  everyStep(c).filter((node) => ['intended', 'undoIntended'].includes(stepState(c, node.id).status));

export const gatesApproved = (c: Context, phase: Phase): boolean =>
  gatesOf(c, phase).every((gate) => gateState(c, gate.id).status === 'approved');

/** A phase is over when nothing holds, its gates are approved, its steps settled and none of them is in flight. */
export const phaseOver = (c: Context, phase: Phase): boolean =>
  currentPlan(c) !== null &&
  c.holds.length === 0 &&
  gatesApproved(c, phase) &&
  stepsOf(c, phase).every((step) => settled(c, step.id));

/** May start now: planned, nothing holds, everything it comes after is settled, and it has not been tried or is proven not done. */
export function runnable(c: Context, id: string, phase: StepNode['phase']): boolean {
  const node = nodeOf(c, id);
  return (
    node?.kind === 'step' &&
    node.phase === phase &&
    c.holds.length === 0 &&
    // What tidies up is done under whatever plan there was, and does not wait for what an early end leaves out.
    (phase === 'atEnd' ? c.plan !== null : currentPlan(c) !== null && gatesApproved(c, phase)) &&
    node.after.every((other) => settled(c, other) || (phase === 'atEnd' && stepNode(c, other)?.phase !== 'atEnd')) &&
    ['none', 'notDone'].includes(stepState(c, id).status)
  );
}

/** May be asked: as soon as what it rests on is settled, whatever the phase. */
export function askable(c: Context, id: string): boolean {
  const gate = gateNode(c, id);
  return (
    gate !== undefined &&
    currentPlan(c) !== null &&
    c.holds.length === 0 &&
    gateState(c, id).status === 'none' &&
    gate.after.every((other) => settled(c, other))
  );
}

/**
 * The step that took away the way back, if one did: its undo is impossible and it was intended and never since proven
 * not done. A check step changes nothing and never counts.
 */
export const noReturn = (c: Context, except?: string): StepNode | undefined =>
  everyStep(c).find(
    (node) =>
      node.id !== except &&
      node.effect &&
      node.noUndo !== null &&
      ['intended', 'unknown', 'done', 'alreadyDone'].includes(stepState(c, node.id).status),
  );

/**
 * What an abort would undo, in order: everything attempted, unknown included, last first. "Not done" may mean half done
 * (a fence whose pods are still ending): restoring is safe to repeat, so it is restored all the same. Not so a toggle
 * that is proven not done; nor what cannot be undone, which an abort only meets when nothing came of it.
 */
export const toUndo = (c: Context): StepNode[] =>
  c.firstIntents
    .toReversed()
    .flatMap((id) => stepNode(c, id) ?? [])
    .filter((node) => {
      const { status } = stepState(c, node.id);
      if (node.noUndo !== null) return false;
      return status === 'notDone' ? node.repeat !== 'once' : !['undone', 'none'].includes(status);
    });

export const holdOn = (c: Context, kind: Context['holds'][number]['kind'], ref: string) =>
  c.holds.find((hold) => hold.kind === kind && hold.ref === ref);

export const approvals = (gate: GateState): string[] =>
  gate.votes.filter((vote) => vote.vote === 'approve').map((vote) => vote.by);
