/**
 * What each fact does to a run's context. Pure: (context, event) → the part that changes.
 * Whether an event is accepted at all is decided by the guards in machine.ts; nothing here refuses.
 */
import { gateState, holdOn, nodeOf, standIn, standsInFor, stepNode, stepState } from './facts.ts';
import { recoveryChange } from './recovery.ts';
import type { Context, EventOf, GateState, Hold, PlanNode, RunEvent, StepNode, StepState } from './types.ts';

type Change = Partial<Context>;

const withStep = (c: Context, id: string, change: Partial<StepState>): Change => ({
  steps: { ...c.steps, [id]: { ...stepState(c, id), ...change } },
});
const withGate = (c: Context, id: string, change: Partial<GateState>): Change => ({
  gates: { ...c.gates, [id]: { ...gateState(c, id), ...change } },
});

function withHold(c: Context, hold: Omit<Hold, 'n'>): Change {
  if (holdOn(c, hold.kind, hold.ref)) return {};
  const n = c.holdCount + 1;
  return { holds: [...c.holds, { ...hold, n }], holdCount: n, heldSince: c.heldSince ?? hold.since };
}

/** Gate deadlines stand still while anything holds: lifting the last hold moves them by the time it stood. */
function withoutHolds(c: Context, at: number, gone: (hold: Hold) => boolean): Change {
  const holds = c.holds.filter((hold) => !gone(hold));
  if (holds.length > 0 || c.heldSince === null) return { holds };
  const stood = at - c.heldSince;
  const gates = Object.fromEntries(
    Object.entries(c.gates).map(([id, gate]) => [
      id,
      gate.status === 'open' && gate.deadline !== null ? { ...gate, deadline: gate.deadline + stood } : gate,
    ]),
  );
  return { holds, heldSince: null, gates };
}
const withoutHold = (c: Context, at: number, kind: Hold['kind'], ref: string): Change =>
  withoutHolds(c, at, (hold) => hold.kind === kind && hold.ref === ref);

/** Applies one change after another, each seeing what the one before it did. */
function inTurn(c: Context, ...changes: ((c: Context) => Change)[]): Change {
  const sum: Change = {};
  for (const change of changes) Object.assign(sum, change({ ...c, ...sum }));
  return sum;
}

/** Other nodes; what was attempted or gone without and is not among them is kept: it is undone, or looked back on. */
function withNodes(c: Context, nodes: PlanNode[]): Change {
  const former = [...c.nodes, ...c.former].filter(
    (node): node is StepNode =>
      node.kind === 'step' &&
      (c.firstIntents.includes(node.id) || stepState(c, node.id).status === 'skipped') &&
      !nodes.some((other) => other.id === node.id),
  );
  return { nodes, former };
}

/** Clients' writes are served again with the end of the step that proves it, observed or marked. */
const writesServed = (c: Context, step: string, at: number): Change =>
  stepNode(c, step)?.clock === 'writes-serve' && c.outage.from !== null && c.outage.to === null
    ? { outage: { ...c.outage, to: at } }
    : {};

/** The proof was had after all, or is tried again: nobody is asked to do without it now. */
function withoutStandIn(c: Context, step: string): Change {
  const gate = standIn(c, step);
  if (gate === undefined || gateState(c, gate.id).status === 'none') return {};
  return withGate(c, gate.id, {
    status: 'none',
    votes: [],
    reason: 'the proof is asked for again, or was had after all',
  });
}

function stepEnded(
  c: Context,
  event: EventOf<'STEP_DONE' | 'STEP_ALREADY_DONE'>,
  status: 'done' | 'alreadyDone',
): Change {
  return inTurn(
    c,
    (now) =>
      withStep(now, event.step, {
        status,
        evidence: event.evidence,
        summary: event.summary,
        why: null,
        deadline: null,
        within: null,
        endedAt: event.at,
      }),
    (now) => withoutHold(now, event.at, 'step', event.step),
    (now) => withoutStandIn(now, event.step),
    (now) => writesServed(now, event.step, event.at),
  );
}

