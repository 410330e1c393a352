/** One program of Postgres run to its end. */
import { spawn } from 'node:child_process';
import type { SystemUser } from './system-user.ts';

export type RunOptions = {
  user: SystemUser | undefined;
  /** For programs that connect: on no command line, where everybody could read it. */
  password?: string;
  /** Told what it says, on either stream, as it says it. */
  heard?: (text: string) => void;
  /** Statuses that are no failure. Default 0 alone. */
  allowed?: readonly number[];
};

/** What it said on stdout. Rejects with the end of what it said on stderr. */
export function runProgram(command: string, args: string[], options: RunOptions): Promise<string> {
  const { user, password, heard = () => {}, allowed = [0] } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: '/',
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        LC_ALL: 'C',
        TZ: 'UTC',
        ...(password !== undefined && { PGPASSWORD: password }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...user,
    });
    let told = '';
    let complained = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      heard(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
      heard(text);
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code !== null && allowed.includes(code)
        ? resolve(told)
        : reject(new Error(`${command} ended with ${code}: ${complained.trim().slice(-600)}`)),
    );
  });
}
