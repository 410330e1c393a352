/**
 * Runs a user's script to its end: no shell, a clean environment, a session of its own. We end it when its time is up or
 * the run is stopped; `timeout -k` before it ends it when we are no longer there to do so. What lasts is in `jobs.ts`.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { HookResult } from '../../ports/hook.ts';
import { cleanEnv, type ExecOptions, killAfter, limited, notStarted } from './launch.ts';
import { collectOutput, type Output } from './output.ts';
import { killSession, signalTo } from './session.ts';

/** How much later than we `timeout` acts: while we live, we are the ones who say why it ended. */
const DEAD_MAN_MS = 500;
/** How long a pipe may stay open that some escaped child still holds. */
const DRAIN_MS = 250;

/** @throws ConfigError when the script is not allowed, not there or cannot be started. */
export async function runScript(
  call: { exec: string[]; env?: Record<string, string> },
  options: ExecOptions,
  timeoutMs: number,
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Promise<HookResult> {
  const [program, ...argv] = limited(call.exec, options, timeoutMs + DEAD_MAN_MS);
  const file = resolve(options.baseDir, call.exec[0]!);
  const output = collectOutput(onLine);
  if (signal.aborted) return { ok: false, status: null, report: null, output: 'It was stopped before it started.' };
  const child = spawn(program, argv, {
    cwd: resolve(options.baseDir),
    env: cleanEnv(options.env, call.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  await once(child, 'spawn').catch((error: unknown) => {
    throw notStarted(file, (error as Error).message, error);
  });
  const end = await watch(child, output, { timeoutMs, killAfterMs: killAfter(options), signal });
  const tail = output.tail();
  // `timeout` says so itself where the system refused to run the file (a missing interpreter, another machine's code).
  const refusal = /^\S*timeout: failed to run command .*: (.*)$/.exec(tail);
  if (refusal !== null && (end.status === 126 || end.status === 127)) throw notStarted(file, refusal[1]!, undefined);
  return { ok: end.status === 0, status: end.status, report: output.report(), output: tail };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Until the script is over and nothing of its session is left. The status is null when we or a signal ended it. */
async function watch(
  child: Child,
  output: Output,
  { timeoutMs, killAfterMs, signal }: { timeoutMs: number; killAfterMs: number; signal: AbortSignal },
): Promise<{ status: number | null }> {
  const leader = child.pid!;
  let cutOff = false;
  const timers: NodeJS.Timeout[] = [];
  const onAbort = () => {
    cutOff = true;
    killSession(leader);
  };
  const onTime = () => {
    cutOff = true;
    // `timeout` hands it on to the script's process group.
    signalTo(leader, 'SIGTERM');
    timers.push(setTimeout(() => killSession(leader), killAfterMs));
  };
  timers.push(setTimeout(onTime, timeoutMs));
  signal.addEventListener('abort', onAbort, { once: true });
  child.stdout.on('data', (chunk: Buffer) => output.push('stdout', chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push('stderr', chunk));
  // An abort between the caller's check and our listener must not be lost.
  if (signal.aborted) onAbort();
  const [code] = (await once(child, 'exit')) as [number | null];
  for (const timer of timers) clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
  // What a script leaves behind is over with it, however it ended.
  killSession(leader);
  await drained(child);
  output.end();
  // 124 is what `timeout` says when it was the one that ended it.
  return { status: cutOff || code === 124 ? null : code };
}

/** Waits for the last output, but not for a child that fled into another session with our pipe in its hand. */
async function drained(child: Child): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => !stream.readableEnded && !stream.destroyed);
  const over = Promise.all(streams.map((stream) => once(stream, 'close')));
  const limit = setTimeout(() => {
    for (const stream of streams) stream.destroy();
  }, DRAIN_MS);
  await over.catch(() => undefined);
  clearTimeout(limit);
}
