/** The part of the world in memory that securing a lost region changes; and a region that is gone. */
import { createHash } from 'node:crypto';
import { IntegrationError } from '../../src/lib/errors.ts';
import type { Cluster, NodeView, Workload } from '../../src/ports/cluster.ts';
import type { EvidenceStore, Kept } from '../../src/ports/evidence.ts';
import type { Ports } from '../../src/steps/step.ts';

export type Secured = {
  nodes: Record<string, NodeView[]>;
  /** `region name` → what stands there. */
  policies: Record<string, 'yes' | 'other'>;
  /** `region key` → the value, on the namespace and every node. */
  labels: Record<string, string>;
  /** `run/name` → text. */
  files: Record<string, string>;
  snapshot: Record<string, unknown>;
};

export const securedState = (): Secured => ({
  nodes: Object.fromEntries(
    ['east', 'west'].map((region) => [
      region,
      ['n1', 'n2'].map((name): NodeView => ({ name, ready: true, schedulable: true, pressure: [] })),
    ]),
  ),
  policies: {},
  labels: {},
  files: {},
  snapshot: { pods: [], logs: [] },
});

type Verbs = 'workloads' | 'nodes' | 'cordon' | 'trafficDenied' | 'denyTraffic' | 'labels' | 'label' | 'snapshot';

export function securingPorts(state: {
  secured: Secured;
  workloads: Record<string, Record<string, Workload>>;
  calls: string[];
}): { cluster: Pick<Cluster, Verbs>; evidence: EvidenceStore } {
  const at = (run: string, name: string): Kept & { text: string } => {
    const text = state.secured.files[`${run}/${name}`]!;
    const sha256 = createHash('sha256').update(text).digest('hex');
    return { file: `evidence/${run}/${name}`, bytes: Buffer.byteLength(text), sha256, text };
  };
  return {
    cluster: {
      workloads: async (region) => Object.values(state.workloads[region]!),
      nodes: async (region) => state.secured.nodes[region]!,
      cordon: async (region, names, on) => {
        for (const one of state.secured.nodes[region]!) if (names.includes(one.name)) one.schedulable = !on;
        state.calls.push(`${on ? 'cordon' : 'uncordon'} ${region} ${names.join(' ')}`);
      },
      trafficDenied: async (region, name) => state.secured.policies[`${region} ${name}`] ?? 'no',
      denyTraffic: async (region, name, on) => {
        if (on) state.secured.policies[`${region} ${name}`] = 'yes';
        else delete state.secured.policies[`${region} ${name}`];
        state.calls.push(`${on ? 'deny' : 'allow'} ${region} ${name}`);
      },
      labels: async (region, key) => {
        const value = state.secured.labels[`${region} ${key}`] ?? null;
        const nodes = state.secured.nodes[region]!.map(({ name }) => [`node ${name}`, value]);
        return Object.fromEntries([['namespace eden', value], ...nodes]) as Record<string, string | null>;
      },
      label: async (region, key, value) => {
        if (value === null) delete state.secured.labels[`${region} ${key}`];
        else state.secured.labels[`${region} ${key}`] = value;
        state.calls.push(`label ${region} ${key} ${value}`);
      },
      snapshot: async (region) => JSON.stringify({ region, ...state.secured.snapshot }),
    },
    evidence: {
      keep: async (run, name, text) => {
        state.secured.files[`${run}/${name}`] = text;
        state.calls.push(`keep ${run}/${name}`);
        return at(run, name);
      },
      read: async (run, name) => (state.secured.files[`${run}/${name}`] === undefined ? null : at(run, name)),
    },
  };
}

const silent = (system: string): IntegrationError =>
  new IntegrationError(`${system} does not answer.`, { code: `${system}-timeout`, system, operation: 'ask' });

/** Every verb of a system refuses for one region, as one that lost its network does. Gives back what undoes it. */
export function silence(ports: Ports, system: 'cluster' | 'database' | 'cache', region: string): () => void {
  const verbs = ports[system] as unknown as Record<string, (...args: unknown[]) => unknown>;
  const before = { ...verbs };
  for (const [name, verb] of Object.entries(before))
    verbs[name] = async (...args) => {
      if (args[0] !== region) return verb(...args);
      if (name === 'attemptWrite') return { outcome: 'unreachable', how: 'timed out', connectionRefused: false };
      throw silent(system);
    };
  return () => {
    Object.assign(verbs, before);
  };
}

/** A right that is missing: an answer, not silence. */
export const forbidden = (what: string): IntegrationError =>
  new IntegrationError(`Kubernetes of east refused to ${what} (403 Forbidden).`, {
    code: 'kubernetes-403',
    system: 'kubernetes',
    operation: what,
    effect: 'none',
  });
