/**
 * The machine that models every failover: one statechart, the runbook's nodes as data in its context.
 * Pure: `transition()` says what an event does; nothing is invoked, no timer is kept (after a restart XState's timers
 * never fire and its invocations run twice). What people are told hangs on events: see announce.ts.
 * Root states are never final: notes and late outcomes arrive after the end.
 */
import { assign, setup } from 'xstate';
import { apply } from './apply.ts';
import * as is from './facts.ts';
import { type RecoveryType, takesRecovery } from './recovery.ts';
import { type Context, type End, PHASES, type Phase, type RunEvent } from './types.ts';

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
/** Guards are given the whole event union; each is only ever wired to the type it names. */
const on =
  <T extends RunEvent['type']>(test: (c: Context, event: Of<T>) => boolean) =>
  ({ context, event }: { context: Context; event: RunEvent }): boolean =>
    test(context, event as Of<T>);

const held = (c: Context, step: string) => is.holdOn(c, 'step', step) !== undefined;
/** People are asked to do without this proof: it may be tried again instead. */
const standInAsked = (c: Context, step: string) => {
  const gate = is.standIn(c, step);
  return gate !== undefined && is.gateState(c, gate.id).status === 'open';
};
/** Tried and not known to be done; not a proof. What took the way back, perhaps, is marked first: skipped, it would be forgotten. */
const skippable = (c: Context, id: string) => {
  const node = is.stepNode(c, id);
  const { status } = is.stepState(c, id);
  return (
    node?.proves === false &&
    (status === 'notDone' ||
      (status === 'unknown' && (!node.effect || node.noUndo === null)) ||
      is.watched(c)?.step === id)
  );
};
/** There is still something to do in its phase: what was approved and done is not asked about again. */
const stillNeeded = (c: Context, gate: string) => {
  const node = is.gateNode(c, gate);
  return node !== undefined && is.stepsOf(c, node.phase).some((step) => !is.settled(c, step.id));
};
const nothingLeft = (c: Context) => is.toUndo(c).length === 0 && is.inFlight(c).length === 0;
const open = (c: Context, gate: string, hash: string) =>
  is.gateState(c, gate).status === 'open' && is.gateState(c, gate).hash === hash;

const machineSetup = setup({
  types: { context: {} as Context, events: {} as RunEvent, tags: {} as 'ended' },
  actions: {
    take: assign(({ context, event }) => apply(context, event)),
    /** A fact that changes nothing here, and is accepted all the same: XState refuses what has neither target nor action. */
    keep: () => {},
    /** A step that failed under `onFailure: rollback` holds nothing: it is the reason to go back. */
    takeWithoutHold: assign(({ context, event }) => ({
      ...apply(context, event),
      holds: context.holds,
      heldSince: context.heldSince,
    })),
    enterPhase: assign(({ context, event }, { phase }: { phase: Phase }) => {
      const known = context.phases[phase];
      return {
        phases: {
          ...context.phases,
          [phase]: { from: known?.from ?? event.at, to: known?.to ?? null, entered: event.at },
        },
      };
    }),
    /** When its work is over, and only then: an abort or another plan leaves it too.
     *  A phase that is only fallen through again (another plan, everything settled) keeps the time it really ended. */
    leavePhase: assign(({ context, event }, { phase }: { phase: Phase }) => {
      const known = context.phases[phase] ?? { from: event.at, to: null, entered: event.at };
      const to = known.to !== null && known.entered === event.at ? known.to : event.at;
      return { phases: { ...context.phases, [phase]: { ...known, to } } };
    }),
    endAs: assign((_, { end }: { end: End }) => ({ end })),
    ended: assign(({ event }) => ({ endedAt: event.at })),
  },
});

const accept = (guard: ReturnType<typeof on>) => ({ guard, actions: 'take' as const });

/** Whatever else is left of `closing`, the new run does not wait for it; what is in flight is still settled. */
const watchEnded = {
  guard: on<'WATCH_ENDED'>((c, e) => is.watched(c)?.step === e.step),
  target: '#finishing',
  actions: [
    'take' as const,
    { type: 'leavePhase' as const, params: { phase: 'closing' as const } },
    { type: 'endAs' as const, params: { end: 'completed' as const } },
  ],
};

