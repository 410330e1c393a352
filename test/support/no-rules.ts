/** The parts of a system a test that is not about them leaves out: no house rules, nothing of the owner's own. */
import { GATES, type GateId } from '../../src/machine/types.ts';
import type { System } from '../../src/steps/system.ts';

export const noRules = {
  rules: { noticeMs: 0, ttl: null, onCall: [] },
  home: 'east',
  failback: { soakMs: 0, network: null },
  mayDiffer: [],
  monitoring: null,
  errorRate: null,
  performance: null,
  workflows: [],
  consistency: [],
  scoring: {
    weights: { health: 0.4, capacity: 0.3, latency: 0.2, freshness: 0.1 },
    latencyLimitMs: 500,
    freshnessLimitMs: 300_000,
    healthyAbove: 0.5,
  },
  drainMs: 10_000,
  backups: null,
  scripts: [],
  followUps: [],
} satisfies Partial<System>;

/** One policy for every decision. */
export const everyGate = (policy: System['gates']['promote']): System['gates'] =>
  Object.fromEntries(GATES.map((id) => [id, policy])) as Record<GateId, typeof policy>;
