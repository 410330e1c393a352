import { done, notDone } from '../ports/answer.ts';
import type { Workload } from '../ports/cluster.ts';
import { owed, reach } from './reaching.ts';
import { defineStep } from './step.ts';

/** How long pods may take to end before it is their node that is lost with them, ms. */
const ENDING_MS = 60_000;

const keyOf = ({ kind, name }: Pick<Workload, 'kind' | 'name'>): string => `${kind}/${name}`;

/** Half a region that goes on working on old data is worse than none. */
export const stopSource = defineStep({
  id: 'stop-source',
  title: 'Stop every service in {source}',
  about: {
    does: 'Scales every deployment and stateful set of the namespace in {source} to 0. What they were is kept, and given back by the undo. Jobs, CronJobs and DaemonSets are left as they are: deny-source takes the network from them.',
    asks: 'Counts wanted and living pods. Done when none is wanted and none is left. Pods that do not end within a minute are on nodes that are lost: then that is said, and it is owed. Also done, and owed, when {source} does not answer at all.',
    whenItStops: [
      '“→ 0” does not happen: an operator or a GitOps tool scales it up again. Stop that tool in {source}, then press Retry.',
      '“refused to”: Regent lacks a right in the cluster; deploy/kubernetes-role.yml has all of them.',
    ],
  },
  phase: 'securing',
  after: ['keep-evidence'],
  repeat: 'idempotent',
  budgetMs: 2 * 60_000,
  callMs: 20_000,
  uses: ['cluster', 'clock'],
  async check({ cluster, clock, source, beforeOf, signal }) {
    const seen = await reach(signal, (limit) => cluster.workloads(source, limit));
    if (!seen.answered) return owed(source, 'its services are stopped', seen.why);
    const wanted = Object.fromEntries(seen.value.map((one) => [keyOf(one), one.wanted]));
    const askedAtMs = Number(beforeOf('stop-source')?.['askedAtMs'] ?? clock.now());
    const evidence = { reached: true, owed: false, wanted, askedAtMs };
    const up = seen.value.filter((one) => one.wanted > 0);
    if (up.length > 0) return notDone(up.map((one) => `${one.name} ${one.wanted} → 0`).join(', '), evidence);
    const ending = seen.value.filter((one) => one.pods > 0);
    if (ending.length === 0) return done(evidence, `${seen.value.length} workloads at 0, no pod left`);
    const words = ending.map((one) => `${one.name}: ${one.pods} pods ending`).join(', ');
    if (clock.now() - askedAtMs < ENDING_MS) return notDone(words, evidence);
    const trouble = [`They do not end, as on nodes that are lost: ${words}`];
    return done({ ...evidence, owed: true, trouble }, `all at 0; ${words}: their nodes seem lost`);
  },
  async run({ cluster, source, signal }) {
    const up = (await cluster.workloads(source, signal)).filter((one) => one.wanted > 0);
    await Promise.all(up.map(({ kind, name }) => cluster.scale(source, kind, name, 0, signal)));
    return undefined;
  },
  async undo({ cluster, source, before, signal }) {
    const wanted = Object.entries((before['wanted'] ?? {}) as Record<string, number>);
    const restored = wanted.filter(([, replicas]) => replicas > 0);
    await Promise.all(
      restored.map(([key, replicas]) => {
        const [kind, name] = key.split('/') as [Workload['kind'], string];
        return cluster.scale(source, kind, name, replicas, signal);
      }),
    );
    return { restored: Object.fromEntries(restored) };
  },
});
