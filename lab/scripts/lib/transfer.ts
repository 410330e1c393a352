/** Moves a file into a region's store and proves it arrived: checksums of both ends, each read from its own disk. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { chunkSize, startBar } from './progress.ts';
import { Refusal } from './script.ts';

export type Moved = { bytes: number; checksum: string };

export type Transfer = {
  from: string;
  to: string;
  /** For the sentence when it goes wrong: `the store of us-west-2`. */
  where: string;
  pace: number;
  /** A fault of the lab: one byte is turned over on the way. */
  corrupt: boolean;
};

/**
 * Copies `from` to `to`, which appears only whole, with `<to>.sha256` beside it as `sha256sum` writes it.
 * @throws Refusal when the two ends differ; nothing is kept then
 */
export async function moveFile({ from, to, where, pace, corrupt }: Transfer): Promise<Moved> {
  const total = statSync(from).size;
  const partial = `${to}.partial`;
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const sent = await copied(from, partial, total, pace, corrupt);
  const arrived = checksumOf(partial);
  if (arrived !== sent) {
    rmSync(partial);
    throw new Refusal(
      `What arrived in ${where} is not what was sent: ${sent} was sent, ${arrived} arrived. Nothing of it was kept. Look at the disk and the network between, then run it again.`,
    );
  }
  writeFileSync(`${to}.sha256`, `${sent.slice('sha256:'.length)}  ${basename(to)}\n`, { mode: 0o600 });
  renameSync(partial, to);
  return { bytes: total, checksum: sent };
}

/** The checksum of what was read at the sending end, `sha256:…`. */
async function copied(from: string, to: string, total: number, pace: number, corrupt: boolean): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(chunkSize(total));
  const bar = startBar(total, pace);
  const source = openSync(from, 'r');
  const target = openSync(to, 'w', 0o600);
  try {
    for (let done = 0; ; ) {
      const read = readSync(source, buffer, 0, buffer.length, null);
      if (read === 0) break;
      const chunk = buffer.subarray(0, read);
      hash.update(chunk);
      const onItsWay = Buffer.from(chunk);
      if (corrupt && done <= total / 2 && done + read > total / 2) onItsWay[0]! ^= 0xff;
      writeSync(target, onItsWay);
      done += read;
      await bar.moved(read);
    }
    fsyncSync(target);
  } finally {
    closeSync(source);
    closeSync(target);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** `sha256:…` of a file as it lies on the disk. */
export function checksumOf(path: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(1024 * 1024);
  const file = openSync(path, 'r');
  try {
    for (let read = -1; read !== 0; ) {
      read = readSync(file, buffer, 0, buffer.length, null);
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return `sha256:${hash.digest('hex')}`;
}

let made = 0;

/** A name that sorts by time and is never given twice: `eden-7-20260102T030405678Z-12345-1`. */
export function stamped(run: string): string {
  made += 1;
  return `${run}-${new Date().toISOString().replaceAll(/[-:.]/g, '')}-${process.pid}-${made}`;
}