const phaseStates = Object.fromEntries(
  PHASES.map((phase, index) => [
    phase,
    {
      initial: 'asking',
      entry: { type: 'enterPhase', params: { phase } },
      always: {
        guard: ({ context }: { context: Context }) => is.phaseOver(context, phase),
        target: PHASES[index + 1] ?? '#finishing',
        actions: [
          { type: 'leavePhase', params: { phase } },
          ...(index === PHASES.length - 1 ? [{ type: 'endAs', params: { end: 'completed' } }] : []),
        ],
      },
      ...(phase === 'closing' ? { on: { WATCH_ENDED: watchEnded } } : {}),
      states: {
        asking: {
          always: {
            guard: ({ context }: { context: Context }) =>
              is.currentPlan(context) !== null && is.gatesApproved(context, phase),
            target: 'working',
          },
        },
        working: {
          always: {
            guard: ({ context }: { context: Context }) =>
              is.currentPlan(context) === null || !is.gatesApproved(context, phase),
            target: 'asking',
          },
          on: {
            STEP_INTENDED: accept(
              on<'STEP_INTENDED'>(
                (c, e) =>
                  is.runnable(c, e.step, phase) &&
                  e.hash === c.plan?.hash &&
                  e.attempt === is.stepState(c, e.step).attempt + 1,
              ),
            ),
            STEP_ALREADY_DONE: accept(on<'STEP_ALREADY_DONE'>((c, e) => is.runnable(c, e.step, phase))),
          },
        },
      },
    },
  ]),
);

const currentAttempt = on<'STEP_DONE' | 'STEP_NOT_DONE' | 'STEP_UNKNOWN'>((c, e) => {
  const { status, attempt } = is.stepState(c, e.step);
  const node = is.stepNode(c, e.step);
  // Asked, and nothing sent yet: a check step's answer, or why a step could not be begun. It counts as the next attempt,
  // unless the run is past such questions: then a late answer must hold nothing.
  const asked =
    node !== undefined &&
    (c.end === null || node.phase === 'atEnd') &&
    ['none', 'notDone'].includes(status) &&
    (e.type === 'STEP_NOT_DONE' || !node.effect);
  return (status === 'intended' && e.attempt === attempt) || (asked && e.attempt === attempt + 1);
});
const currentUndo = on<'UNDO_DONE' | 'UNDO_UNKNOWN'>(
  (c, e) => is.stepState(c, e.step).status === 'undoIntended' && is.stepState(c, e.step).attempt === e.attempt,
);
/** A stream of which REQUESTED is not the first event is no run. */
const begun = ({ context }: { context: Context }) => context.run !== '';
/** An outcome that is not of the current attempt is still a fact: it is told, and changes nothing. */
const outcomeOf = (guard: ReturnType<typeof on>) => [accept(guard), { guard: begun, actions: 'keep' as const }];

/** What is left of a region that was lost goes on past the end. */
const afterwards = accept(on<RecoveryType>(takesRecovery));

const takenOver = { type: 'endAs' as const, params: { end: 'takenOver' as const } };

