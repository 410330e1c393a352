/** One server process of the lab: started, watched, ended; its output goes to a file whose end explains a failure. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { GiveUp, poll } from './poll.ts';

export type ServerProcess = {
  pid(): number | null;
  running(): boolean;
  /** Starts it and waits until `ready` holds. Does nothing when it runs. */
  start(): Promise<void>;
  /** Signals it and waits for its end; after `withinMs` it is killed. Does nothing when it does not run. */
  stop(signal: NodeJS.Signals, withinMs: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
};

export type ServerProcessOptions = {
  name: string;
  command: string;
  args: () => string[];
  cwd: string;
  logFile: string;
  /** Numbers of a user to run as; absent: as oneself. */
  user?: { uid: number; gid: number } | undefined;
  ready: (pid: number) => boolean | Promise<boolean>;
  startWithinMs: number;
  now?: (() => number) | undefined;
};

export function serverProcess(options: ServerProcessOptions): ServerProcess {
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();

  function launch(): ChildProcess {
    const log = openSync(options.logFile, 'a');
    const started = spawn(options.command, options.args(), {
      cwd: options.cwd,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      ...options.user,
    });
    closeSync(log);
    child = started;
    ended = new Promise((resolve) => {
      const end = () => {
        if (child === started) child = null;
        resolve();
      };
      started.once('exit', end);
      started.once('error', end);
    });
    return started;
  }

  const alive = () => child?.pid !== undefined;

  const self: ServerProcess = {
    pid: () => child?.pid ?? null,
    running: alive,
    async start() {
      if (alive()) return;
      const started = launch();
      try {
        await poll(
          `${options.name} does not start`,
          () => {
            if (child !== started) throw new GiveUp(`it ended at once. Its log ends: ${endOf(options.logFile)}`);
            return started.pid !== undefined && options.ready(started.pid);
          },
          { withinMs: options.startWithinMs, ...(options.now && { now: options.now }) },
        );
      } catch (error) {
        await self.stop('SIGKILL', 1_000);
        throw error;
      }
    },
    async stop(signal, withinMs) {
      const stopping = child;
      if (stopping === null) return;
      stopping.kill(signal);
      const timer = setTimeout(() => stopping.kill('SIGKILL'), withinMs);
      await ended;
      clearTimeout(timer);
    },
    signal(signal) {
      child?.kill(signal);
    },
  };
  return self;
}

function endOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-6).join(' | ').slice(-900);
  } catch {
    return '(no log)';
  }
}
