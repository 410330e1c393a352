/** Runs told as stories: nodes, plans and events with everything a test does not care about filled in. */
import { hashOf } from '../../src/lib/hash.ts';
import { due, type Work, whereIs, workKey } from '../../src/machine/due.ts';
import { accepts, initial, next, type Snapshot } from '../../src/machine/replay.ts';
import type { GateNode, Mode, Plan, PlanNode, RunEvent, StepNode } from '../../src/machine/types.ts';
import type { NewEvent } from '../../src/runner/ledger.ts';

export const step = (id: string, phase: StepNode['phase'], more: Partial<StepNode> = {}): StepNode => ({
  kind: 'step',
  id,
  title: id,
  phase,
  after: [],
  repeat: 'idempotent',
  effect: true,
  noUndo: null,
  proves: false,
  rule: false,
  onFailure: 'hold',
  budgetMs: 60_000,
  clock: null,
  ...more,
});
/** A step that only asks. */
export const check = (id: string, phase: StepNode['phase'], more: Partial<StepNode> = {}): StepNode =>
  step(id, phase, { effect: false, ...more });

export const gate = (id: string, phase: GateNode['phase'], more: Partial<GateNode> = {}): GateNode => ({
  kind: 'gate',
  id,
  title: id,
  phase,
  after: [],
  votes: 1,
  approvers: ['user:UANA'],
  requesterMayVote: false,
  timeoutMs: 300_000,
  onTimeout: 'escalate',
  escalateTo: [],
  required: true,
  standsInFor: null,
  ...more,
});

export function plan(nodes: PlanNode[], mode: Mode = 'planned', namespace = 'eden'): Plan {
  const asked: Omit<Plan, 'hash'> = {
    runbook: mode,
    mode,
    source: 'east',
    target: 'west',
    nodes,
    values: {
      namespace,
      deployments: [],
      stopWriters: [],
      fence: { strategy: 'statefulset', ref: 'postgres', strength: 'strong' },
      database: { systemIdentifier: '7' },
      cache: null,
      dns: [],
      targetHealth: [],
      publicHealth: [],
      scripts: {},
    },
    bounds: { lagSeconds: 300, loss: null },
  };
  return { ...asked, hash: hashOf(asked) };
}

export const requested = (nodes: PlanNode[]): NewEvent => ({
  type: 'REQUESTED',
  run: 'eden-1',
  organization: 'eden',
  runbook: 'planned',
  mode: 'planned',
  source: 'east',
  target: 'west',
  reason: 'maintenance',
  requestedBy: 'UREQ',
  objectives: { rtoMs: 1_800_000, rpoMs: 300_000 },
  nodes,
});

/** Ana wants it; whether that is her vote too is the command's business. */
export const switched = (nodes: PlanNode[], mode: Mode = 'emergency', more: { vote?: boolean } = {}): NewEvent => ({
  type: 'MODE_SWITCHED',
  mode,
  runbook: mode,
  by: 'UOPS',
  reason: 'it does not go on',
  gaveUp: 'the wait for it',
  vote: false,
  byName: null,
  nodes,
  ...more,
});

export type Story = ReturnType<typeof story>;

