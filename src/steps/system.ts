/** The system that is moved, as the steps need to know it: made from the configuration by main.ts, plain data. */
import type { GateId, GateNode, Phase, Repeat, Strategy } from '../machine/types.ts';
import type { Weights } from '../policy/scoring.ts';
import type { ProbeRequest } from '../ports/probe.ts';
import type { StateSync } from './state/types.ts';

export type FencePlan =
  | { strategy: 'statefulset'; name: string }
  | { strategy: 'exec'; stop: string[]; start: string[] | null }
  | { strategy: 'http'; stop: string; start: string | null }
  | { strategy: 'sql' };

/** A server that stops itself within this time, ms, once it cannot renew its lease. */
export type SelfFencePlan = {
  withinMs: number;
  /** `NAMESPACE/NAME`, and the cluster it is kept in. */
  lease: string;
  context: string;
  /** Who must hold it; null: whoever does. */
  holder: string | null;
};

/** How a region's Postgres is made a standby again: the house's own program, by a verb each; absent where nobody can. */
export type ReprotectPlan = {
  /** `{verb}` in it becomes look, keep, rejoin, rewind or copy, `{tables}` those of `reconcile`. */
  exec: string[];
  /** `auto`: by what `look` finds. */
  strategy: Strategy;
  /** How long keep, rejoin, rewind and copy may take, ms. */
  timeoutMs: number;
  /** A planned run that leaves the region does it too, where nothing is thrown away; else only a command does. */
  inRun?: boolean;
};

export type System = {
  organization: string;
  environment: 'production' | 'staging';
  objectives: { rtoMs: number; rpoMs: number };
  namespace: string;
  /** The region that serves when nothing has happened: `role: primary` of the configuration. */
  home: string;
  /** The regions that can serve; witnesses are not among them. */
  regions: Record<string, { alias: string; fence: FencePlan; selfFence?: SelfFencePlan; reprotect?: ReprotectPlan }>;
  deployments: {
    name: string;
    replicas: number;
    /** The most a person may ask for. */
    maxReplicas?: number;
    writeHeavy: boolean;
    /** In one region: `{alias}` stands for that region's alias. */
    health: string | null;
    publicHealth: string | null;
  }[];
  cache: { sentinels: boolean } | null;
  /** Wanted values of every record, by the region that is to serve. */
  records: {
    provider: string;
    zone: string;
    name: string;
    type: 'A' | 'AAAA' | 'CNAME';
    ttl: number;
    values: Record<string, string[]>;
  }[];
  gates: Record<
    GateId,
    Pick<GateNode, 'votes' | 'approvers' | 'requesterMayVote' | 'timeoutMs' | 'onTimeout' | 'escalateTo' | 'required'>
  >;
  /** Budgets set in the configuration, ms by step id. */
  budgets: Record<string, number>;
  /** How long steps of the runbook usually take where the configuration knows, ms by step id; a word for people. */
  usual?: Record<string, number>;
  pollMs: number;
  /** How long lag is measured at most. */
  lagWithinMs: number;
  /** Any people to name on cards: `aws-support` → how to reach them. */
  contacts: Record<string, string>;
  /** What a planned run asks for beyond the machine's own needs; null or 0 where the house has no such rule. */
  rules: {
    /** How long before a planned run people must have been told. */
    noticeMs: number;
    ttl: { atMostSeconds: number; forMs: number; lookEveryMs: number } | null;
    /** At least one of these must be at hand: `group:S…`, `user:U…`. */
    onCall: string[];
  };
  /** What going home asks for beyond what a planned run does. */
  failback: {
    /** How long the last move must be over; 0 where the house has no such rule. */
    soakMs: number;
    /** Asked in both directions, the regions exchanged; null where nobody is asked. */
    network: Question | null;
  };
  /** Tables whose rows only a region has are listed before it is made a standby; absent where none is. */
  reconcile?: string[];
  /** What may differ between the regions: `configmap/NAME`, `secret/NAME`, `image/DEPLOYMENT`; at 0 in one: `statefulset/NAME`, `deployment/NAME`. */
  mayDiffer: string[];
  /** How each region's monitoring is asked whether it works. */
  monitoring: Question | null;
  errorRate: { query: string; atMost: number } | null;
  /** What counts as served as well as before; queries null where Regent asks by itself. */
  performance: {
    p95: { query: string | null; atMostMs: number };
    throughput: { query: string; atLeast: number } | null;
    baseline: { everyMs: number; overMs: number };
  } | null;
  /** How a run is watched before it is committed; absent where it is not. Queries null where the cluster is asked. */
  hold?: {
    forMs: number;
    everyMs: number;
    cpu: { query: string | null; atMost: number };
    memory: { query: string | null; atMost: number };
  };
  /** Deployments that keep an address they looked up, and are restarted after DNS has moved. */
  restarts?: string[];
  /** Connection poolers, `host:port` by the region they lead to; absent where there are none. */
  poolers?: {
    /** The longest they hold clients back, ms, and how long of it transactions are given to end. */
    pauseMs: number;
    waitMs: number;
    of: Record<string, string[]>;
  };
  workflows: Workflow[];
  consistency: { name: string; query: string }[];
  /** How regions are watched; absent where nobody watches them. */
  trigger?: {
    /** Trouble must be seen twice at least this far apart, ms. */
    confirmMs: number;
    /** Regions that hold no data and only count for the quorum. */
    witnesses: string[];
  };
  /** How a target is chosen where there is a choice. */
  scoring: {
    weights: Weights;
    latencyLimitMs: number;
    freshnessLimitMs: number;
    /** A region with no more health than this is nowhere to go to, 0 to 1. */
    healthyAbove: number;
  };
  /** How long transactions are given to end by themselves once the source is read-only. */
  drainMs: number;
  /** How fresh backups must be before a region is given up; null where nobody is asked. */
  backups: { fullWithinMs: number; incrementalWithinMs: number } | null;
  scripts: ConfiguredStep[];
  /** State that no database replicates; absent where nothing is carried. */
  state?: StateSync;
  followUps: string[];
};

/** A URL or a script; `{source}`, `{target}`, `{alias}` and the like stand in it: see configured.ts. */
export type Question = { url: string } | { exec: string[] };

/** What a user does, step by step: done when every answer is as expected; or a script that exits with 0. */
export type Workflow =
  | {
      name: string;
      requests: {
        method: ProbeRequest['method'];
        url: string;
        body?: unknown;
        headers?: Record<string, string>;
        /** Null: any 2xx. */
        status: number | null;
        contains: string | null;
      }[];
    }
  | { name: string; exec: string[] };

/** A step of the runbook's owner: a script, or an endpoint, and how to see that it is done. */
export type ConfiguredStep = {
  id: string;
  title: string;
  /** What it is for, for whoever is on call. */
  help: string | null;
  /** The runbooks it belongs to: `planned`, `emergency`, `failback`. */
  runbooks: string[];
  phase: Phase | 'atEnd';
  after: string[];
  repeat: Repeat;
  /** Null: it only asks. */
  does: { exec: string[] } | { start: string; status: string | null } | null;
  /** Null: its own end says whether it is done. */
  check: Question | null;
  /** Null: nothing of it needs undoing. A sentence: it cannot be. */
  undo: Question | string | null;
  /** How long it may take, ms. */
  timeoutMs: number;
  onFailure: 'hold' | 'rollback' | 'continue';
  /** How long it usually takes, ms; a word for people. */
  usualMs?: number | null;
  /** It works on the region that is left: where that does not answer it is done later. */
  owed?: boolean;
};
