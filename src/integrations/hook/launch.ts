/** What every start of a user's program has in common: which may run, what they see, and what ends them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { ConfigError } from '../../lib/errors.ts';

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

const KILL_AFTER_MS = 2000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const killAfter = ({ killAfterMs }: ExecOptions): number => killAfterMs ?? KILL_AFTER_MS;

/**
 * The argv of a script under `timeout -k`, which ends it whether we live or not.
 * @throws ConfigError when the script is not allowed, not there or not executable.
 */
export function limited(exec: string[], options: ExecOptions, timeoutMs: number): [string, ...string[]] {
  const file = allowed(exec[0] ?? '', options);
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  return [limiter(), '-k', seconds(killAfter(options)), seconds(timeoutMs), file, ...exec.slice(1)];
}

/** The file of an allowed script. */
export function allowed(name: string, { allow, baseDir }: ExecOptions): string {
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

export const notStarted = (file: string, why: string, cause: unknown): ConfigError =>
  new ConfigError(`The script ${file} could not be started: ${why}.`, { code: 'hook-not-started', cause });

/** Never our whole environment: it holds every secret we have. */
export function cleanEnv(names: string[], extra: Record<string, string> = {}): Record<string, string> {
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
