/** Where configuration archives lie in a store, and how the one of a run is found again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Refusal } from './script.ts';
import { checksumOf } from './transfer.ts';

/** Folder of a store; one folder for each region the archives come from. */
export const ARCHIVES = 'configuration';
/** First in each archive: every file with its checksum. */
export const MANIFEST = '.manifest.json';

/**
 * The newest archive this run made. Another run's would silently bring back what was so at its time.
 * @throws Refusal when there is none
 */
export function archiveOf(store: string, from: string, run: string): string {
  const folder = join(store, ARCHIVES, from);
  const own = existsSync(folder)
    ? readdirSync(folder).filter(
        (name) => name.startsWith(`${run}-`) && /^\d{8}T.*\.tar$/.test(name.slice(run.length + 1)),
      )
    : [];
  const newest = own.sort().at(-1);
  if (newest === undefined)
    throw new Refusal(`${folder} holds no archive of ${run}. Run config_backup.sh for ${from} first.`);
  return join(folder, newest);
}

/** @throws Refusal when the archive is not what was sent. */
export function checkArchive(archive: string): string {
  const wanted = existsSync(`${archive}.sha256`)
    ? `sha256:${readFileSync(`${archive}.sha256`, 'utf8').split(' ')[0]}`
    : 'nothing';
  const found = checksumOf(archive);
  if (found !== wanted)
    throw new Refusal(
      `The archive ${basename(archive)} is damaged: it was written as ${wanted} and is now ${found}. Nothing was changed. Run config_backup.sh again.`,
    );
  return found;
}
