/** A user's own scripts and endpoints: what only their product can know or do. See `exec.ts` and `http.ts`. */
import type { Hook } from '../../ports/hook.ts';
import { runScript } from './exec.ts';
import { callEndpoint, type HttpHookOptions } from './http.ts';
import type { ExecOptions } from './launch.ts';

export type HooksOptions = ExecOptions &
  HttpHookOptions & {
    /** No call takes longer than this, whatever it asks for. */
    timeoutMs: number;
  };

export function hooks(options: HooksOptions): Hook {
  return {
    async run(call, timeoutMs, signal, onLine) {
      const limit = Math.min(timeoutMs, options.timeoutMs);
      if ('exec' in call) return runScript(call, options, limit, signal, onLine);
      return callEndpoint(call.http, options, limit, signal, onLine);
    },
  };
}
