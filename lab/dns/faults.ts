/** What the lab's DNS servers share: faults on demand and the list of questions seen. */

import type { DnsFault, SeenQuery } from './types.ts';
import { type Handle, type Rcode, refusal } from './wire.ts';

const KEPT = 1000;

export type Watched = {
  handle: Handle;
  queries(): SeenQuery[];
  fault(fault: DnsFault): void;
  clearFaults(): void;
};

/** `handle` with faults before it and a list behind it. */
export function watched(inner: Handle): Watched {
  const seen: SeenQuery[] = [];
  let faults: { kind: DnsFault['kind']; left: number }[] = [];
  const note = (question: { name: string; type: string }, over: 'udp' | 'tcp', rcode: Rcode | 'none') => {
    seen.push({ at: Date.now(), name: question.name, type: question.type, over, rcode });
    if (seen.length > KEPT) seen.shift();
  };
  return {
    async handle(question, over) {
      const fault = faults[0];
      if (fault !== undefined) {
        fault.left -= 1;
        if (fault.left <= 0) faults = faults.filter((other) => other !== fault);
        const reply = fault.kind === 'silent' ? null : refusal(fault.kind === 'servfail' ? 'SERVFAIL' : 'REFUSED');
        note(question, over, reply?.rcode ?? 'none');
        return reply;
      }
      const reply = await inner(question, over);
      note(question, over, reply?.rcode ?? 'none');
      return reply;
    },
    queries: () => seen.map((query) => ({ ...query })),
    fault: ({ kind, times = Number.POSITIVE_INFINITY }) => faults.push({ kind, left: times }),
    clearFaults() {
      faults = [];
    },
  };
}
