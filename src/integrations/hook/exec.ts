/**
 * Runs a user's script: no shell, a clean environment, a session of its own. We end it when its time is up or the run
 * is stopped; `timeout -k` before it ends it when we are no longer there to do so.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { ConfigError } from '../../lib/errors.ts';
import type { HookResult } from '../../ports/hook.ts';
import { collectOutput, type Output } from './output.ts';
import { killSession, signalTo } from './session.ts';

export type ExecOptions = {
  /** Scripts that may be run: absolute, or relative to `baseDir`. */
  allow: string[];
  /** Where relative paths start and scripts run. */
  baseDir: string;
  /** Names of our environment's variables that are handed on; nothing else of it is. */
  env: string[];
  /** Between asking a script to end (SIGTERM) and ending it (SIGKILL); default 2 s. */
  killAfterMs?: number;
};

/** How much later than we `timeout` acts: while we live, we are the ones who say why it ended. */
const DEAD_MAN_MS = 500;
/** How long a pipe may stay open that some escaped child still holds. */
const DRAIN_MS = 250;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @throws ConfigError when the script is not allowed, not there or cannot be started. */
export async function runScript(
  call: { exec: string[]; env?: Record<string, string> },
  options: ExecOptions,
  timeoutMs: number,
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Promise<HookResult> {
  const file = allowed(call.exec[0] ?? '', options);
  const killAfterMs = options.killAfterMs ?? 2000;
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const limits = ['-k', seconds(killAfterMs), seconds(timeoutMs + DEAD_MAN_MS)];
  const output = collectOutput(onLine);
  if (signal.aborted) return { ok: false, status: null, report: null, output: 'It was stopped before it started.' };
  const child = spawn(limiter(), [...limits, file, ...call.exec.slice(1)], {
    cwd: resolve(options.baseDir),
    env: cleanEnv(options.env, call.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  await once(child, 'spawn').catch((error: unknown) => {
    throw notStarted(file, (error as Error).message, error);
  });
  const end = await watch(child, output, { timeoutMs, killAfterMs, signal });
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

function allowed(name: string, { allow, baseDir }: ExecOptions): string {
  const file = resolve(baseDir, name);
  if (name === '' || !allow.some((path) => resolve(baseDir, path) === file)) {
    throw new ConfigError(`The script "${name}" is not among the allowed ones.`, {
      code: 'hook-not-allowed',
      hint: 'List its path where the configuration allows scripts.',
    });
  }
  try {
    accessSync(file, constants.X_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw notStarted(file, missing ? 'there is no such file' : 'it is not executable', error);
  }
  return file;
}

const notStarted = (file: string, why: string, cause: unknown): ConfigError =>
  new ConfigError(`The script ${file} could not be started: ${why}.`, { code: 'hook-not-started', cause });

/** Never our whole environment: it holds every secret we have. */
function cleanEnv(names: string[], extra: Record<string, string> = {}): Record<string, string> {
  const passed = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return { PATH, LC_ALL: 'C.UTF-8', ...Object.fromEntries(passed), ...extra };
}

/** GNU `timeout`, called `gtimeout` on a Mac. */
function limiter(): string {
  const dirs = [...(process.env['PATH'] ?? '').split(delimiter), ...PATH.split(':')].filter((dir) =>
    dir.startsWith('/'),
  );
  for (const path of ['timeout', 'gtimeout'].flatMap((name) => dirs.map((dir) => join(dir, name)))) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next place.
    }
  }
  throw new ConfigError('Scripts cannot be run: the command "timeout" was not found.', {
    code: 'hook-no-timeout',
    hint: 'Install GNU coreutils: a script must end even when Regent is no longer there.',
  });
}
