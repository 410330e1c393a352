/** Secrets by reference. What is read here is handed on and never printed, logged or put in a message. */
import { isAbsolute, resolve } from 'node:path';
import { PLAIN_SECRET, SECRET_PATTERN, type SecretReader } from './fields.ts';

export type Env = Readonly<Record<string, string | undefined>>;
export type ReadFile = (path: string) => string;

/** Reads `env:NAME` and `file:path`, each once. The newline editors leave at a file's end is not part of the secret. */
export function secretReader(env: Env, readFile: ReadFile): SecretReader {
  const known = new Map<string, ReturnType<SecretReader>>();
  return (reference) => {
    if (!SECRET_PATTERN.test(reference)) return { problem: PLAIN_SECRET };
    const found = known.get(reference) ?? resolveSecret(reference, env, readFile);
    known.set(reference, found);
    return found;
  };
}

function resolveSecret(reference: string, env: Env, readFile: ReadFile): ReturnType<SecretReader> {
  const name = reference.slice(reference.indexOf(':') + 1);
  if (reference.startsWith('env:')) {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    const problem = value === undefined ? 'is not set' : value.trim() === '' ? 'is empty' : undefined;
    return problem === undefined
      ? { value: value! }
      : { problem: `${reference} ${problem}. Set it, or name another variable.` };
  }
  try {
    const value = readFile(name).replace(/\r?\n$/, '');
    if (value.trim() !== '') return { value };
    return { problem: `${reference} is empty. Write the secret there, or name another file.` };
  } catch (error) {
    return { problem: `${reference} ${unreadable(error)}. Put the file there, or name another.` };
  }
}

/** Why a file could not be read, as the end of a sentence. */
export function unreadable(error: unknown): string {
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  if (code === 'EISDIR') return 'is a directory';
  return `cannot be read${code === '' ? '' : ` (${code})`}`;
}

/** `file:secrets/pg` written in /etc/regent/dr.yml → `file:/etc/regent/secrets/pg`; all else as it is. */
export function absoluteReference(value: string, directory: string): string {
  if (!value.startsWith('file:') || value === 'file:') return value;
  const path = value.slice('file:'.length);
  return isAbsolute(path) ? value : `file:${resolve(directory, path)}`;
}
