/** Whether a region can carry full load: the pods still missing there, against what its nodes have free. */
import type { PlanValues } from '../machine/types.ts';
import type { Capacity, Cluster } from '../ports/cluster.ts';

export type Asked = { name: string; pods: number; cpu: number; memoryBytes: number };

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

export type Room = {
  capacity: Capacity;
  /** What is still to be started. */
  asked: Asked[];
  /** Deployments that are not there at all. */
  absent: string[];
  /** What finds no node. */
  missing: { name: string; pods: number }[];
};

/** Asks a region's cluster. @throws IntegrationError when it does not answer */
export async function roomIn(
  cluster: Pick<Cluster, 'capacity' | 'deployments'>,
  region: string,
  deployments: PlanValues['deployments'],
  signal: AbortSignal,
): Promise<Room> {
  const names = deployments.map(({ name }) => name);
  const [capacity, present] = await Promise.all([
    cluster.capacity(region, signal),
    cluster.deployments(region, names, signal),
  ]);
  const absent = names.filter((name) => !present.some((one) => one.name === name));
  const asked = deployments.flatMap(({ name, replicas }) => {
    const one = present.find((workload) => workload.name === name);
    return one === undefined ? [] : [{ name, pods: Math.max(0, replicas - one.pods), ...one.request }];
  });
  return { capacity, asked, absent, missing: withoutRoom(capacity.free, asked) };
}

/** Free over asked, of CPU or memory, whichever is scarcer; null: nothing is asked. */
export function freeOverAsked({ capacity: { free }, asked }: Room): number | null {
  const sum = (of: { cpu: number; memoryBytes: number }[], what: 'cpu' | 'memoryBytes', times: number[] = []) =>
    of.reduce((all, one, index) => all + one[what] * (times[index] ?? 1), 0);
  const pods = asked.map((one) => one.pods);
  const shares = (['cpu', 'memoryBytes'] as const).flatMap((what) => {
    const wanted = sum(asked, what, pods);
    return wanted > 0 ? [sum(free, what) / wanted] : [];
  });
  return shares.length === 0 ? null : Math.min(...shares);
}
