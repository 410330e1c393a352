/** The scheduler: places each waiting pod on the emptiest node it fits on, and says why when there is none. */
import { ended, quantity, sizeOf } from '../quantity.ts';
import { timestamp } from '../store.ts';
import { createQueue } from '../timers.ts';
import type { Condition, Node, Pod } from '../types.ts';
import { type Context, withCondition } from './context.ts';
import { schedulingFailed } from './events.ts';

export function runScheduler(context: Context): void {
  const { store, timers, delays } = context;

  const look = createQueue(timers, delays.controllerMs, () => {
    const waiting = store.list<Pod>('pods').filter((pod) => !pod.spec.nodeName && !pod.metadata.deletionTimestamp);
    const refused = waiting.map((pod) => place(context, pod)).filter((placed) => !placed);
    if (refused.length > 0) timers.after(delays.retryMs, () => look('all'));
  });

  store.onChange(({ type, resource }) => {
    if (resource.plural === 'nodes' || (resource.plural === 'pods' && type !== 'MODIFIED')) look('all');
  });
}

/** Binds the pod, or tells it why not; true when it has a node now. */
function place(context: Context, pod: Pod): boolean {
  const { store, now } = context;
  const nodes = store.list<Node>('nodes');
  const reasons = new Map<string, number>();
  let best: { node: Node; room: number } | undefined;
  for (const node of nodes) {
    const { refusals, room } = judge(context, node, pod);
    for (const reason of refusals) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (refusals.length === 0 && (!best || room > best.room)) best = { node, room };
  }
  const condition = (next: Partial<Condition> & { status: string }): Condition => ({
    type: 'PodScheduled',
    lastProbeTime: null,
    lastTransitionTime: timestamp(now()),
    ...next,
  });
  const { namespace, name } = pod.metadata;
  if (best) {
    const { node } = best;
    store.update<Pod>('pods', namespace, name, (draft) => {
      draft.spec.nodeName = node.metadata.name;
      draft.status.conditions = withCondition(draft.status.conditions, condition({ status: 'True' }));
    });
    return true;
  }
  const list = [...reasons.entries()].map(([reason, count]) => `${count} ${reason}`).sort();
  const message =
    nodes.length === 0
      ? 'no nodes available to schedule pods'
      : `0/${nodes.length} nodes are available: ${list.join(', ')}.`;
  schedulingFailed(context, pod, message);
  store.update<Pod>('pods', namespace, name, (draft) => {
    const next = condition({ status: 'False', reason: 'Unschedulable', message });
    draft.status.conditions = withCondition(draft.status.conditions, next);
  });
  return false;
}

/** Why the node cannot take the pod, and how empty it would be (share of free cpu). */
function judge({ store }: Context, node: Node, pod: Pod): { refusals: string[]; room: number } {
  const wanted = sizeOf(pod.spec);
  const here = store.list<Pod>('pods').filter((one) => one.spec.nodeName === node.metadata.name && !ended(one));
  const used = here.map((one) => sizeOf(one.spec));
  const { cpu, memory, pods } = node.status.allocatable;
  const freeCpu = quantity(cpu) - used.reduce((sum, size) => sum + size.cpu, 0);
  const freeMemory = quantity(memory) - used.reduce((sum, size) => sum + size.memory, 0);
  const ready = node.status.conditions.some((one) => one.type === 'Ready' && one.status === 'True');
  const notReady = "node(s) had taint {node.kubernetes.io/not-ready: }, that the pod didn't tolerate";
  // A billionth of slack: sums of 0.1 cores are not exact.
  const refusals = [
    ...(ready ? [] : [notReady]),
    ...(node.spec.unschedulable ? ['node(s) were unschedulable'] : []),
    ...(here.length + 1 > quantity(pods) ? ['Too many pods'] : []),
    ...(wanted.cpu > freeCpu + 1e-9 ? ['Insufficient cpu'] : []),
    ...(wanted.memory > freeMemory ? ['Insufficient memory'] : []),
  ];
  return { refusals, room: (freeCpu - wanted.cpu) / Math.max(quantity(cpu), 1e-9) - here.length / 1e6 };
}
