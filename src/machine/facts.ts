/**
 * Questions one can ask of a run's context. Pure; the machine's guards, `due()`, the cards and the commands
 * all ask here, so that a button is offered exactly when the machine would take it.
 */
import { scoresText } from '../policy/scoring.ts';
import {
  type Context,
  type GateId,
  type GateNode,
  type GateState,
  type Hold,
  LOST_SECONDARY,
  type Phase,
  type Plan,
  type PlanNode,
  REPROTECT,
  type StepNode,
  type StepState,
  type Watch,
} from './types.ts';

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
  within: null,
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
  extended: 0,
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

/** The gate that stands in for this proof, where the plan has one. */
export const standIn = (c: Context, step: string): GateNode | undefined =>
  c.nodes.find((node): node is GateNode => node.kind === 'gate' && node.standsInFor?.step === step);
/** Whether a gate that stands in for a proof is for this answer of it. */
export const standsInFor = (gate: GateNode | undefined, is: string): boolean =>
  gate?.standsInFor != null &&
  (gate.standsInFor.is === is || (gate.standsInFor.is === 'either' && ['unknown', 'notDone'].includes(is)));
/** Whether such a gate is owed: the proof could not be had, in the very way the gate is for. */
export const hasArisen = (c: Context, gate: GateNode): boolean =>
  gate.standsInFor === null || standsInFor(gate, stepState(c, gate.standsInFor.step).status);

/** Whether a person has taken the risk of this very answer of a proof. */
export function isAnsweredFor(c: Context, step: string, is: 'unknown' | 'notDone'): boolean {
  const gate = standIn(c, step);
  return gate !== undefined && standsInFor(gate, is) && gateState(c, gate.id).status === 'approved';
}

/** A step that has ended well or was skipped, or whose missing proof somebody has answered for; a gate that was approved. */
export function settled(c: Context, id: string): boolean {
  const node = nodeOf(c, id);
  if (node === undefined) return false;
  if (node.kind === 'gate') return gateState(c, id).status === 'approved';
  if (['done', 'alreadyDone', 'skipped'].includes(stepState(c, id).status)) return true;
  const gate = standIn(c, id);
  return gate !== undefined && hasArisen(c, gate) && gateState(c, gate.id).status === 'approved';
}

/** The commit window, while it stands: its target is watched, and nobody has gone on without that. */
export const watched = (c: Context): Watch | null =>
  c.watch !== null && c.end === null && !settled(c, c.watch.step) ? c.watch : null;

/** It is over but for what tidies up, and another run has begun with that: it is in nobody's way. */
export const isPassedOn = (c: Context): boolean => c.watch?.cut !== undefined;

/** Undone, and it had changed nothing of the system: what it left is a record of ours. */
export const untouched = (c: Context, step: string): boolean =>
  stepState(c, step).status === 'undone' && stepState(c, step).evidence?.['untouched'] === true;

export const inFlight = (c: Context): StepNode[] =>
  everyStep(c).filter((node) => ['intended', 'undoIntended'].includes(stepState(c, node.id).status));

/** What stands in for a proof is owed only where that proof cannot be had: it holds up that step, not its phase. */
export const gatesApproved = (c: Context, phase: Phase): boolean =>
  gatesOf(c, phase).every((gate) => gate.standsInFor !== null || gateState(c, gate.id).status === 'approved');

/** A phase is over when nothing holds, its gates are approved, its steps settled and none of them is in flight. */
export const phaseOver = (c: Context, phase: Phase): boolean =>
  currentPlan(c) !== null &&
  c.holds.length === 0 &&
  gatesApproved(c, phase) &&
  stepsOf(c, phase).every((step) => settled(c, step.id));

/** Held, and can be looked at without sending anything: an undo cannot, asking about it is undoing it once more. */
export const mayLook = (c: Context, id: string): boolean =>
  holdOn(c, 'step', id) !== undefined &&
  stepNode(c, id) !== undefined &&
  ['unknown', 'notDone'].includes(stepState(c, id).status);
/** More time may settle it by itself. An effect that is known not to be done would only be sent again. */
export const mayWait = (c: Context, id: string): boolean =>
  mayLook(c, id) && (stepState(c, id).status === 'unknown' || stepNode(c, id)?.effect === false);

