/** Ending everything a script has started: its whole session, not only the process we know. */
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

function membersOf(session: number): number[] {
  let entries: string[];
  try {
    entries = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
  return entries.map(Number).filter((pid) => sessionOf(pid) === session);
}

function sessionOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // `pid (name) state ppid pgrp session …`; the name may hold spaces and parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
  } catch {
    return undefined;
  }
}