/** The way back gives clients their writes back: once nothing that stopped a writer stands any more. */
function servedAgain(c: Context, at: number): Change {
  if (c.outage.from === null || c.outage.to !== null) return {};
  const stopped = c.firstIntents.filter((id) => stepNode(c, id)?.clock === 'writes-stop');
  return stopped.every((id) => stepState(c, id).status === 'undone') ? { outage: { ...c.outage, to: at } } : {};
}

function planned(c: Context, { plan, at }: EventOf<'PLANNED'>): Change {
  const { source, target, mode } = plan;
  const base = { plan, ...withNodes(c, plan.nodes), source, target, mode };
  const same = c.plan?.hash === plan.hash;
  // What was denied or ran out was another plan's: with the gate its hold falls, or nothing could lift it any more.
  const lifted = withoutHolds(
    c,
    at,
    (hold) => (hold.kind === 'step' && hold.ref === 'plan') || (hold.kind === 'gate' && !same),
  );
  if (same) return { ...lifted, ...base };
  // Approvals are of a plan: another plan, nothing approved. The rounds go on counting, they name the cards.
  const gates = Object.fromEntries(
    Object.entries(c.gates).map(([id, gate]) => [id, { ...gate, status: 'none' as const, votes: [], hash: null }]),
  );
  return { ...lifted, ...base, gates };
}

function outcome(c: Context, event: EventOf<'STEP_NOT_DONE' | 'STEP_UNKNOWN'>): Change {
  // After the end it is written down, and there is nothing left to hold. Nor where people have taken over: it is theirs.
  const theirs = c.end === 'takenOver' && stepNode(c, event.step)?.phase !== 'atEnd';
  // Where a gate stands in for this proof, people are asked there.
  const status = event.type === 'STEP_UNKNOWN' ? 'unknown' : 'notDone';
  const asked = standsInFor(standIn(c, event.step), status) && !(event.type === 'STEP_NOT_DONE' && event.again);
  // What belongs to a plan that was left holds nothing up: it is still undone by an abort.
  const left = nodeOf(c, event.step) === undefined;
  const held = c.endedAt === null && !theirs && !asked && !left && (event.type === 'STEP_UNKNOWN' || !event.again);
  return inTurn(
    c,
    (now) =>
      withStep(now, event.step, {
        status,
        // A check step that failed without an intent of its own still counts as tried.
        attempt: event.attempt,
        why: event.why,
        evidence: event.evidence,
        deadline: null,
        within: null,
        endedAt: event.at,
      }),
    (now) => (held ? withHold(now, { kind: 'step', ref: event.step, why: event.why, since: event.at }) : {}),
  );
}

/**
 * Another plan for the same run: what was done stays done, and every question is asked anew, for what was proven was
 * proven of another moment. An answer to a question that is still out changes nothing then.
 */
function askedAnew(c: Context, nodes: PlanNode[]): Change {
  const asks = nodes.flatMap((node) => (node.kind === 'step' && !node.effect ? [node.id] : []));
  const steps = Object.fromEntries(
    Object.entries(c.steps).map(([id, state]) =>
      asks.includes(id) && state.status !== 'skipped' ? [id, { ...state, status: 'none' as const }] : [id, state],
    ),
  );
  return { steps };
}

/** Only what was sent and is in both plans still holds: of the rest nobody needs to decide anything. */
const stillHeld = (c: Context, { kind, ref }: Hold): boolean =>
  kind === 'person' ||
  kind === 'replay' ||
  (kind === 'step' && nodeOf(c, ref) !== undefined && stepNode(c, ref)!.effect);

function switched(c: Context, event: EventOf<'MODE_SWITCHED'>): Change {
  const { at, by, mode, runbook, reason, gaveUp, vote: voted, byName, nodes } = event;
  return inTurn(
    c,
    // The plan stays until there is another: an abort before that still has to know what to undo where.
    (now) => ({ mode, runbook, byName, ...withNodes(now, nodes), switched: { by, at, reason, gaveUp, voted } }),
    (now) => askedAnew(now, nodes),
    (now) => ({
      gates: Object.fromEntries(
        Object.entries(now.gates).map(([id, gate]) => [
          id,
          { ...gate, status: 'none' as const, votes: [], reason: `the run goes on as an ${mode}` },
        ]),
      ),
    }),
    (now) => withoutHolds(now, at, (hold) => !stillHeld(now, hold)),
    (now) => ({ overrides: [...now.overrides, { rule: `mode ${mode}`, by, reason: gaveUp }] }),
  );
}

