/**
 * Evidence as files: a folder a run, readable by Regent's own user alone, because logs may hold what is nobody's
 * business. A file is written beside its place and moved there: a crash leaves the old one or the new one.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IntegrationError, InvariantError } from '../../lib/errors.ts';
import type { EvidenceStore, Kept } from '../../ports/evidence.ts';

/** `directory` is made when the first file is kept. */
export function evidenceFolder({ directory }: { directory: string }): EvidenceStore {
  const folderOf = (run: string): string => join(directory, plain(run));
  const kept = (file: string, bytes: Buffer): Kept => ({
    file,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  return {
    async keep(run, name, text) {
      const folder = folderOf(run);
      const file = join(folder, plain(name));
      const beside = join(folder, `.${plain(name)}.${randomUUID()}`);
      const bytes = Buffer.from(text);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(beside, bytes, { mode: 0o600, flush: true });
        await rename(beside, file);
      } catch (cause) {
        await rm(beside, { force: true }).catch(() => undefined);
        throw failed('written to', file, cause);
      }
      return kept(file, bytes);
    },
    async read(run, name) {
      const file = join(folderOf(run), plain(name));
      try {
        const bytes = await readFile(file);
        return { ...kept(file, bytes), text: bytes.toString() };
      } catch (cause) {
        if ((cause as { code?: unknown }).code === 'ENOENT') return null;
        throw failed('read from', file, cause);
      }
    },
  };
}

/** A name of ours, one part of a path: nothing in it leads elsewhere. */
function plain(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/.test(name)) return name;
  throw new InvariantError(`"${name.slice(0, 40)}" is no name for a file of evidence.`, { code: 'evidence-name' });
}

function failed(what: string, file: string, cause: unknown): IntegrationError {
  const code = (cause as { code?: unknown }).code;
  return new IntegrationError(`Evidence could not be ${what} ${file}${typeof code === 'string' ? ` (${code})` : ''}.`, {
    code: 'evidence-folder',
    hint: 'See that the folder exists, has room, and may be written by Regent.',
    system: 'evidence',
    operation: what,
    effect: 'none',
    cause,
  });
}
