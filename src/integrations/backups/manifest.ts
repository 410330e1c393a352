/**
 * Backups as a file of yours tells them: a JSON manifest (docs/backup-manifest.schema.json), read from a path or an
 * address. It is only as good as it is new: one that is too old says nothing of today, and is refused.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { tookText } from '../../lib/duration.ts';
import { IntegrationError } from '../../lib/errors.ts';
import { foreignText } from '../../lib/foreign-text.ts';
import { httpGet } from '../../lib/http-get.ts';
import { lengthText } from '../../lib/utc.ts';
import type { Backups } from '../../ports/backups.ts';
import { compared } from './manifest-files.ts';
import { type Manifest, manifestIn } from './manifest-shape.ts';

export type ManifestOptions = {
  from: { file: string } | { url: string; token?: string };
  /** One written longer ago is refused, ms. */
  maxAgeMs: number;
  /** Where the listed files lie. Default: beside a manifest that is a file; those of a web address are not looked for. */
  directory?: string;
  /** For getting the manifest. */
  timeoutMs: number;
  /** For reading the listed files; default as `timeoutMs`. Those it does not reach count as not compared. */
  filesTimeoutMs?: number;
  /** Name servers that are asked for its address, `ip:port`; without it the system's. */
  resolvers?: string[];
  /** Link-local or metadata addresses that may be asked; default none. */
  allowAddresses?: string[];
  /** Certificates (PEM) to trust besides the system's. */
  ca?: string[];
  now: () => number;
};

const MAX_BYTES = 4 * 1024 * 1024;
const AHEAD_MS = 60_000;

type Fail = (code: string, why: string, cause?: unknown) => IntegrationError;

/** @throws IntegrationError, effect none: it only reads. */
export function manifestBackups(options: ManifestOptions): Backups {
  const { from, maxAgeMs, now } = options;
  const place = 'file' in from ? from.file : hostAndPath(from.url);
  const fail: Fail = (code, why, cause) =>
    new IntegrationError(`The backup manifest ${place} cannot be used: ${why}.`, {
      code,
      cause,
      system: 'backup-manifest',
      operation: 'read',
      effect: 'none',
    });
  const directory = options.directory ?? ('file' in from ? dirname(from.file) : undefined);
  return {
    async report(signal) {
      const text =
        'file' in from ? await fileText(from.file, options, signal, fail) : await webText(options, signal, fail);
      const manifest = manifestIn(text);
      if ('problem' in manifest) throw fail('backups-malformed', manifest.problem);
      const age = now() - manifest.writtenAt;
      if (age > maxAgeMs)
        throw fail('backups-stale', `it was written ${lengthText(age)} ago, and ${lengthText(maxAgeMs)} is the most`);
      if (age < -AHEAD_MS) throw fail('backups-ahead', `it is dated ${lengthText(-age)} ahead of now`);
      const checks = await checksums(manifest, directory, options.filesTimeoutMs ?? options.timeoutMs, signal);
      if (signal.aborted) throw fail('cancelled', 'it was no longer waited for');
      const { full, incremental, wal, why } = manifest;
      const says = 'the manifest says so';
      return {
        lastFull: full,
        lastIncremental: incremental,
        wal,
        checksumsValid: checks.valid,
        source: `the manifest ${place}, written ${lengthText(Math.max(0, age))} ago`,
        why: {
          ...(full?.ok === false ? { full: says } : {}),
          ...(incremental?.ok === false ? { incremental: says } : {}),
          ...(wal.continuous ? {} : { wal: says }),
          ...why,
          checksums: checks.why ?? why.checksums ?? says,
        },
      };
    },
  };
}

/** What the manifest claims, and what is found where its files can be read: found wrong is wrong, whatever it claims. */
async function checksums(
  { files, checksumsValid: claimed }: Manifest,
  directory: string | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ valid: boolean | null; why?: string }> {
  if (claimed === false || files.length === 0 || directory === undefined) return { valid: claimed };
  const limit = AbortSignal.timeout(timeoutMs);
  const { right, wrong, all } = await compared(files, directory, AbortSignal.any([signal, limit]));
  if (wrong !== undefined) return { valid: false, why: wrong };
  const of = `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  if (all) return { valid: true, why: `${of} read and compared` };
  const some = `${right} of ${of} could be read within ${tookText(timeoutMs)}`;
  return { valid: claimed, why: claimed === null ? some : `the manifest says so, and ${some}` };
}

/** Without what a query may carry. */
const hostAndPath = (url: string): string => {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
};

async function fileText(
  file: string,
  { timeoutMs }: ManifestOptions,
  signal: AbortSignal,
  fail: Fail,
): Promise<string> {
  const limit = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, limit]);
  const read = async () => {
    either.throwIfAborted();
    const found = await stat(file);
    // Reading a pipe or a device would not end.
    if (!found.isFile()) throw fail('backups-unreadable', 'it is not a file');
    if (found.size > MAX_BYTES) throw fail('backups-unreadable', `it has more than ${MAX_BYTES / 1024 / 1024} MB`);
    return readFile(file, { encoding: 'utf8', signal: either });
  };
  try {
    return await unless(either, read());
  } catch (error) {
    if (error instanceof IntegrationError) throw error;
    if (signal.aborted) throw fail('cancelled', 'it was no longer waited for', error);
    if (limit.aborted) throw fail('backups-timeout', `it could not be read within ${timeoutMs} ms`, error);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw fail('backups-missing', 'there is no such file', error);
    throw fail('backups-unreadable', `it cannot be read (${code ?? foreignText(message)})`, error);
  }
}

/** A file system that hangs cannot be called off; we can only stop waiting for it. */
function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

async function webText(options: ManifestOptions, signal: AbortSignal, fail: Fail): Promise<string> {
  const { url, token } = options.from as Extract<ManifestOptions['from'], { url: string }>;
  const got = await httpGet(
    new URL(url),
    { ...options, token, accept: 'application/json', maxBytes: MAX_BYTES },
    signal,
  );
  if (got.is === 'cancelled') throw fail('cancelled', got.why, got.cause);
  if (got.is !== 'answer') throw fail(`backups-${got.is}`, got.why, got.cause);
  const { status, text, location } = got;
  if (status === 401 || status === 403)
    throw fail(
      'backups-denied',
      `its server answered ${status}: it wants ${token === undefined ? 'a' : 'another'} token`,
    );
  if (status >= 300 && status < 400) {
    const to = foreignText(location ?? 'nowhere', token === undefined ? [] : [token]);
    throw fail('backups-redirect', `its server answered ${status}, to ${to}, and redirects are not followed`);
  }
  if (status !== 200) throw fail('backups-unavailable', `its server answered ${status}`);
  if (text === null) throw fail('backups-unreadable', `it has more than ${MAX_BYTES / 1024 / 1024} MB`);
  return text;
}