/** The change an accepted event makes. Facts about phases and ends are made by the machine's own transitions. */
export function apply(c: Context, event: RunEvent): Change {
  const { at } = event;
  switch (event.type) {
    case 'REQUESTED':
      return {
        ...Object.fromEntries(Object.entries(event).filter(([key]) => !['type', 'at', 'actor'].includes(key))),
        requestedAt: at,
        // Nothing showed that it is lost: a person said so, and somebody else looks at that afterwards.
        ...(event.byName == null
          ? {}
          : { overrides: [{ rule: `declare ${event.source}`, by: event.requestedBy, reason: event.byName }] }),
      };
    case 'PLANNED':
      return planned(c, event);
    case 'PLAN_UNKNOWN':
      return withHold(c, { kind: 'step', ref: 'plan', why: event.why, since: at });
    case 'GATE_OPENED':
      return withGate(c, event.gate, {
        status: 'open',
        round: gateState(c, event.gate).round + 1,
        hash: event.hash,
        openedAt: at,
        decidedAt: null,
        deadline: event.deadline,
        votes: [],
        evidence: event.evidence,
        escalated: false,
        extended: 0,
        reason: null,
        how: null,
      });
    case 'VOTED': {
      const { by, vote, reason } = event;
      return withGate(c, event.gate, { votes: [...gateState(c, event.gate).votes, { by, vote, at, reason }] });
    }
    case 'GATE_DECIDED': {
      const { gate, decision, how, reason } = event;
      return inTurn(
        c,
        (now) => withGate(now, gate, { status: decision, decidedAt: at, deadline: null, how, reason }),
        (now) =>
          decision === 'approved' ? {} : withHold(now, { kind: 'gate', ref: gate, why: reason ?? decision, since: at }),
      );
    }
    case 'GATE_ESCALATED':
      return withGate(c, event.gate, { escalated: true, deadline: event.deadline });
    case 'GATE_EXTENDED':
      return withGate(c, event.gate, {
        deadline: event.deadline,
        extended: gateState(c, event.gate).extended + 1,
      });
    case 'GATE_REOPENED':
      return inTurn(
        c,
        (now) => withGate(now, event.gate, { status: 'none', reason: event.why }),
        (now) => withoutHold(now, at, 'gate', event.gate),
      );
    case 'STEP_INTENDED': {
      const node = stepNode(c, event.step);
      const first = node?.effect === true && !c.firstIntents.includes(event.step);
      return {
        ...withStep(c, event.step, {
          status: 'intended',
          attempt: event.attempt,
          before: stepState(c, event.step).before ?? event.before,
          intendedAt: at,
          endedAt: null,
          deadline: event.deadline,
          why: null,
          within: null,
        }),
        ...(first ? { firstIntents: [...c.firstIntents, event.step] } : {}),
        ...(node?.clock === 'writes-stop' && c.outage.from === null ? { outage: { from: at, to: null } } : {}),
      };
    }
    case 'STEP_ALREADY_DONE':
      return stepEnded(c, event, 'alreadyDone');
    case 'STEP_DONE':
      return stepEnded(c, event, 'done');
    case 'STEP_NOT_DONE':
    case 'STEP_UNKNOWN':
      return outcome(c, event);
    case 'STEP_MARKED':
      return inTurn(
        c,
        (now) =>
          withStep(now, event.step, { status: event.as === 'done' ? 'done' : 'notDone', deadline: null, endedAt: at }),
        (now) => withoutHold(now, at, 'step', event.step),
        (now) => (event.as === 'done' ? writesServed(now, event.step, at) : {}),
        (now) => ({
          overrides: [...now.overrides, { rule: `mark ${event.step} ${event.as}`, by: event.by, reason: event.reason }],
        }),
      );
    case 'STEP_SKIPPED':
      return inTurn(
        c,
        (now) => withStep(now, event.step, { status: 'skipped', endedAt: at }),
        (now) => withoutHold(now, at, 'step', event.step),
        (now) => ({
          overrides: [
            ...now.overrides,
            {
              rule: `${stepNode(now, event.step)?.rule ? 'waive' : 'skip'} ${event.step}`,
              by: event.by,
              reason: event.reason,
            },
          ],
        }),
      );
    case 'STEP_RETRIED':
      return inTurn(
        c,
        (now) => {
          // What is unknown is asked again, never sent again: back to "intended", which only ever settles.
          const { status } = stepState(now, event.step);
          const within = event.within ?? null;
          if (status === 'unknown') return withStep(now, event.step, { status: 'intended', deadline: at, within });
          if (status === 'undoUnknown')
            return withStep(now, event.step, { status: 'undoIntended', deadline: at, within });
          // A proof that people were asked to do without is asked for again, not left to them.
          if (standIn(now, event.step) && status === 'notDone')
            return withStep(now, event.step, { status: 'none', within });
          return within === null ? {} : withStep(now, event.step, { within });
        },
        (now) => withoutHold(now, at, 'step', event.step),
        (now) => withoutStandIn(now, event.step),
      );
    case 'WATCH_SEEN': {
      const { step, until, findings, streams, unread } = event;
      const known = c.watch?.step === step ? c.watch : null;
      const begins = findings.length > 0 && (known?.findings ?? []).length === 0;
      return {
        watch: {
          step,
          findings,
          streams,
          unread,
          from: known?.from ?? at,
          // Said once: nothing seen later makes it longer without a word.
          until: known?.until ?? until,
          troubles: (known?.troubles ?? 0) + (begins ? 1 : 0),
          had: [...new Set([...(known?.had ?? []), ...findings.map(({ id }) => id)])],
        },
      };
    }
    case 'WATCH_ENDED': {
      const { step, by, why, next, lost } = event;
      return inTurn(
        c,
        (now) => withStep(now, step, { status: 'skipped', endedAt: at }),
        // A person has decided, or the region is gone: nothing older stands in the way.
        (now) => withoutHolds(now, at, () => true),
        (now) => ({
          watch: { ...now.watch!, cut: { at, by, why, next, lost } },
          // Of a region that is lost there is nothing left to watch; else somebody has gone on without the rest of it.
          ...(lost === null ? { overrides: [...now.overrides, { rule: `skip ${step}`, by, reason: why }] } : {}),
        }),
      );
    }
    case 'UNDO_INTENDED':
      return withStep(c, event.step, { status: 'undoIntended', attempt: event.attempt, deadline: event.deadline });
    case 'UNDO_DONE':
      return inTurn(
        c,
        (now) => withStep(now, event.step, { status: 'undone', evidence: event.evidence, deadline: null, endedAt: at }),
        (now) => withoutHold(now, at, 'step', event.step),
        (now) => servedAgain(now, at),
      );
    case 'UNDO_UNKNOWN':
      return inTurn(
        c,
        (now) => withStep(now, event.step, { status: 'undoUnknown', why: event.why, deadline: null, endedAt: at }),
        (now) =>
          now.endedAt === null ? withHold(now, { kind: 'step', ref: event.step, why: event.why, since: at }) : {},
      );
    case 'PAUSED':
      return withHold(c, { kind: 'person', ref: event.by, why: event.reason ?? 'paused', since: at });
    case 'RESUMED':
      return withoutHolds(c, at, (hold) => hold.kind === 'person' || hold.kind === 'replay');
    case 'MODE_SWITCHED':
      return switched(c, event);
    case 'SWITCH_ASKED':
      return { switchAsked: { at, why: event.why, asks: event.asks } };
    case 'ABORTED':
    case 'TAKEN_OVER':
      // A person has decided: nothing older than that decision stands in its way.
      return withoutHolds(c, at, () => true);
    case 'REPLAY_HELD':
      return withHold(c, { kind: 'replay', ref: 'replay', why: event.why, since: at });
    case 'REVIEWED':
      return { reviewed: { by: event.by, at, note: event.note } };
    case 'ASSESSED':
    case 'RECOVERY_ADDED':
    case 'RECOVERY_SET':
    case 'RECOVERY_DONE':
    case 'RECOVERY_REOPENED':
    case 'RECOVERY_RETURN':
      return recoveryChange(c, event);
    case 'NOTED':
    case 'RESTARTED':
      return {};
  }
}
