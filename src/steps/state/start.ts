/** Starts one stage by a short call, under a key of its attempt: the same one never starts twice. */
import { IntegrationError } from '../../lib/errors.ts';
import { callsOf, callText } from '../own-work.ts';
import type { Handed } from './look.ts';
import { type Stage, type StateSource, stageIdOf, stepIdOf } from './types.ts';

/** Short questions end with the time of one call. */
const CALL_MS = 20_000;

/**
 * @param limitMs after this it is ended, whether we live or not
 * @throws IntegrationError (effect none where surely nothing was sent) or ConfigError when it could not be started
 */
export async function startStage(source: StateSource, stage: Stage, handed: Handed, limitMs: number): Promise<void> {
  const { run, attempt, source: from, target, signal } = handed;
  const { does } = callsOf(stageIdOf(source, stage), handed);
  const key = `${run}:${stageIdOf(source, stage)}:${attempt}`;
  const step = stepIdOf(source);
  const timeLimitMs = Math.round(limitMs);
  if ('exec' in does!) {
    const env = {
      REGENT_RUN: run,
      REGENT_STEP: step,
      REGENT_STAGE: stage,
      REGENT_SOURCE: from,
      REGENT_TARGET: target,
      REGENT_ATTEMPT: String(attempt),
      REGENT_TIME_LIMIT_MS: String(timeLimitMs),
    };
    return await handed.jobs.start(key, { ...does, env, timeoutMs: limitMs }, signal);
  }
  const body = { key, run, step, stage, source: from, target, timeLimitMs };
  const post = { url: does!.start, method: 'POST' as const, body, headers: { 'Idempotency-Key': key } };
  const { ok, status } = await handed.hook.run({ http: post }, CALL_MS, signal);
  if (ok) return;
  throw new IntegrationError(`${callText(does!)} ${status === null ? 'was cut off' : `answered ${status}`}`, {
    code: status === null ? 'hook-cut-off' : 'hook-refused',
    system: 'hook',
    operation: 'start',
  });
}
