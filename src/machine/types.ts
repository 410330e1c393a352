/**
 * What the machine knows: nodes and plans as data, events as facts in the past tense, the state of one run.
 * Everything here is JSON: it is written to the journal and replayed from it by later versions.
 */
import type { Json } from '../lib/json.ts';
import type { Selection } from '../policy/scoring.ts';
import type { Assessed, Recovery, RecoveryFacts } from './recovery.ts';

export const PHASES = [
  'validating',
  'assessing',
  'preparing',
  'promoting',
  'redirecting',
  'verifying',
  'securing',
  'closing',
] as const;
export type Phase = (typeof PHASES)[number];

export type Mode = 'planned' | 'emergency';
/** The runbook for a region that does not serve: its runs are planned ones, for they move nothing and fence nobody. */
export const LOST_SECONDARY = 'lost-secondary';
/** The runbook that goes home: its runs are planned ones, with preconditions of their own. */
export const FAILBACK = 'failback';
/** The runbook that makes a region a standby again: its runs are planned ones, which move nothing and promote nobody. */
export const REPROTECT = 'reprotect';
/** By which way it does; `auto`: the cheapest that what is found allows. */
export const STRATEGIES = ['auto', 'rejoin', 'rewind', 'copy'] as const;
export type Strategy = (typeof STRATEGIES)[number];
export type End = 'completed' | 'rolledBack' | 'aborted' | 'takenOver';
/** How a step may be repeated (DESIGN §2): sets a state, can be seen to be done, or must not be sent twice. */
export type Repeat = 'idempotent' | 'verifiable' | 'once';
/** The decisions people owe. */
export const GATES = ['declare', 'promote', 'dns', 'unverified-fence', 'data-loss', 'reprotect'] as const;
export type GateId = (typeof GATES)[number];
export type Evidence = { [key: string]: Json };

export type StepNode = {
  kind: 'step';
  id: string;
  title: string;
  phase: Phase | 'atEnd';
  after: string[];
  repeat: Repeat;
  /** Has a `run`: false for a check step, which only asks. */
  effect: boolean;
  /** null where it can be undone; else the sentence that says why not. */
  noUndo: string | null;
  /** Proves what later steps rest on: never skipped. */
  proves: boolean;
  /** A rule of the house: a named person may waive it. */
  rule: boolean;
  /** `continue`: the run goes on without it, and says so. */
  onFailure: 'hold' | 'rollback' | 'continue';
  budgetMs: number;
  /** How long it usually takes, for people; absent where nobody has said. */
  usualMs?: number;
  /** What it does to the outage clock: clients' writes stop with its intent, or are proven to be served when it is done. */
  clock: 'writes-stop' | 'writes-serve' | null;
};

export type GateNode = {
  kind: 'gate';
  id: string;
  title: string;
  phase: Phase;
  after: string[];
  votes: number;
  approvers: string[];
  requesterMayVote: boolean;
  timeoutMs: number;
  onTimeout: 'escalate' | 'deny' | 'approve';
  escalateTo: string[];
  required: boolean;
  /**
   * Arises only where this proof could not be had, and then stands in for it: a person takes the risk by name.
   * `unknown`: nobody can say; `notDone`: it is known not to be so; `either` of them.
   */
  standsInFor: { step: string; is: 'unknown' | 'notDone' | 'either' } | null;
};
export type PlanNode = StepNode | GateNode;

export type RecordChange = {
  provider: string;
  zone: string;
  name: string;
  type: 'A' | 'AAAA' | 'CNAME';
  ttl: number;
  old: string[] | null;
  oldTtl: number | null;
  new: string[];
};

export type FenceStrategy = 'statefulset' | 'exec' | 'http' | 'sql';

/** What the run intends, with targets' identities and the old values it overwrites: the hash covers all of it. */
export type PlanValues = {
  namespace: string;
  deployments: { name: string; replicas: number }[];
  stopWriters: string[];
  fence: {
    strategy: FenceStrategy;
    ref: string;
    strength: 'strong' | 'soft';
    /** Relied on where nobody answers: see `SelfFencePlan` in steps/system.ts. Absent where there is none. */
    selfFence?: { withinMs: number; lease: string; context: string; holder: string | null };
  };
  database: { systemIdentifier: string };
  cache: { sentinels: boolean } | null;
  dns: RecordChange[];
  targetHealth: { service: string; url: string }[];
  publicHealth: { service: string; url: string }[];
  /** Scripts and endpoints of the owner's own steps, as they will be called: by step id. */
  scripts: Record<string, ScriptCalls>;
  /** How a region is made a standby again; absent where none is. */
  strategy?: Strategy;
};
/** Placeholders filled in; `check` and `undo` null where there is none. */
export type ScriptCalls = {
  does: { exec: string[] } | { start: string; status: string | null } | null;
  check: { url: string } | { exec: string[] } | null;
  undo: { url: string } | { exec: string[] } | null;
};
export type Bounds = {
  lagSeconds: number;
  /** What may be lost, as it was measured when the plan was made; null where nothing may. */
  loss: { seconds: number; bytes: number } | null;
};

