/** Runs a program that only tells something: no shell, a clean environment, a time limit, a bound on what it prints. */
import { spawn } from 'node:child_process';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Between asking it to end and ending it. */
const KILL_AFTER_MS = 1000;
/** How long its pipes may stay open after its end. */
const DRAIN_MS = 250;

export type Told =
  | { is: 'ended'; status: number | null; stdout: string; stderr: string }
  /** `why`: words for the end of a sentence, without a full stop. */
  | { is: 'cancelled' | 'timeout' | 'notStarted' | 'tooMuch'; why: string };

export type ProgramOptions = {
  /** Names of our environment's variables that are handed on; nothing else of it is. */
  env?: string[] | undefined;
  timeoutMs: number;
  maxBytes: number;
};

/** Never throws. When it returns, the program and what it started in its process group are gone. */
export async function tell(argv: string[], options: ProgramOptions, signal: AbortSignal): Promise<Told> {
  const [program = '', ...args] = argv;
  if (signal.aborted) return { is: 'cancelled', why: 'it was no longer waited for' };
  const child = spawn(program, args, { env: cleanEnv(options.env), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let cut: Told | undefined;
  const end = (how: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, how);
    } catch {
      // Gone already.
    }
  };
  const timers: NodeJS.Timeout[] = [];
  const stop = (why: Told) => {
    if (cut !== undefined || child.pid === undefined) return;
    cut = why;
    end('SIGTERM');
    timers.push(setTimeout(end, KILL_AFTER_MS, 'SIGKILL'));
  };
  const onAbort = () => stop({ is: 'cancelled', why: 'it was no longer waited for' });
  signal.addEventListener('abort', onAbort, { once: true });
  const late: Told = { is: 'timeout', why: `it did not end within ${options.timeoutMs} ms` };
  timers.push(setTimeout(stop, options.timeoutMs, late));
  const texts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let size = 0;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= options.maxBytes) texts[name].push(chunk);
      else stop({ is: 'tooMuch', why: `it printed more than ${Math.round(options.maxBytes / 1024 / 1024)} MB` });
    });
  }
  const told = await new Promise<Told>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'ENOENT' ? `there is no program ${program}` : `${program} did not start: ${error.message}`;
      if (child.pid === undefined) resolve({ is: 'notStarted', why });
    });
    const text = (name: 'stdout' | 'stderr') => Buffer.concat(texts[name]).toString('utf8');
    child.once('exit', (status) => {
      // What it left behind would hold our pipes open; what fled from its group is not waited for.
      end('SIGKILL');
      timers.push(setTimeout(() => [child.stdout, child.stderr].forEach((each) => void each.destroy()), DRAIN_MS));
      child.once('close', () => resolve({ is: 'ended', status, stdout: text('stdout'), stderr: text('stderr') }));
    });
  });
  for (const timer of timers) clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
  return cut ?? told;
}

/** Never our whole environment: it holds every secret we have. */
function cleanEnv(names: string[] = []): Record<string, string> {
  const passed = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return { PATH, LC_ALL: 'C.UTF-8', ...Object.fromEntries(passed) };
}
