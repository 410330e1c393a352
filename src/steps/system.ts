/** The system that is moved, as the steps need to know it: made from the configuration by main.ts, plain data. */
import type { GateNode } from '../machine/types.ts';

export type FencePlan =
  | { strategy: 'statefulset'; name: string }
  | { strategy: 'exec'; stop: string[]; start: string[] | null }
  | { strategy: 'http'; stop: string; start: string | null }
  | { strategy: 'sql' };

export type System = {
  organization: string;
  environment: 'production' | 'staging';
  objectives: { rtoMs: number; rpoMs: number };
  namespace: string;
  /** The regions that can serve; witnesses are not among them. */
  regions: Record<string, { alias: string; fence: FencePlan }>;
  deployments: {
    name: string;
    replicas: number;
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
    'promote' | 'dns',
    Pick<GateNode, 'votes' | 'approvers' | 'requesterMayVote' | 'timeoutMs' | 'onTimeout' | 'escalateTo' | 'required'>
  >;
  /** Budgets set in the configuration, ms by step id. */
  budgets: Record<string, number>;
  pollMs: number;
  /** How long lag is measured at most. */
  lagWithinMs: number;
  /** Any people to name on cards: `aws-support` → how to reach them. */
  contacts: Record<string, string>;
};
