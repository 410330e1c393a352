/**
 * What the pods of a deployment use, as the cluster's metrics API (`metrics.k8s.io`) measures it, against what they may.
 * A pod that was not measured yet counts on neither side.
 */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { Usage } from '../../ports/cluster.ts';
import { parseQuantity } from './quantity.ts';
import { isPodOf } from './workload.ts';

/** One pod as `metrics.k8s.io/v1beta1` has it: only what is read. */
export type PodMetrics = {
  metadata?: { name?: string };
  containers?: { name?: string; usage?: { cpu?: string; memory?: string } }[];
};

/** Deployments of which no pod was measured are left out: nothing is known of them. */
export function usageOf(deployments: V1Deployment[], pods: V1Pod[], metrics: PodMetrics[]): Usage[] {
  return deployments.flatMap((object): Usage[] => {
    const own = pods.filter((pod) => isPodOf({ kind: 'deployment', object }, pod));
    const measured = own.flatMap((pod) => {
      const one = metrics.find(({ metadata }) => metadata?.name === pod.metadata?.name);
      return one === undefined ? [] : [{ pod, one }];
    });
    if (measured.length === 0) return [];
    const part = (key: 'cpu' | 'memory') => ({
      used: sum(measured.map(({ one }) => usedBy(one, key))),
      of: total(measured.map(({ pod }) => mayUse(pod, key))),
    });
    return [{ name: object.metadata?.name ?? '', pods: measured.length, cpu: part('cpu'), memory: part('memory') }];
  });
}

const sum = (list: number[]): number => list.reduce((all, one) => all + one, 0);
const total = (list: (number | null)[]): number | null => (list.includes(null) ? null : sum(list as number[]));

const usedBy = ({ containers = [] }: PodMetrics, key: 'cpu' | 'memory'): number =>
  sum(containers.map(({ usage }) => parseQuantity(usage?.[key] ?? '0')));

/** Each container's limit, else its request: what it is held to, or at least set aside for it. */
function mayUse({ spec }: V1Pod, key: 'cpu' | 'memory'): number | null {
  return total(
    (spec?.containers ?? []).map(({ resources }) => {
      const of = resources?.limits?.[key] ?? resources?.requests?.[key];
      return of === undefined ? null : parseQuantity(of);
    }),
  );
}