export type Plan = {
  hash: string;
  runbook: string;
  mode: Mode;
  source: string;
  target: string;
  nodes: PlanNode[];
  values: PlanValues;
  bounds: Bounds;
};

export type HoldKind = 'person' | 'step' | 'gate' | 'replay';
/** Trouble seen while a run is watched before it is committed; `scale`: where more pods may help, how many. */
export type Finding = {
  /** Tells it from others: `cpu:task-service`, `node:n1`. */
  id: string;
  /** What was seen when it began, as a sentence without its stop. */
  words: string;
  /** `unknown`: nobody can say, which is not health. */
  is: 'bad' | 'unknown';
  scale: { service: string; replicas: number } | null;
};
/** What a look of the commit window saw. `until`, ms since the epoch, is set once. */
export type WatchSeen = {
  until: number;
  findings: Finding[];
  /** Whether the region that was left streams from the one that serves; null: nobody can say. */
  streams: boolean | null;
  /** What is not watched at all, and why. */
  unread: string[];
};
/** Why a watch ended before its time: `next` is the run that begins with that. */
export type WatchCut = {
  by: string;
  why: string;
  next: string;
  /** The region that serves, where it was declared lost; null where somebody moves on as planned. */
  lost: string | null;
};
/**
 * The commit window of a run. `troubles` counts how often trouble began: it names the cards. `cut`: ended by another run,
 * when (ms since the epoch); journals of earlier versions have none.
 */
export type Watch = WatchSeen & {
  step: string;
  from: number;
  troubles: number;
  had: string[];
  cut?: WatchCut & { at: number };
};

/** `n` counts the run's holds: it names the card. */
export type Hold = { kind: HoldKind; ref: string; why: string; since: number; n: number };
export type Vote = { by: string; vote: 'approve' | 'deny'; at: number; reason: string | null };

export type StepStatus =
  | 'none'
  | 'intended'
  | 'done'
  | 'alreadyDone'
  | 'notDone'
  | 'unknown'
  | 'skipped'
  | 'undoIntended'
  | 'undone'
  | 'undoUnknown';

export type StepState = {
  status: StepStatus;
  attempt: number;
  /** Evidence of the check before the first attempt: what `undo` restores. Never overwritten. */
  before: Evidence | null;
  evidence: Evidence | null;
  summary: string | null;
  why: string | null;
  intendedAt: number | null;
  endedAt: number | null;
  /** Of the call in flight, by the journal's clock. */
  deadline: number | null;
  /** How long the next attempt is given where a person said so, ms; else the node's budget. */
  within: number | null;
};

export type GateState = {
  status: 'none' | 'open' | 'approved' | 'denied' | 'expired';
  /** How often it has been asked: its card's revision. */
  round: number;
  hash: string | null;
  openedAt: number | null;
  decidedAt: number | null;
  deadline: number | null;
  votes: Vote[];
  evidence: { [step: string]: Evidence };
  escalated: boolean;
  /** How often people have given it more time. */
  extended: number;
  reason: string | null;
  how: 'votes' | 'timeout' | 'policy' | null;
};

export type Context = {
  run: string;
  organization: string;
  runbook: string;
  mode: Mode;
  source: string;
  target: string;
  /** How the target was chosen; null where somebody named it, or there was no choice. */
  selection: Selection | null;
  /** What was seen of the source when somebody declared it lost by typing its name; null where it was seen down. */
  byName: string | null;
  reason: string;
  requestedBy: string;
  requestedAt: number;
  objectives: { rtoMs: number; rpoMs: number };
  /** A planned run that is not promoted this long after it was requested is to go on as an emergency, ms; null: never. */
  forceAfterMs: number | null;
  /** How the region is to be made a standby, where whoever asked has said so; null: as configured. */
  strategy: Strategy | null;
  nodes: PlanNode[];
  /** Steps this run has attempted, or gone without, that its newest nodes lack: never run again, undone by an abort. */
  former: StepNode[];
  /** The latest plan. After a mode switch it is the former one's until another is made: ask `currentPlan`. */
  plan: Plan | null;
  steps: Record<string, StepState>;
  gates: Record<string, GateState>;
  holds: Hold[];
  holdCount: number;
  heldSince: number | null;
  /** Steps with an effect, in the order of their first intents: undone in reverse. */
  firstIntents: string[];
  /** `entered` is the latest entry, `from` the first. */
  phases: Partial<Record<Phase, { from: number; to: number | null; entered: number }>>;
  outage: { from: number | null; to: number | null };
  /** Regent itself has asked for an emergency, once; null before that. */
  switchAsked: { at: number; why: string; asks: string[] } | null;
  /** Planned once, and an emergency since; `voted`: whoever wanted it has voted for it with that. */
  switched: { by: string; at: number; reason: string; gaveUp: string; voted: boolean } | null;
  /** Held back from being committed while its target is watched; null before that, or where nobody watches. */
  watch: Watch | null;
  overrides: { rule: string; by: string; reason: string }[];
  /** Overrides stay on show until somebody who made none of them has looked at them. */
  reviewed: { by: string; at: number; note: string } | null;
  /** What was written down about the loss of a region; null before that. */
  assessed: Assessed | null;
  /** What is to be done about a region that was lost; null where none was. */
  recovery: Recovery | null;
  end: End | null;
  endedAt: number | null;
};

