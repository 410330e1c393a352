/** A user's own script or HTTP endpoint: argv without a shell, clean environment, its own session, a time limit. */

export type HookCall =
  | { exec: string[]; env?: Record<string, string> }
  | { http: { url: string; method?: 'GET' | 'POST'; body?: unknown; headers?: Record<string, string> } };

export type HookResult = {
  /** Exit status 0, or a 2xx. */
  ok: boolean;
  /** Exit status or HTTP status; null when it was cut off. */
  status: number | null;
  /** The last JSON object it printed, or the JSON body. */
  report: { [key: string]: unknown } | null;
  /** The last lines of its output (4 kB at most, control characters removed). */
  output: string;
};

export interface Hook {
  /**
   * Runs to its end or to `timeoutMs` (then the whole session is killed, and it dies by itself even when we are gone).
   * Throws only when it could not be started. `onLine` sees each line as it comes.
   */
  run(call: HookCall, timeoutMs: number, signal: AbortSignal, onLine?: (line: string) => void): Promise<HookResult>;
}
