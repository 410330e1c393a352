/**
 * What a step is: data about itself plus `check`, `run` and `undo`. A step knows one thing and how to do it;
 * when, how often and whether at all is the machine's and the runner's business.
 */
import type {
  Bounds,
  Context,
  Evidence,
  GateId,
  GateNode,
  Mode,
  Phase,
  PlanNode,
  PlanValues,
  Repeat,
  StepNode,
} from '../machine/types.ts';
import type { Answer } from '../ports/answer.ts';
import type { Backups } from '../ports/backups.ts';
import type { Cache } from '../ports/cache.ts';
import type { People } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Database } from '../ports/database.ts';
import type { Dns } from '../ports/dns.ts';
import type { EvidenceStore } from '../ports/evidence.ts';
import type { Hook } from '../ports/hook.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { LeaseWatch } from '../ports/leases.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Pooler } from '../ports/pooler.ts';
import type { Probe } from '../ports/probe.ts';
import type { Records } from '../ports/records.ts';
import type { Watch } from '../ports/watch.ts';
import type { System } from './system.ts';

export type Ports = {
  database: Database;
  /** Absent where the system has no cache; steps that use it are then left out of the plan. */
  cache: Cache;
  /** Asked by no step where no pooler is configured. */
  pooler: Pooler;
  cluster: Cluster;
  dns: Dns;
  probe: Probe;
  hook: Hook;
  jobs: Jobs;
  metrics: Metrics;
  people: People;
  records: Records;
  watch: Watch;
  evidence: EvidenceStore;
  backups: Backups;
  leases: LeaseWatch;
  clock: Clock;
};
export type PortName = keyof Ports;

/** What every function of a step is handed, beside the ports it `uses`. */
export type StepFacts = {
  run: string;
  requestedBy: string;
  /** The attempt this is asked for: the one under way, else the next. From 1. */
  attempt: number;
  source: string;
  target: string;
  values: PlanValues;
  mode: Mode;
  bounds: Bounds;
  /** How the target was chosen, where it was. */
  selection?: Context['selection'];
  /** What was seen of a source that was declared lost by its name. */
  byName?: Context['byName'];
  system: System;
  /** Aborts at the call's deadline. */
  signal: AbortSignal;
  /** Evidence another step of this run left: its outcome's, and its first check's. */
  evidenceOf: (step: string) => Evidence | null;
  beforeOf: (step: string) => Evidence | null;
  /** When another step of this run ended, ms since the epoch. */
  endedOf: (step: string) => number | null;
  /** How this step itself stands in its run; absent where there is none, as for a plan that is only looked at. */
  own?: {
    /** It has an intent without an outcome: what is asked is asked of that attempt. */
    underWay: boolean;
    /** When its newest attempt was intended, ms since the epoch. */
    intendedAt: number | null;
    /** When its phase was entered last, ms since the epoch. */
    phaseAt: number | null;
    /** What it has seen so far, where it watches over a while. */
    watch?: Context['watch'];
    /** The region that was declared lost while this run only watched it. */
    lost?: string | null;
    /** The run goes on by another plan once this attempt has an outcome, and waits for it. */
    isLeft: boolean;
  };
};
type Handed<U extends PortName> = Pick<Ports, U> & StepFacts;

/** What docs/runbook.md says of a step to somebody on call: whole sentences; `{source}`, `{target}` as in titles. */
export type StepAbout = {
  /** What it changes in the world; of a check, why it asks. */
  does: string;
  /** What it asks of the world, and what must be seen for it to be done. */
  asks: string;
  /** What to look at and do when it holds, most likely first. */
  whenItStops: string[];
};