/** How often one question may be given more time: what nobody decides for that long is asked anew. */
const MOST_EXTENSIONS = 12;
export const mayExtend = (c: Context, gate: string): boolean =>
  gateState(c, gate).status === 'open' && gateState(c, gate).extended < MOST_EXTENSIONS;

/** Whose overrides are looked at by somebody else: nobody reviews their own. */
export const mayReview = (c: Context, person: string): boolean =>
  c.endedAt !== null && c.overrides.length > 0 && c.reviewed === null && c.overrides.every(({ by }) => by !== person);

/** May start now: planned, nothing holds, everything it comes after is settled, and it has not been tried or is proven not done. */
export function runnable(c: Context, id: string, phase: StepNode['phase']): boolean {
  const node = nodeOf(c, id);
  return (
    node?.kind === 'step' &&
    node.phase === phase &&
    c.holds.length === 0 &&
    // What tidies up is done under whatever plan there was, and does not wait for what an early end leaves out; only for
    // what a takeover found in flight, or a freeze that comes late would outlast its lifting.
    (phase === 'atEnd'
      ? c.plan !== null &&
        inFlight(c).every((one) => one.phase === 'atEnd' || stepState(c, one.id).status !== 'intended')
      : currentPlan(c) !== null && gatesApproved(c, phase)) &&
    !standsInFor(standIn(c, id), stepState(c, id).status) &&
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
    hasArisen(c, gate) &&
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
      // What tidies up comes after every undo, and is never taken back.
      if (node.noUndo !== null || node.phase === 'atEnd') return false;
      return status === 'notDone' ? node.repeat !== 'once' : !['undone', 'none'].includes(status);
    });

/** Whoever the run as it is now goes back to: who asked for it, or who wanted it to go on as an emergency. */
export const askedBy = (c: Context): string =>
  c.switched === null || c.switched.by === 'runner' ? c.requestedBy : c.switched.by;

/** A planned run may go on as an emergency, whatever it has done so far; the opposite would trust a region given up. */
export const maySwitch = (c: Context): boolean =>
  c.run !== '' && c.mode === 'planned' && c.runbook !== LOST_SECONDARY && c.runbook !== REPROTECT && c.end === null;

/** Asked once, and decided already: what was approved is no longer so, and new evidence is waited for. */
export const askedAgain = (c: Context): GateNode[] =>
  currentPlan(c) === null
    ? []
    : c.nodes.filter(
        (node): node is GateNode =>
          node.kind === 'gate' &&
          gateState(c, node.id).status === 'none' &&
          gateState(c, node.id).round > 0 &&
          hasArisen(c, node),
      );

export const holdOn = (c: Context, kind: Context['holds'][number]['kind'], ref: string) =>
  c.holds.find((hold) => hold.kind === kind && hold.ref === ref);

export const approvals = (gate: GateState): string[] =>
  gate.votes.filter((vote) => vote.vote === 'approve').map((vote) => vote.by);

/** What is promoted though nobody could prove the fence, two people answer for. */
const COUNTERPART: Partial<Record<string, GateId>> = { promote: 'unverified-fence', 'unverified-fence': 'promote' };

/** Whose approval decided this gate's counterpart: somebody else must stand by this one. null where it is nobody's. */
export function otherHand(c: Context, gate: string): { gate: GateId; by: string } | null {
  const other = COUNTERPART[gate];
  if (other === undefined) return null;
  const state = gateState(c, other);
  const by = state.status === 'approved' && state.how === 'votes' ? approvals(state).at(-1) : undefined;
  return by === undefined ? null : { gate: other, by };
}
/** Nobody but whoever decided its counterpart approves it; `more`: an approval that is not counted yet. */
export function isOneHand(c: Context, gate: string, more: string[] = []): boolean {
  const by = [...approvals(gateState(c, gate)), ...more];
  const other = otherHand(c, gate);
  return other !== null && by.length > 0 && by.every((one) => one === other.by);
}

/** The rules of the house a run is held at now, in the order of their holds. */
export const heldRules = (c: Context): { hold: Hold; step: StepNode }[] =>
  c.holds.flatMap((hold) => {
    const step = hold.kind === 'step' ? stepNode(c, hold.ref) : undefined;
    return step?.rule ? [{ hold, step }] : [];
  });

/** How the target was chosen, in one line; null where somebody named it, or there was no choice. */
export const chosenText = ({ selection }: Pick<Context, 'selection'>): string | null =>
  selection == null ? null : `Chosen by score: ${scoresText(selection.scored)}.`;
