/** The autoscaler as far as it can undo our scaling: it keeps a target within its bounds, and leaves zero alone. */
import type { Autoscaler, Workload } from '../types.ts';
import type { Context } from './context.ts';

const PLURALS: Record<string, string> = { Deployment: 'deployments', StatefulSet: 'statefulsets' };

export function runAutoscaler({ store, timers, delays }: Context): void {
  const round = () => {
    for (const autoscaler of store.list<Autoscaler>('horizontalpodautoscalers')) hold(autoscaler);
    timers.after(delays.autoscalerMs, round);
  };
  timers.after(delays.autoscalerMs, round);

  function hold({ metadata, spec }: Autoscaler): void {
    const plural = PLURALS[spec.scaleTargetRef.kind];
    const target = plural && store.get<Workload>(plural, metadata.namespace, spec.scaleTargetRef.name);
    if (!plural || !target || target.spec.replicas === 0) return;
    const current = target.spec.replicas;
    const desired = Math.min(spec.maxReplicas, Math.max(spec.minReplicas ?? 1, current));
    store.update<Workload>(plural, metadata.namespace, target.metadata.name, (draft) => {
      draft.spec.replicas = desired;
    });
    store.update<Autoscaler>('horizontalpodautoscalers', metadata.namespace, metadata.name, (draft) => {
      draft.status = { currentReplicas: current, desiredReplicas: desired };
    });
  }
}