export type StepDefinition<U extends PortName = PortName> = {
  /** Stable: journal, buttons, logs and the docs' anchor. */
  id: string;
  /** Imperative, what people read in the thread; `{source}` and `{target}` become region names. */
  title: string;
  /** For people; a step of a runbook has it (a test says so). */
  about?: StepAbout;
  phase: Phase | 'atEnd';
  after?: string[];
  repeat: Repeat;
  /**
   * Check steps asked again right before the intent; their answers go into it. One that says no holds the step; or,
   * where a gate is named (for all, or for this one), what that gate approved is no longer so, and it is asked again.
   * Steps that a run does not have are not asked.
   */
  requires?: { steps: string[]; gate?: string; gateFor?: Record<string, string> };
  /** How long until its postcondition must be seen, ms. Longer: hold and ask. */
  budgetMs: number;
  /** What this system makes it wait for in an emergency, beyond its budget and the configured one, ms. */
  waitsMs?: (system: System, source: string) => number;
  /** How long it usually takes, ms: said where people wait, never a limit. */
  usualMs?: number;
  /** How long between two looks, ms; without it as long as the system has it for every step. */
  everyMs?: (system: System) => number;
  /** How long one call may take, ms; no byte is sent after it. Below 30 s: what lasts longer is started, then observed. */
  callMs?: number;
  /**
   * What was accepted and is not seen after half the budget is sent once more: for providers that lose what they took.
   * `run` then finds `unseen: true` in its own evidence.
   */
  resend?: boolean;
  /** How a person does it without us, line by line: on the card of a failure. */
  byHand?: (values: PlanValues) => string[];
  uses: readonly U[];
  /** Whether this system's plan has the step at all. */
  when?: (system: System) => boolean;
  /** Whether a plan that leaves this region has it. */
  whenLeaving?: (region: System['regions'][string]) => boolean;
  proves?: boolean;
  /** A rule of the house rather than of the machine: a named person may waive it with a reason. */
  rule?: boolean;
  /** `continue`: what it could not do is said wherever the run is shown, and nothing waits for it. */
  onFailure?: 'hold' | 'rollback' | 'continue';
  clock?: StepNode['clock'];
  /** Asks the world, changes nothing. Serves to skip, verify, dry-run, resume and stand ready. */
  check: (handed: Handed<U>) => Promise<Answer>;
  /** Does it, safe to call again (a `once` step: never without proof). What it returns joins the outcome's evidence. */
  run?: (handed: Handed<U>) => Promise<Evidence | undefined>;
  /** Restores what `before` saw. Safe to call again; returns what it saw afterwards. */
  undo?: { impossible: string } | ((handed: Handed<U> & { before: Evidence }) => Promise<Evidence>);
};

/** A step that does something. */
export const defineStep = <const U extends PortName>(
  step: StepDefinition<U> & Required<Pick<StepDefinition<U>, 'run' | 'undo'>>,
): StepDefinition => step as unknown as StepDefinition;

/** A step that only asks: not done means ask again until its budget ends, then hold. */
export const defineCheck = <const U extends PortName>(
  step: Omit<StepDefinition<U>, 'run' | 'undo' | 'repeat'>,
): StepDefinition => ({ ...step, repeat: 'idempotent' }) as unknown as StepDefinition;

export type GateDefinition = {
  kind: 'gate';
  id: GateId;
  title: string;
  phase: Phase;
  after: string[];
  standsInFor: GateNode['standsInFor'];
};
export const defineGate = (
  gate: Omit<GateDefinition, 'kind' | 'standsInFor'> & Partial<Pick<GateDefinition, 'standsInFor'>>,
): GateDefinition => ({ kind: 'gate', standsInFor: null, ...gate });

/** A runbook: which nodes, in which phases. The order in the list is the order people read them in. */
export type Runbook = { name: Context['runbook']; nodes: (StepDefinition | GateDefinition)[] };

export const stepsOf = (runbook: Runbook): StepDefinition[] =>
  runbook.nodes.filter((node): node is StepDefinition => !('kind' in node));

const named = (title: string, source: string, target: string): string =>
  title.replaceAll('{source}', source).replaceAll('{target}', target);

/**
 * The runbook's nodes as data, for one system and direction: what the journal keeps and the machine reads. `without`:
 * steps that this run does not have.
 */
export function nodesFor(
  runbook: Runbook,
  system: System,
  source: string,
  target: string,
  without: string[] = [],
): PlanNode[] {
  const kept = runbook.nodes.filter(
    (node) =>
      'kind' in node ||
      (!without.includes(node.id) &&
        (node.when?.(system) ?? true) &&
        (node.whenLeaving?.(system.regions[source]!) ?? true)),
  );
  const ids = new Set(kept.map((node) => node.id));
  // What a left-out step came after is not waited for; nothing may come to run earlier by it than the rest says.
  const after = (list: string[] = []) => list.filter((id) => ids.has(id));
  return kept.map((node): PlanNode => {
    if ('kind' in node) {
      const policy = system.gates[node.id];
      return { ...node, title: named(node.title, source, target), after: after(node.after), ...policy };
    }
    const usualMs = system.usual?.[node.id] ?? node.usualMs;
    const waitsMs = runbook.name === 'emergency' ? (node.waitsMs?.(system, source) ?? 0) : 0;
    return {
      kind: 'step',
      id: node.id,
      title: named(node.title, source, target),
      phase: node.phase,
      after: after(node.after),
      repeat: node.repeat,
      effect: node.run !== undefined,
      noUndo: node.undo && 'impossible' in node.undo ? node.undo.impossible : null,
      proves: node.proves ?? false,
      rule: node.rule ?? false,
      onFailure: node.onFailure ?? 'hold',
      budgetMs: (system.budgets[node.id] ?? node.budgetMs) + waitsMs,
      ...(usualMs === undefined ? {} : { usualMs }),
      clock: node.clock ?? null,
    };
  });
}
