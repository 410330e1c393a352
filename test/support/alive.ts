import { readFileSync } from 'node:fs';

/** Whether a process lives. A zombie is over; only its parent has not noticed yet. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
