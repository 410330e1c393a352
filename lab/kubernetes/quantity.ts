/** Quantities of the lab's scheduler: cores and bytes as plain numbers. */
import type { Pod, PodSpec } from './types.ts';

const FACTORS: Record<string, number> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** `250m` → 0.25, `1.5Gi` → 1610612736; NaN when it is no quantity. */
export function quantity(text: string | number | undefined): number {
  if (text === undefined) return 0;
  const match = /^([0-9.]+)([a-zA-Z]*)$/.exec(String(text));
  return Number(match?.[1] ?? Number.NaN) * (FACTORS[match?.[2] ?? ''] ?? Number.NaN);
}

export type Size = { cpu: number; memory: number };

/** What a pod occupies: its containers and sidecars, or its largest init container, and the overhead. */
export function sizeOf(spec: PodSpec): Size {
  const of = (key: 'cpu' | 'memory'): number => {
    const request = (one: { resources?: { requests?: Record<string, string | number> } }) =>
      quantity(one.resources?.requests?.[key]);
    const inits = spec.initContainers ?? [];
    const sidecars = inits.filter((one) => one.restartPolicy === 'Always').reduce((sum, one) => sum + request(one), 0);
    const running = spec.containers.reduce((sum, one) => sum + request(one), sidecars);
    return Math.max(running, ...inits.map(request)) + quantity(spec.overhead?.[key]);
  };
  return { cpu: of('cpu'), memory: of('memory') };
}

export const ended = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
