/**
 * config_restore.sh --region=<alias or name>: unpacks what config_backup.sh saved of the other region into this one's
 * directory. It is unpacked beside it and compared file by file first; then the directories change places.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { archiveOf, checkArchive, MANIFEST } from './lib/archive.ts';
import { otherRegion } from './lib/facts.ts';
import { startBar } from './lib/progress.ts';
import { Refusal, runScript } from './lib/script.ts';
import { entriesOf } from './lib/tar.ts';
import { differences, type TreeFile, treeOf } from './lib/tree.ts';

/** Unpacks, and gives back what the archive says its files are. */
async function unpack(archive: string, directory: string, pace: number, corrupt: boolean): Promise<TreeFile[]> {
  const bytes = readFileSync(archive);
  const bar = startBar(bytes.length, pace);
  let manifest: TreeFile[] = [];
  let done = 0;
  for (const { path, mode, size, content } of entriesOf(bytes)) {
    if (path === MANIFEST) manifest = JSON.parse(content.toString('utf8')) as TreeFile[];
    else {
      const at = join(directory, path);
      mkdirSync(dirname(at), { recursive: true, mode: 0o755 });
      const arrived = Buffer.from(content);
      if (corrupt && arrived.length > 0 && done > bytes.length / 2) arrived[0]! ^= 0xff;
      writeFileSync(at, arrived, { mode, flag: 'wx' });
      // Not what the umask leaves of it.
      chmodSync(at, mode);
    }
    done += size;
    await bar.moved(size);
  }
  await bar.moved(bytes.length - done);
  return manifest;
}

await runScript({
  name: 'config_restore.sh',
  usage: 'config_restore.sh --region=<alias or name of the region that is given the configuration>',
  regions: ['region'],
  async main({ facts, region, run, corrupt }) {
    const to = region('region');
    const from = otherRegion(facts, to);
    const archive = archiveOf(to.store, from.name, run);
    const checksum = checkArchive(archive);
    const { configuration } = to;
    const [incoming, outgoing] = [`${configuration}.incoming`, `${configuration}.outgoing`];
    // What an attempt left that was ended in the middle.
    rmSync(incoming, { recursive: true, force: true });
    mkdirSync(incoming, { recursive: true, mode: 0o755 });
    const manifest = await unpack(archive, incoming, facts.pace, corrupt);
    const wrong = differences(manifest, treeOf(incoming));
    if (manifest.length === 0 || wrong.length > 0) {
      rmSync(incoming, { recursive: true, force: true });
      throw new Refusal(
        manifest.length === 0
          ? `The archive ${archive} says nothing about its files. ${to.name} was left as it was.`
          : `${wrong.length} files are not what was saved, the first is ${wrong[0]}. ${to.name} was left as it was.`,
      );
    }
    const changed = existsSync(configuration) ? differences(treeOf(configuration), manifest).length : manifest.length;
    rmSync(outgoing, { recursive: true, force: true });
    if (existsSync(configuration)) renameSync(configuration, outgoing);
    renameSync(incoming, configuration);
    rmSync(outgoing, { recursive: true, force: true });
    return {
      summary: `${manifest.length} configuration files in ${to.name} as in ${from.name}, ${changed} of them changed`,
      bytes: manifest.reduce((sum, { size }) => sum + size, 0),
      checksum,
      files: manifest.length,
      changed,
    };
  },
});
