/** Room on the nodes: what pods request, and what is left. Pure arithmetic over objects as the API gives them. */
import type { V1Container, V1Node, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { Capacity, Workload } from '../../ports/cluster.ts';
import { parseQuantity } from './quantity.ts';

type Request = Workload['request'];
type ContainerRequest = Pick<V1Container, 'name' | 'resources' | 'restartPolicy'>;
export type Requesting = Pick<V1PodSpec, 'initContainers' | 'overhead' | 'resources'> & {
  containers: ContainerRequest[];
};

/**
 * What the scheduler sets aside for one pod: its containers together with its sidecars, or its largest init container
 * (which runs beside the sidecars started before it), and the runtime's overhead.
 */
export function podRequest(spec: Requesting): Request {
  const total = (key: 'cpu' | 'memory'): number => {
    const of = (one: Pick<V1Container, 'resources'>) => parseQuantity(one.resources?.requests?.[key] ?? '0');
    let sidecars = 0;
    let largestInit = 0;
    for (const init of spec.initContainers ?? []) {
      if (init.restartPolicy === 'Always') sidecars += of(init);
      largestInit = Math.max(largestInit, sidecars + (init.restartPolicy === 'Always' ? 0 : of(init)));
    }
    const running = spec.containers.reduce((sum, one) => sum + of(one), sidecars);
    const whole = spec.resources?.requests?.[key];
    const needed = whole === undefined ? Math.max(running, largestInit) : parseQuantity(whole);
    return needed + parseQuantity(spec.overhead?.[key] ?? '0');
  };
  return { cpu: rounded(total('cpu')), memoryBytes: Math.ceil(total('memory')) };
}

/** Has run to its end: its requests are free again and it will never be ready. */
export const hasEnded = (pod: V1Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/**
 * Free room of every usable node: allocatable minus the requests of all pods there that have not ended. Nodes that
 * are not ready, cordoned, or tainted against ordinary pods are counted but offer nothing.
 */
export function capacityOf(nodes: V1Node[], pods: V1Pod[]): Capacity {
  const usable = nodes.filter(isUsable);
  const free = usable.map((node) => {
    const name = node.metadata?.name ?? '';
    const here = pods.filter((pod) => pod.spec?.nodeName === name && !hasEnded(pod));
    const used = here.map((pod) => podRequest(pod.spec!));
    const allocatable = (key: string) => parseQuantity(node.status?.allocatable?.[key] ?? '0');
    const sum = (of: (request: Request) => number) => used.reduce((total, request) => total + of(request), 0);
    return {
      node: name,
      cpu: rounded(Math.max(0, allocatable('cpu') - sum((request) => request.cpu))),
      memoryBytes: Math.max(0, Math.floor(allocatable('memory') - sum((request) => request.memoryBytes))),
      pods: Math.max(0, allocatable('pods') - here.length),
    };
  });
  const notReady = nodes.filter((node) => !isReady(node)).map((node) => node.metadata?.name ?? '');
  return { readyNodes: usable.length, nodes: nodes.length, notReady, free };
}

const isReady = (node: V1Node): boolean =>
  (node.status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');

function isUsable(node: V1Node): boolean {
  const repelling = (node.spec?.taints ?? []).some((taint) => taint.effect !== 'PreferNoSchedule');
  return isReady(node) && !node.spec?.unschedulable && !repelling;
}

/** Micro-cores: sums of tenths leave no dust behind. */
const rounded = (cores: number): number => Math.round(cores * 1e6) / 1e6;