/** Facts every event carries: when, by the journal's clock, and who (`person:U1`, `runner`). */
type Fact<T extends string, D> = { type: T; at: number; actor: string } & D;

export type RunEvent =
  | Fact<
      'REQUESTED',
      Pick<
        Context,
        | 'run'
        | 'organization'
        | 'runbook'
        | 'mode'
        | 'source'
        | 'target'
        | 'reason'
        | 'requestedBy'
        | 'objectives'
        | 'nodes'
      > &
        // Journals of earlier versions have none of these.
        Partial<Pick<Context, 'selection' | 'byName' | 'forceAfterMs' | 'strategy'>>
    >
  | Fact<'PLANNED', { plan: Plan }>
  | Fact<'PLAN_UNKNOWN', { why: string }>
  | Fact<'GATE_OPENED', { gate: string; hash: string; deadline: number; evidence: { [step: string]: Evidence } }>
  | Fact<'VOTED', { gate: string; hash: string; by: string; vote: 'approve' | 'deny'; reason: string | null }>
  | Fact<
      'GATE_DECIDED',
      {
        gate: string;
        hash: string;
        decision: 'approved' | 'denied' | 'expired';
        how: 'votes' | 'timeout' | 'policy';
        reason: string | null;
      }
    >
  | Fact<'GATE_ESCALATED', { gate: string; deadline: number }>
  | Fact<'GATE_EXTENDED', { gate: string; deadline: number; by: string }>
  | Fact<'GATE_REOPENED', { gate: string; why: string }>
  | Fact<
      'STEP_INTENDED',
      {
        step: string;
        attempt: number;
        hash: string;
        before: Evidence;
        requires: { [step: string]: Evidence };
        deadline: number;
      }
    >
  | Fact<'STEP_ALREADY_DONE', { step: string; evidence: Evidence; summary: string | null }>
  | Fact<'STEP_DONE', { step: string; attempt: number; evidence: Evidence; summary: string | null }>
  | Fact<'STEP_NOT_DONE', { step: string; attempt: number; why: string; evidence: Evidence; again: boolean }>
  | Fact<'STEP_UNKNOWN', { step: string; attempt: number; why: string; evidence: Evidence }>
  | Fact<'STEP_MARKED', { step: string; as: 'done' | 'notDone'; by: string; reason: string }>
  | Fact<'STEP_SKIPPED', { step: string; by: string; reason: string }>
  /** `within`: another budget for this one attempt, ms; 0 asks once and sends nothing. */
  | Fact<'STEP_RETRIED', { step: string; by: string; within?: number }>
  /** The first look of the commit window, and each that saw something else. */
  | Fact<'WATCH_SEEN', { step: string } & WatchSeen>
  /** Committed early, in the same moment in which another run begins. What tidies up is still done. */
  | Fact<'WATCH_ENDED', { step: string } & WatchCut>
  | Fact<'UNDO_INTENDED', { step: string; attempt: number; deadline: number }>
  | Fact<'UNDO_DONE', { step: string; attempt: number; evidence: Evidence }>
  | Fact<'UNDO_UNKNOWN', { step: string; attempt: number; why: string }>
  | Fact<'PAUSED', { by: string; reason: string | null }>
  | Fact<'RESUMED', { by: string }>
  /** `gaveUp`: what an emergency does without, as a sentence. `vote`: the person's wish is their vote for it too. */
  | Fact<
      'MODE_SWITCHED',
      {
        mode: Mode;
        runbook: string;
        by: string;
        reason: string;
        gaveUp: string;
        vote: boolean;
        /** As with `Context.byName`. */
        byName: string | null;
        nodes: PlanNode[];
      }
    >
  /** `asks`: who is to decide it. */
  | Fact<'SWITCH_ASKED', { why: string; asks: string[] }>
  | Fact<'ABORTED', { by: string; reason: string }>
  | Fact<'TAKEN_OVER', { by: string; reason: string }>
  | Fact<'NOTED', { by: string; text: string }>
  | Fact<'REVIEWED', { by: string; note: string }>
  | { [T in keyof RecoveryFacts]: Fact<T, RecoveryFacts[T]> }[keyof RecoveryFacts]
  | Fact<'REPLAY_HELD', { why: string }>
  | Fact<'RESTARTED', { checking: string[] }>;

export type RunEventType = RunEvent['type'];
export type EventOf<T extends RunEventType> = Extract<RunEvent, { type: T }>;

/**
 * Something people are to be told. `slot` is the place it stands in (`headline`, `gate:promote:1`): the same slot is
 * edited in place, so a message is a pure function of the state when it is sent and `facts` of what only the event knew.
 */
export type Announcement = { slot: string; name: string; facts: { [key: string]: Json }; broadcast: boolean };
