/** One Postgres server on a data directory: started as a child of ours, stopped by signal like any postmaster. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serverProcess } from '../lib/server-process.ts';
import { readControlFile } from './control-file.ts';
import type { Programs } from './programs.ts';
import { rejoin } from './standby.ts';
import type { SystemUser } from './system-user.ts';
import type { PostgresNode } from './types.ts';

export type PostgresServerOptions = {
  region: string;
  port: number;
  dataDirectory: string;
  logFile: string;
  programs: Programs;
  user: SystemUser | undefined;
  password: string;
  now?: (() => number) | undefined;
};

export function postgresServer(options: PostgresServerOptions): PostgresNode {
  const { region, port, dataDirectory, programs, user } = options;
  const running = serverProcess({
    name: `Postgres of ${region}`,
    command: programs.postgres,
    args: () => ['-D', dataDirectory, '-p', String(port)],
    // Not the data directory: it is thrown away when the server is cloned.
    cwd: dirname(dataDirectory),
    logFile: options.logFile,
    user,
    ready: (pid) => acceptsConnections(dataDirectory, pid),
    startWithinMs: 30_000,
    now: options.now,
  });

  const node: PostgresNode = {
    region,
    port,
    dataDirectory,
    programs,
    user,
    get pid() {
      return running.pid();
    },
    url: (role, database) =>
      `postgres://${encodeURIComponent(role)}:${encodeURIComponent(options.password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    running: running.running,
    start: running.start,
    stop: (mode) => running.stop(mode === 'fast' ? 'SIGINT' : 'SIGQUIT', 20_000),
    crash: async () => {
      const pid = running.pid();
      if (pid === null) return;
      // Children first looked up: without their parent they could not be found.
      const all = [pid, ...childrenOf(pid)];
      for (const one of all) kill(one, 'SIGKILL');
      await running.stop('SIGKILL', 1_000);
    },
    controlState: () => readControlFile(dataDirectory),
    freeze: () => signalAll(running.pid(), 'SIGSTOP'),
    thaw: () => signalAll(running.pid(), 'SIGCONT'),
    rejoin: (primary) => rejoin(node, primary, user),
  };
  return node;
}

/** The postmaster writes its state into line 8 of `postmaster.pid`: asking by connecting would count as a client. */
export function acceptsConnections(dataDirectory: string, pid: number): boolean {
  const file = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, 'utf8').split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

/** The postmaster and its children: stopped alone it would leave sessions and replication going. */
function signalAll(pid: number | null, signal: NodeJS.Signals): void {
  if (pid === null) return;
  process.kill(pid, signal);
  for (const child of childrenOf(pid)) kill(child, signal);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}

function childrenOf(pid: number): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child!);
}
