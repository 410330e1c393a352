/**
 * A user's script as a job: it is started by a short call, goes on when Regent dies, and ends by itself at its time
 * limit. Everything there is to know of it stands in files, so that whoever comes next can tell how it went:
 *
 *   <directory>/<key>/<n>/   one slot for each start that was tried; only the last one counts
 *     job                    what was to be started, where and when: written through to the disk before the start
 *     begun                  the process, or that it was called off: made once, by whoever comes first
 *     stdout, stderr         what it prints
 *     status                 how it ended
 *
 * `never` is only said once `begun` says "called off": from then on the shell that would run the script gives up, so it
 * never ran and never will, however late a shell or a frozen Regent wakes up. That is why a key may then be started
 * again, in a new slot. Nothing is ever removed: it is evidence.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { IntegrationError } from '../../lib/errors.ts';
import type { Job, JobState, Jobs } from '../../ports/jobs.ts';
import { outputOf } from './job-output.ts';
import { JOB_SHELL } from './job-shell.ts';
import { cleanEnv, type ExecOptions, killAfter, limited } from './launch.ts';
import { sessionRuns } from './session.ts';

export type JobsOptions = ExecOptions & {
  /** Where each job's record stands, relative to the directory Regent is started in. */
  directory: string;
};

const OFF = 'called off';
/** How much longer than its limit a job on another machine counts as running: its clock need not be ours. */
const SLACK_MS = 10_000;
/** How long a start takes at most, where nothing is wrong, and how often is looked whether it has begun. */
const STARTING_MS = 3000;
const LOOK_EVERY_MS = 20;

type Written = { exec: string[]; limitMs: number; host: string; boot: string };

export function scriptJobs(options: JobsOptions): Jobs {
  const placeOf = (key: string) => join(resolve(options.directory), fileName(key));
  return {
    async start(key, job, signal) {
      const argv = limited(job.exec, options, job.timeoutMs);
      signal.throwIfAborted();
      const place = placeOf(key);
      while (isStarting(lastSlot(place))) await sleep(LOOK_EVERY_MS, undefined, { signal });
      const slot = claim(place, job, options);
      if (slot !== null) await launch(slot, argv, job, options, signal);
    },
    async look(key) {
      const slot = lastSlot(placeOf(key));
      return slot === null || neverRuns(slot) ? { is: 'never' } : stateOf(slot);
    },
  };
}

/** A start that is under way, by another Regent perhaps: it is waited for rather than called off. */
function isStarting(slot: string | null): boolean {
  if (slot === null || textOf(join(slot, 'begun')) !== null || Date.now() > timeOf(slot) + STARTING_MS) return false;
  return (writtenIn(slot)?.boot ?? bootId()) === bootId();
}

