/** Time as we need it. Handed in everywhere, so that a test never waits and never guesses. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts (it never rejects: waiting is not an effect). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
