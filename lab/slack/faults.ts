/** Faults on demand: which injected trouble hits the next call of a method. */
import type { Fault } from './types.ts';

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault that hits this call, used up by one; undefined when there is none. */
  next(method: string): Fault | undefined;
}

export function createFaults(): Faults {
  let waiting: { fault: Fault; left: number }[] = [];
  return {
    add(fault) {
      waiting.push({ fault, left: fault.times ?? 1 });
    },
    clear() {
      waiting = [];
    },
    next(method) {
      const hit = waiting.find(
        ({ fault }) => fault.method === method || (fault.method === '*' && method !== 'response_url'),
      );
      if (!hit) return undefined;
      hit.left -= 1;
      if (hit.left <= 0) waiting = waiting.filter((one) => one !== hit);
      return hit.fault;
    },
  };
}
