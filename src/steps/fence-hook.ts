/** The house's own way to stop and start a region's Postgres, as a call. */
import type { HookCall } from '../ports/hook.ts';
import type { FencePlan } from './system.ts';

export type HookFence = Extract<FencePlan, { strategy: 'exec' | 'http' }>;
export const stopCall = (fence: HookFence): HookCall =>
  fence.strategy === 'exec' ? { exec: fence.stop } : { http: { url: fence.stop, method: 'POST' } };
/** null: no start is configured, a person has to. */
export function startCall(fence: HookFence): HookCall | null {
  if (fence.strategy === 'exec') return fence.start === null ? null : { exec: fence.start };
  return fence.start === null ? null : { http: { url: fence.start, method: 'POST' } };
}