export const failover = machineSetup.createMachine({
  id: 'failover',
  context: {
    run: '',
    organization: '',
    runbook: '',
    mode: 'planned',
    source: '',
    target: '',
    selection: null,
    byName: null,
    reason: '',
    requestedBy: '',
    requestedAt: 0,
    objectives: { rtoMs: 0, rpoMs: 0 },
    forceAfterMs: null,
    strategy: null,
    nodes: [],
    former: [],
    plan: null,
    steps: {},
    gates: {},
    holds: [],
    holdCount: 0,
    heldSince: null,
    firstIntents: [],
    phases: {},
    outage: { from: null, to: null },
    switchAsked: null,
    switched: null,
    watch: null,
    overrides: [],
    reviewed: null,
    assessed: null,
    recovery: null,
    end: null,
    endedAt: null,
  },
  type: 'parallel',
  states: {
    lifecycle: {
      initial: 'requested',
      states: {
        requested: { on: { REQUESTED: { target: 'forward', actions: 'take' } } },
        forward: {
          id: 'forward',
          initial: PHASES[0],
          states: phaseStates as never,
          on: {
            PLANNED: {
              guard: on<'PLANNED'>((c, e) => is.inFlight(c).length === 0 && e.plan.mode === c.mode),
              target: '#forward',
              actions: 'take',
            },
            PLAN_UNKNOWN: accept(on<'PLAN_UNKNOWN'>((c) => is.currentPlan(c) === null)),
            MODE_SWITCHED: {
              // What is in flight goes on and is waited for before the new plan is made.
              guard: on<'MODE_SWITCHED'>((c, e) => e.mode === 'emergency' && is.maySwitch(c)),
              target: '#forward',
              actions: 'take',
            },
            SWITCH_ASKED: accept(on<'SWITCH_ASKED'>((c) => is.maySwitch(c) && c.switchAsked === null)),
            GATE_OPENED: accept(on<'GATE_OPENED'>((c, e) => is.askable(c, e.gate) && e.hash === c.plan?.hash)),
            VOTED: accept(
              on<'VOTED'>(
                (c, e) => open(c, e.gate, e.hash) && !is.gateState(c, e.gate).votes.some((vote) => vote.by === e.by),
              ),
            ),
            GATE_DECIDED: accept(
              on<'GATE_DECIDED'>(
                (c, e) =>
                  open(c, e.gate, e.hash) &&
                  !(e.decision === 'approved' && e.how === 'votes' && is.isOneHand(c, e.gate)),
              ),
            ),
            GATE_ESCALATED: accept(on<'GATE_ESCALATED'>((c, e) => is.gateState(c, e.gate).status === 'open')),
            GATE_EXTENDED: accept(
              on<'GATE_EXTENDED'>(
                (c, e) => is.mayExtend(c, e.gate) && e.deadline > (is.gateState(c, e.gate).deadline ?? 0),
              ),
            ),
            GATE_REOPENED: accept(
              on<'GATE_REOPENED'>((c, e) => {
                const { status } = is.gateState(c, e.gate);
                return ['denied', 'expired'].includes(status) || (status === 'approved' && stillNeeded(c, e.gate));
              }),
            ),
            STEP_NOT_DONE: {
              guard: on<'STEP_NOT_DONE'>(
                (c, e) =>
                  !e.again &&
                  // Of a plan that was left nothing is a reason to go back.
                  is.nodeOf(c, e.step) !== undefined &&
                  is.stepNode(c, e.step)?.onFailure === 'rollback' &&
                  currentAttempt({ context: c, event: e }) &&
                  is.noReturn(c, e.step) === undefined,
              ),
              target: 'rollingBack',
              actions: 'takeWithoutHold',
            },
            STEP_SKIPPED: accept(on<'STEP_SKIPPED'>((c, e) => skippable(c, e.step))),
            WATCH_SEEN: accept(
              on<'WATCH_SEEN'>((c, e) => is.stepNode(c, e.step)?.effect === false && !is.settled(c, e.step)),
            ),
            ABORTED: [
              {
                guard: on<'ABORTED'>((c) => is.noReturn(c) === undefined),
                target: 'rollingBack',
                actions: 'take',
              },
            ],
          },
        },
        rollingBack: {
          always: [
            {
              guard: ({ context }) =>
                nothingLeft(context) && context.firstIntents.every((id) => is.untouched(context, id)),
              target: 'finishing',
              actions: { type: 'endAs', params: { end: 'aborted' } },
            },
            {
              guard: ({ context }) => nothingLeft(context),
              target: 'finishing',
              actions: { type: 'endAs', params: { end: 'rolledBack' } },
            },
          ],
          on: {
            // Every call of an undo has an intent of its own: one that is tried again renews it.
            UNDO_INTENDED: accept(
              on<'UNDO_INTENDED'>(
                (c, e) =>
                  c.holds.length === 0 &&
                  is.inFlight(c).every((node) => node.id === e.step && is.stepState(c, e.step).status !== 'intended') &&
                  is.toUndo(c)[0]?.id === e.step &&
                  is.stepState(c, e.step).attempt === e.attempt,
              ),
            ),
            // What comes back now is undone in its turn, whatever it is: there is nothing to ask a person.
            STEP_NOT_DONE: { guard: currentAttempt, actions: 'takeWithoutHold' },
            STEP_UNKNOWN: { guard: currentAttempt, actions: 'takeWithoutHold' },
          },
        },
        finishing: {
          id: 'finishing',
          always: (['completed', 'rolledBack', 'aborted', 'takenOver'] as const).map((end) => ({
            guard: ({ context }: { context: Context }) =>
              context.end === end &&
              // Without a plan nothing was begun, so there is nothing to tidy up either.
              (context.plan === null || is.stepsOf(context, 'atEnd').every((step) => is.settled(context, step.id))) &&
              context.holds.length === 0,
            target: end,
          })),
          on: {
            STEP_INTENDED: accept(
              on<'STEP_INTENDED'>(
                (c, e) => is.runnable(c, e.step, 'atEnd') && e.attempt === is.stepState(c, e.step).attempt + 1,
              ),
            ),
            STEP_ALREADY_DONE: accept(on<'STEP_ALREADY_DONE'>((c, e) => is.runnable(c, e.step, 'atEnd'))),
            STEP_SKIPPED: accept(on<'STEP_SKIPPED'>((c, e) => skippable(c, e.step))),
          },
        },
        completed: { tags: 'ended', entry: 'ended' },
        rolledBack: { tags: 'ended', entry: 'ended' },
        aborted: { tags: 'ended', entry: 'ended' },
        takenOver: { id: 'takenOver', tags: 'ended', entry: 'ended' },
      },
    },
    control: {
      initial: 'running',
      states: {
        running: { always: { guard: ({ context }) => context.holds.length > 0, target: 'held' } },
        held: { always: { guard: ({ context }) => context.holds.length === 0, target: 'running' } },
      },
    },
  },
  on: {
    // Facts are never refused: what came back from the world is written down in every state, ended ones too.
    STEP_DONE: outcomeOf(currentAttempt),
    STEP_NOT_DONE: outcomeOf(currentAttempt),
    STEP_UNKNOWN: outcomeOf(currentAttempt),
    UNDO_DONE: outcomeOf(currentUndo),
    UNDO_UNKNOWN: outcomeOf(currentUndo),
    NOTED: { guard: begun, actions: 'take' },
    RESTARTED: { guard: begun, actions: 'take' },
    REPLAY_HELD: accept(on<'REPLAY_HELD'>((c) => c.run !== '' && c.end === null)),
    PAUSED: accept(
      on<'PAUSED'>((c) => c.run !== '' && c.endedAt === null && !c.holds.some((h) => h.kind === 'person')),
    ),
    RESUMED: accept(on<'RESUMED'>((c) => c.holds.some((h) => h.kind === 'person' || h.kind === 'replay'))),
    STEP_RETRIED: accept(on<'STEP_RETRIED'>((c, e) => held(c, e.step) || standInAsked(c, e.step))),
    STEP_MARKED: accept(
      on<'STEP_MARKED'>((c, e) => held(c, e.step) && ['unknown', 'notDone'].includes(is.stepState(c, e.step).status)),
    ),
    TAKEN_OVER: [
      {
        // What tidies up is owed at every end; asked for again while that is under way, it ends at once.
        guard: on<'TAKEN_OVER'>((c) => c.run !== '' && c.end === null),
        target: '#finishing',
        actions: ['take', takenOver],
      },
      {
        guard: on<'TAKEN_OVER'>((c) => c.run !== '' && c.endedAt === null),
        target: '#takenOver',
        actions: ['take', takenOver],
      },
    ],
    REVIEWED: accept(on<'REVIEWED'>((c, e) => is.mayReview(c, e.by))),
    ASSESSED: afterwards,
    RECOVERY_ADDED: afterwards,
    RECOVERY_SET: afterwards,
    RECOVERY_DONE: afterwards,
    RECOVERY_REOPENED: afterwards,
    RECOVERY_RETURN: afterwards,
  },
});
