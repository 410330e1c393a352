/**
 * config_backup.sh --region=<alias or name>: packs the region's configuration files into one archive in the other
 * region's store, with the checksum of every file in it. `config_restore.sh` unpacks it there.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVES, MANIFEST } from './lib/archive.ts';
import { otherRegion } from './lib/facts.ts';
import { Refusal, runScript } from './lib/script.ts';
import { END, header, padding } from './lib/tar.ts';
import { moveFile, stamped } from './lib/transfer.ts';
import { type TreeFile, treeOf } from './lib/tree.ts';

function pack(directory: string, files: readonly TreeFile[], archive: string): void {
  const target = openSync(archive, 'wx', 0o600);
  try {
    const put = (path: string, mode: number, content: Buffer) => {
      writeSync(target, header({ path, mode, size: content.length }));
      writeSync(target, content);
      writeSync(target, padding(content.length));
    };
    put(MANIFEST, 0o600, Buffer.from(JSON.stringify(files)));
    for (const { path, mode } of files) put(path, mode, readFileSync(join(directory, path)));
    writeSync(target, END);
  } finally {
    closeSync(target);
  }
}

await runScript({
  name: 'config_backup.sh',
  usage: 'config_backup.sh --region=<alias or name of the region whose configuration is saved>',
  regions: ['region'],
  async main({ facts, region, run, corrupt }) {
    const from = region('region');
    const other = otherRegion(facts, from);
    const files = treeOf(from.configuration);
    if (files.length === 0) throw new Refusal(`${from.name} has no configuration files in ${from.configuration}.`);
    const name = `${stamped(run)}.tar`;
    mkdirSync(from.store, { recursive: true, mode: 0o700 });
    const staged = join(from.store, `${name}.staged`);
    try {
      pack(from.configuration, files, staged);
      const to = join(other.store, ARCHIVES, from.name, name);
      const where = `the store of ${other.name}`;
      const moved = await moveFile({ from: staged, to, where, pace: facts.pace, corrupt });
      const summary = `${files.length} configuration files of ${from.name} copied to ${where}`;
      return { summary, ...moved, file: to, files: files.length };
    } finally {
      rmSync(staged, { force: true });
    }
  },
});
