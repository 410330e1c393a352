/**
 * Servers that stop themselves: the cluster of the witness region, where their lease is kept, and beside each server what
 * renews it there. Only where the configuration file relies on it. A region’s way to the lease is its own: it lives on
 * when Regent is cut off, and ends with the region.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rightsIn } from '../kubernetes/rbac.ts';
import { type KubernetesLab, startKubernetes } from '../kubernetes/start.ts';
import type { Keep } from '../lib/closers.ts';
import { parseDurationMs } from '../lib/duration.ts';
import { type Relay, startRelay } from '../lib/relay.ts';
import { type Guard, type GuardOptions, startGuard } from '../postgres/guard.ts';
import type { WorldFile } from './file.ts';

/** The right the project tells people to give it: as it stands there, for this very lease. */
const ROLE = new URL('../../deploy/kubernetes-lease-role.yml', import.meta.url);
const TOKENS = { regent: 'lab-lease-token', guard: 'lab-guard-token' };
/** A lease lasts whole seconds, and a busy machine must not look like a cut network. */
const LEAST_MS = 10_000;

export type Leases = {
  readonly cluster: KubernetesLab;
  /** What Regent reads them with. */
  readonly kubeconfig: string;
  /** How long a server takes to stop, ms of real time. */
  readonly withinMs: number;
  /** Regent’s way to the cluster, and that of each region’s guard. */
  readonly ways: { regent: Relay; regions: Record<string, Relay> };
  /** A guard begins beside this server, and ends with it. */
  watchOver(region: string, node: GuardOptions['node']): Pick<Guard, 'end'>;
  /** Whatever guards this region’s server dies with it. */
  die(region: string): Promise<void>;
};

type Options = {
  dir: string;
  file: WorldFile;
  regions: readonly string[];
  pace: number;
  keep: Keep;
  say: (line: string) => void;
};

/** null where no server of the file stops itself. */
export async function startLeases({ dir, file, regions, pace, keep, say }: Options): Promise<Leases | null> {
  const declared = regions.flatMap((region) => {
    const { selfFence, lease } = file.regions[region]!.postgres?.fence ?? {};
    return selfFence === undefined || lease === undefined ? [] : [{ region, selfFence, lease }];
  });
  const [first] = declared;
  if (first === undefined) return null;
  const { context, namespace, name } = first.lease.kubernetes;
  const withinMs = Math.max(LEAST_MS, Math.round((parseDurationMs(first.selfFence) ?? 0) / pace));
  const mayRead = rightsIn(readFileSync(ROLE, 'utf8'));
  const cluster = await startKubernetes({
    name: context,
    tokens: { [TOKENS.regent]: 'regent', [TOKENS.guard]: 'guard' },
    may: (attempt) => attempt.user === 'guard' || mayRead(attempt),
    nodes: [],
    namespace,
    pace,
  });
  keep(() => cluster.close());
  const way = async (): Promise<Relay> => {
    const relay = await startRelay(() => ({ host: '127.0.0.1', port: Number(new URL(cluster.url).port) }));
    keep(() => relay.close());
    return relay;
  };
  const ways = { regent: await way(), regions: {} as Record<string, Relay> };
  for (const { region } of declared) ways.regions[region] = await way();
  const kubeconfig = join(dir, 'leases.kubeconfig');
  const text = cluster.kubeconfig(TOKENS.regent).replace(cluster.url, `http://127.0.0.1:${ways.regent.port}`);
  writeFileSync(kubeconfig, text, { mode: 0o600 });

  const guards = new Map<string, Guard>();
  keep(() => Promise.all([...guards.values()].map((guard) => guard.die())));
  return {
    cluster,
    kubeconfig,
    withinMs,
    ways,
    watchOver(region, node) {
      const holder = declared.find((one) => one.region === region)?.lease.holder ?? region;
      const guard = startGuard({
        node,
        holder,
        lease: {
          url: `http://127.0.0.1:${ways.regions[region]!.port}`,
          token: TOKENS.guard,
          namespace,
          name,
          durationSeconds: Math.max(1, Math.floor(withinMs / 2000)),
        },
        withinMs,
        say,
      });
      guards.set(region, guard);
      return {
        async end(stop) {
          if (guards.get(region) === guard) guards.delete(region);
          await guard.end(stop);
        },
      };
    },
    async die(region) {
      const guard = guards.get(region);
      guards.delete(region);
      await guard?.die();
    },
  };
}