/** A slot of one's own, or null where the key has been started before, or is being started by somebody else now. */
function claim(place: string, { exec, timeoutMs }: Job, options: JobsOptions): string | null {
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const last = lastSlot(place);
  if (last !== null && !neverRuns(last)) return null;
  const slot = join(place, String(last === null ? 1 : numberOf(last) + 1));
  try {
    mkdirSync(slot, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  }
  const job: Written = { exec, limitMs: timeoutMs + killAfter(options), host: hostname(), boot: bootId() };
  const file = openSync(join(slot, 'job'), 'wx', 0o600);
  writeSync(file, JSON.stringify(job));
  fsyncSync(file);
  closeSync(file);
  // A machine that goes down must not forget that there was a start.
  for (const directory of [slot, place, dirname(place)]) {
    const fd = openSync(directory, 'r');
    fsyncSync(fd);
    closeSync(fd);
  }
  return slot;
}

/** Returns when the script has begun. @throws IntegrationError (effect none) when it has not, and now never will. */
async function launch(slot: string, argv: string[], job: Job, options: JobsOptions, signal: AbortSignal) {
  const [out, err] = ['stdout', 'stderr'].map((name) => openSync(join(slot, name), 'a', 0o600));
  const child = spawn('/bin/sh', ['-c', JOB_SHELL, 'regent-job', slot, ...argv], {
    cwd: resolve(options.baseDir),
    env: cleanEnv(options.env, job.env),
    stdio: ['ignore', out, err, 'pipe'],
    detached: true,
  });
  for (const fd of [out, err]) closeSync(fd!);
  // It is to outlive us, not to keep us here.
  child.unref();
  const claimed = child.stdio[3] as Readable | undefined;
  let why = 'its shell ended before it began';
  try {
    await once(child, 'spawn', { signal });
    claimed?.resume();
    if (claimed?.readableEnded === false) await once(claimed, 'end', { signal });
  } catch (error) {
    why = signal.aborted ? 'it took too long' : (error as Error).message;
  } finally {
    claimed?.destroy();
  }
  if (!neverRuns(slot)) return;
  const said = outputOf(slot).output;
  throw new IntegrationError(`The script ${job.exec[0]} could not be started: ${said === '' ? why : said}.`, {
    code: 'hook-not-started',
    system: 'hook',
    operation: 'start',
    effect: 'none',
  });
}

/**
 * Calls a job off that has not begun. True: it surely never ran and never will. What was to begin before the machine
 * last started is not sure: its `begun` need not have reached the disk.
 */
function neverRuns(slot: string): boolean {
  const begun = join(slot, 'begun');
  const known = textOf(begun);
  if (known !== null) return known === OFF;
  // Without a whole `job` nothing was started: that is written, and on the disk, before.
  const job = writtenIn(slot);
  if (job !== null && job.boot !== bootId()) return false;
  const draft = join(slot, `off-${randomUUID()}`);
  try {
    writeFileSync(draft, OFF, { mode: 0o600 });
    linkSync(draft, begun);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return textOf(begun) === OFF;
  } finally {
    rmSync(draft, { force: true });
  }
}

function stateOf(slot: string): JobState {
  // In this order: what ends while we look has written its status before.
  const runs = isRunning(slot);
  const { progress, report, output } = outputOf(slot);
  const status = textOf(join(slot, 'status'));
  const begunAt = timeOf(join(slot, 'begun'));
  if (status !== null) {
    const tookMs = Math.max(0, timeOf(join(slot, 'status')) - begunAt);
    return { is: 'ended', status: statusOf(Number(status)), tookMs, progress, report, output };
  }
  return runs
    ? { is: 'running', sinceMs: Math.max(0, Date.now() - begunAt), progress }
    : { is: 'lost', progress, output };
}

function isRunning(slot: string): boolean {
  const job = writtenIn(slot);
  const begun = textOf(join(slot, 'begun'));
  if (job === null || begun === null) return false;
  // Of another machine's processes we know nothing but that they end in time.
  if (job.host !== hostname()) return Date.now() < timeOf(join(slot, 'begun')) + job.limitMs + SLACK_MS;
  const [pid = '', ...start] = begun.trim().split(' ');
  return job.boot === bootId() && sessionRuns(Number(pid), start.join(' '));
}

/** 124 is what `timeout` says when it was the one that ended it; above 128 it was a signal. */
const statusOf = (status: number): number | null => (status === 124 || (status > 128 && status <= 192) ? null : status);

function lastSlot(place: string): string | null {
  let names: string[];
  try {
    names = readdirSync(place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const last = Math.max(0, ...names.filter((name) => /^\d+$/.test(name)).map(Number));
  return last === 0 ? null : join(place, String(last));
}
const numberOf = (slot: string): number => Number(slot.slice(slot.lastIndexOf('/') + 1));

function writtenIn(slot: string): Written | null {
  try {
    return JSON.parse(textOf(join(slot, 'job')) ?? '') as Written;
  } catch {
    return null;
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** 0 where it is not there. */
const timeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Changes with each start of the machine; empty where the system has no word for it. */
function bootId(): string {
  return textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** A key as the name of a directory: two keys never share one. */
function fileName(key: string): string {
  const safe = encodeURIComponent(key)
    .replaceAll('%3A', '+')
    .replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
  return safe !== '' && safe.length <= 200 ? safe : `+${createHash('sha256').update(key).digest('hex')}`;
}
