/** Processes by their ids: ending everything a script has started, and telling whether it still runs. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Kills (SIGKILL) each process of a session, also those that made process groups of their own (job control). Where
 * there is no /proc it reaches the session's first process group. Never throws: who is gone already is what was wanted.
 */
export function killSession(leader: number): void {
  signalTo(-leader, 'SIGKILL');
  for (const pid of membersOf(leader)) signalTo(pid, 'SIGKILL');
}

/** Sends a signal to a process, or to a group where the id is negative; never throws. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/**
 * Whether the leader of a session, or anything it has left in it, still runs. `start` is what `startOf` said of the
 * leader: another process may have its id by now.
 */
export function sessionRuns(leader: number, start: string): boolean {
  const now = startOf(leader);
  if (now !== null) return now === start;
  // An id is not given away again while it still names a session, so these are ours.
  return membersOf(leader).length > 0;
}

/** When a process began, in whatever words the system has for it; null when it is gone. */
function startOf(pid: number): string | null {
  if (hasProc()) {
    const stat = statOf(pid);
    return stat === null || stat.over ? null : stat.start;
  }
  try {
    const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env }).trim() || null;
  } catch {
    return null;
  }
}

const hasProc = (): boolean => statOf(process.pid) !== null;

/** Those that run; who is over and only not yet reaped does not count. */
function membersOf(session: number): number[] {
  let entries: string[];
  try {
    entries = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
  return entries.map(Number).filter((pid) => {
    const stat = statOf(pid);
    return stat !== null && !stat.over && stat.session === session;
  });
}

function statOf(pid: number): { over: boolean; session: number; start: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // `pid (name) state ppid pgrp session …`, the start as 20th; the name may hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { over: 'ZX'.includes(fields[0]!), session: Number(fields[3]), start: fields[19]! };
  } catch {
    return null;
  }
}
