import { done, notDone } from '../ports/answer.ts';
import type { Capacity } from '../ports/cluster.ts';
import { defineCheck } from './step.ts';

type Asked = { name: string; pods: number; cpu: number; memoryBytes: number };

/**
 * Whether the pods still to be started fit on the free nodes: largest first, each on the first node with room,
 * as a scheduler without preferences would. Says which do not.
 */
export function withoutRoom(free: Capacity['free'], asked: Asked[]): { name: string; pods: number }[] {
  const room = free.map((node) => ({ ...node }));
  const missing = new Map<string, number>();
  for (const { name, pods, cpu, memoryBytes } of asked.toSorted(
    (a, b) => b.cpu - a.cpu || b.memoryBytes - a.memoryBytes,
  ))
    for (let pod = 0; pod < pods; pod += 1) {
      const node = room.find((one) => one.cpu >= cpu && one.memoryBytes >= memoryBytes && one.pods >= 1);
      if (node === undefined) missing.set(name, (missing.get(name) ?? 0) + 1);
      else {
        node.cpu -= cpu;
        node.memoryBytes -= memoryBytes;
        node.pods -= 1;
      }
    }
  return [...missing].map(([name, pods]) => ({ name, pods }));
}

/** Proven from allocatable minus requests, for exactly the pods the plan asks: a standby region is often too small. */
export const targetCapacity = defineCheck({
  id: 'target-capacity',
  title: 'Prove {target} has room',
  about: {
    does: 'Shows before the promotion is approved that {target} can carry full load: a standby region is often too small.',
    asks: 'Counts free CPU, memory and pod places on the ready nodes of {target}, and fits into them the pods that are still missing there. Done when every one of them finds a node.',
    whenItStops: [
      '“no room”: add nodes in {target}, or stop there what is not needed, then press Retry. The card names the services that do not fit.',
      '“has no deployment”: deploy the named services to {target} first; Regent only changes how many pods they have.',
    ],
  },
  phase: 'assessing',
  budgetMs: 60_000,
  uses: ['cluster'],
  proves: true,
  async check({ cluster, target, values, signal }) {
    const names = values.deployments.map(({ name }) => name);
    const [capacity, present] = await Promise.all([
      cluster.capacity(target, signal),
      cluster.deployments(target, names, signal),
    ]);
    const absent = names.filter((name) => !present.some((one) => one.name === name));
    if (absent.length > 0) return notDone(`${target} has no deployment ${absent.join(', ')}`, { absent });

    const asked = values.deployments.flatMap(({ name, replicas }) => {
      const one = present.find((workload) => workload.name === name)!;
      return { name, pods: Math.max(0, replicas - one.pods), ...one.request };
    });
    const missing = withoutRoom(capacity.free, asked);
    const podsAsked = values.deployments.reduce((sum, { replicas }) => sum + replicas, 0);
    const toStart = asked.reduce((sum, { pods }) => sum + pods, 0);
    const evidence = {
      podsAsked,
      podsToStart: toStart,
      nodesReady: capacity.readyNodes,
      nodes: capacity.nodes,
      freeCpu: Math.round(capacity.free.reduce((sum, node) => sum + node.cpu, 0) * 100) / 100,
      freeMemoryBytes: capacity.free.reduce((sum, node) => sum + node.memoryBytes, 0),
      missing,
    };
    if (missing.length > 0)
      return notDone(
        `no room in ${target} for ${missing.map(({ name, pods }) => `${pods} of ${name}`).join(', ')}`,
        evidence,
      );
    return done(
      evidence,
      `room for ${toStart} more pods of ${podsAsked} asked, ${capacity.readyNodes} of ${capacity.nodes} nodes ready`,
    );
  },
});
