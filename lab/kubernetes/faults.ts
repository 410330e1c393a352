/** Faults on demand: the next calls that match fail as a real server or network would. */

export type FaultKind =
  /** Answers 500 and does nothing. */
  | 'http500'
  /** Answers 409, as a server that lost a race, and does nothing. */
  | 'conflict'
  /** Never answers and does nothing. */
  | 'hang'
  /** Cuts the connection and does nothing. */
  | 'reset'
  /** Does what was asked, then cuts the connection instead of answering. */
  | 'lostAnswer';

export type Fault = {
  /** Tested against `METHOD /path?query`; a text matches where it is contained. */
  match: RegExp | string;
  /** How many calls it hits. Default: one. */
  times?: number;
  kind: FaultKind;
};

export function createFaults() {
  let active: { fault: Fault; left: number }[] = [];
  return {
    add(fault: Fault): void {
      active.push({ fault, left: fault.times ?? 1 });
    },
    clear(): void {
      active = [];
    },
    /** The fault this call meets, used up by one. */
    take(method: string, url: string): FaultKind | undefined {
      const line = `${method} ${url}`;
      const hit = active.find(({ fault: { match } }) =>
        typeof match === 'string' ? line.includes(match) : match.test(line),
      );
      if (!hit) return undefined;
      hit.left -= 1;
      active = active.filter(({ left }) => left > 0);
      return hit.fault.kind;
    },
  };
}
