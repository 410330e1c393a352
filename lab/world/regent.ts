/** Regent as its users run it: src/main.ts in a process of its own, on the world's configuration file and the lab's overlay. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { World } from './world.ts';

export type RegentProcess = {
  readonly pid: number;
  running(): boolean;
  /** SIGKILL: as a machine that goes away. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and waits; the exit status. */
  stop(): Promise<number | null>;
  /** Resolves with the exit status when it ends by itself. */
  readonly ended: Promise<number | null>;
};

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY = 'regent is ready';

/** Starts it and waits until it says it is ready; throws with its last words when it ends before. */
export async function startRegent(world: World, onLine: (line: string) => void = () => {}): Promise<RegentProcess> {
  const { config, overlay, env } = world.regent;
  const child: ChildProcess = spawn(process.execPath, [MAIN, '--config', config, '--overlay', overlay], {
    cwd: ROOT,
    // Only what it needs: the lab's own environment is no part of the experiment.
    env: { PATH: process.env['PATH'] ?? '', HOME: world.dir, TZ: 'UTC', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(world.dir, 'regent', 'regent.log'), { flags: 'a' });
  let tail = '';
  let rest = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        log.write(chunk);
        if (process.env['LAB_REGENT_LOG']) process.stderr.write(chunk);
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
        tail = (tail + chunk.toString('utf8')).slice(-4000);
        if (tail.includes(READY)) resolve();
      });
  });
  const first = await Promise.race([ready.then(() => 'ready' as const), ended]);
  if (first !== 'ready') throw new Error(`Regent ended with status ${first} before it was ready:\n${tail.trim()}`);

  const running = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid!,
    running,
    ended,
    async kill() {
      if (running()) child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      if (running()) child.kill('SIGTERM');
      const code = await Promise.race([
        ended,
        new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 15_000).unref()),
      ]);
      if (code !== 'late') return code;
      child.kill('SIGKILL');
      await ended;
      throw new Error('Regent did not stop within 15 s of SIGTERM.');
    },
  };
}
