/** Garbage collection: what belonged to a deleted object goes too, pods only by way of their kubelet. */
import { RESOURCES } from '../resources.ts';
import type { Pod } from '../types.ts';
import type { Context } from './context.ts';

export function runGarbageCollector({ store, timers, delays, deletePod }: Context): void {
  store.onChange(({ type, object }) => {
    if (type !== 'DELETED') return;
    timers.after(delays.controllerMs, () => {
      for (const { plural } of RESOURCES) {
        for (const dependent of store.list(plural, object.metadata.namespace)) {
          if (!dependent.metadata.ownerReferences?.some((one) => one.uid === object.metadata.uid)) continue;
          if (plural === 'pods') deletePod(dependent as Pod);
          else store.remove(plural, dependent.metadata.namespace, dependent.metadata.name);
        }
      }
    });
  });
}
