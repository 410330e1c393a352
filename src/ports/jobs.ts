/**
 * Work of a user's script that lasts: started by a short call, then looked at, by a key of ours. It goes on when we die,
 * and ends by itself at its time limit.
 */
import type { Progress } from './answer.ts';

export type Job = {
  exec: string[];
  env?: Record<string, string>;
  /** After this it is ended, whether we live or not, ms. */
  timeoutMs: number;
};

export type JobState =
  /** Surely never started under this key. */
  | { is: 'never' }
  /** `sinceMs`: for how long, ms. */
  | { is: 'running'; sinceMs: number; progress: Progress | null }
  | {
      is: 'ended';
      /** Exit status; null when it was ended by its time limit or a signal. */
      status: number | null;
      tookMs: number;
      /** How far it said it was, last. */
      progress?: Progress | null;
      /** The last JSON object it printed that is no progress. */
      report: { [key: string]: unknown } | null;
      /** The last lines it printed, 4 kB at most. */
      output: string;
    }
  /** It was started, it runs no more, and it left no exit status: the machine went down, or somebody killed it. */
  | { is: 'lost'; progress?: Progress | null; output: string };

export interface Jobs {
  /** Starts it, once for each key, ever: a key that was started before is left as it is. Throws when it could not be started. */
  start(key: string, job: Job, signal: AbortSignal): Promise<void>;
  /** Never starts anything. */
  look(key: string, signal: AbortSignal): Promise<JobState>;
}