/** A run at its very beginning. Every event takes a second, unless `later` moves the clock. */
export function story() {
  let snapshot: Snapshot = initial();
  let at = 0;
  const events: RunEvent[] = [];
  const full = (event: NewEvent): RunEvent => ({ ...event, at: at + 1000, actor: 'test' }) as RunEvent;
  const stepOf = (id: string) => snapshot.context.steps[id];
  const hash = () => snapshot.context.plan?.hash ?? '';
  const self = {
    get snapshot() {
      return snapshot;
    },
    get c() {
      return snapshot.context;
    },
    get where() {
      return whereIs(snapshot);
    },
    get at() {
      return at;
    },
    get due(): Work[] {
      return due(snapshot);
    },
    /** What is due, in the words of its keys: `run:fence:1`. */
    get work(): string[] {
      return due(snapshot).map((work) => (work.do.startsWith('settle') ? `${work.do} ` : '') + workKey(work));
    },
    events,
    status: (id: string) => stepOf(id)?.status ?? snapshot.context.gates[id]?.status ?? 'none',
    later(ms: number) {
      at += ms;
      return self;
    },
    can: (event: NewEvent) => accepts(snapshot, full(event)),
    take(event: NewEvent) {
      const now = full(event);
      if (!accepts(snapshot, now))
        throw new Error(`${event.type} is refused in ${self.where}: ${JSON.stringify(event)}`);
      at = now.at;
      snapshot = next(snapshot, now);
      events.push(now);
      return self;
    },
    request: (nodes: PlanNode[]) => self.take(requested(nodes)),
    planned: (made: Plan) => self.take({ type: 'PLANNED', plan: made }),
    /** Requested and planned. */
    begin: (nodes: PlanNode[]) => self.request(nodes).planned(plan(nodes)),
    intended: (id: string, before = {}): NewEvent => ({
      type: 'STEP_INTENDED',
      step: id,
      attempt: (stepOf(id)?.attempt ?? 0) + 1,
      hash: hash(),
      before,
      requires: {},
      deadline: at + 11_000,
    }),
    intend: (id: string, before = {}) => self.take(self.intended(id, before)),
    done: (id: string, attempt = stepOf(id)?.attempt ?? 0) =>
      self.take({ type: 'STEP_DONE', step: id, attempt, evidence: { id }, summary: null }),
    /** Intended and done. */
    finish: (...ids: string[]) => {
      for (const id of ids) self.intend(id).done(id);
      return self;
    },
    found: (...ids: string[]) => {
      for (const id of ids) self.take({ type: 'STEP_ALREADY_DONE', step: id, evidence: { id }, summary: null });
      return self;
    },
    notDone: (id: string, { again = false, attempt = stepOf(id)?.attempt ?? 0 } = {}) =>
      self.take({ type: 'STEP_NOT_DONE', step: id, attempt, why: 'not so', evidence: {}, again }),
    unknown: (id: string, attempt = stepOf(id)?.attempt ?? 0) =>
      self.take({ type: 'STEP_UNKNOWN', step: id, attempt, why: 'no answer', evidence: {} }),
    opened: (id: string): NewEvent => ({
      type: 'GATE_OPENED',
      gate: id,
      hash: hash(),
      deadline: at + 1000 + 300_000,
      evidence: {},
    }),
    open: (id: string) => self.take(self.opened(id)),
    decided: (id: string, decision: 'approved' | 'denied' | 'expired'): NewEvent => ({
      type: 'GATE_DECIDED',
      gate: id,
      hash: hash(),
      decision,
      how: 'votes',
      reason: decision === 'approved' ? null : 'too late in the day',
    }),
    decide: (id: string, decision: 'approved' | 'denied' | 'expired') => self.take(self.decided(id, decision)),
    approve: (id: string) => self.open(id).decide(id, 'approved'),
    voted: (id: string, by: string, vote: 'approve' | 'deny' = 'approve'): NewEvent => ({
      type: 'VOTED',
      gate: id,
      hash: hash(),
      by,
      vote,
      reason: null,
    }),
    pause: () => self.take({ type: 'PAUSED', by: 'UOPS', reason: null }),
    resume: () => self.take({ type: 'RESUMED', by: 'UOPS' }),
    retry: (id: string) => self.take({ type: 'STEP_RETRIED', step: id, by: 'UOPS' }),
    abort: () => self.take({ type: 'ABORTED', by: 'UOPS', reason: 'not today' }),
    switchMode: (mode: Mode, nodes: PlanNode[]) => self.take(switched(nodes, mode)),
    undoing: (id: string): NewEvent => ({
      type: 'UNDO_INTENDED',
      step: id,
      attempt: stepOf(id)?.attempt ?? 0,
      deadline: at + 11_000,
    }),
    undo: (...ids: string[]) => {
      for (const id of ids)
        self
          .take(self.undoing(id))
          .take({ type: 'UNDO_DONE', step: id, attempt: stepOf(id)?.attempt ?? 0, evidence: {} });
      return self;
    },
  };
  return self;
}

/** A switchover in miniature: a check, two gates, and one step of each kind. */
export const CHECKED = check('checked', 'validating');
export const SCALE = step('scale', 'preparing');
export const FENCE = step('fence', 'promoting', { repeat: 'verifiable' });
export const PROVEN = check('proven', 'promoting', { after: ['fence'], proves: true });
export const PROMOTE = step('promote', 'promoting', {
  after: ['proven'],
  repeat: 'verifiable',
  noUndo: 'It has left recovery.',
});
export const DNS = step('dns', 'redirecting');
export const NODES = [
  CHECKED,
  SCALE,
  gate('go', 'promoting', { after: ['checked'] }),
  gate('point', 'redirecting', { after: ['checked'] }),
  FENCE,
  PROVEN,
  PROMOTE,
  DNS,
];
/** Both gates approved, the fence due. */
export const upToPromoting = (nodes: PlanNode[] = NODES): Story =>
  story().begin(nodes).found('checked').approve('go').approve('point').finish('scale');
