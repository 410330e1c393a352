/**
 * What an old primary wrote after its history forked, kept before it is rewound or copied anew: its WAL from the fork
 * on, which `pg_waldump` reads, its timelines' histories and its control file.
 */
import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { forkOf } from './ancestry.ts';
import { lsnText, lsnValue, readControlFile } from './control-file.ts';
import { type Programs, toolsOf } from './programs.ts';
import { runProgram } from './run-program.ts';
import { lineageOf } from './standby.ts';
import type { PostgresNode } from './types.ts';

export type KeptWal = {
  directory: string;
  timeline: number;
  /** Where the histories part, `0/300A0E0`; null where the primary's never was on this timeline: then all is kept. */
  fork: string | null;
  /** Names of the segments, in order; none where it wrote nothing after the fork. */
  segments: string[];
  /** Of the segments. */
  bytes: number;
};

/** As initdb makes them. */
const SEGMENT_BYTES = 16n * 1024n * 1024n;
const SEGMENT = /^[0-9A-F]{24}$/;

/**
 * Copies into `directory`, which it makes. The old primary may be stopped or run; `primary` must run. `moved` is told how
 * many bytes of how many are there, and waited for.
 */
export async function keepWal(
  { dataDirectory }: Pick<PostgresNode, 'dataDirectory'>,
  primary: Pick<PostgresNode, 'url'>,
  directory: string,
  moved: (bytes: number, of: number) => unknown = () => {},
): Promise<KeptWal> {
  const { timeline } = readControlFile(dataDirectory);
  const fork = forkOf((await lineageOf(primary)).history, timeline);
  const wal = join(dataDirectory, 'pg_wal');
  const first = lsnValue(fork ?? '0/0') / SEGMENT_BYTES;
  const all = readdirSync(wal).toSorted();
  const segments = all
    .filter((name) => SEGMENT.test(name) && Number.parseInt(name.slice(0, 8), 16) === timeline)
    .filter((name) => numberOf(name) >= first && isWritten(join(wal, name), numberOf(name)));
  for (const folder of ['pg_wal', 'global']) mkdirSync(join(directory, folder), { recursive: true, mode: 0o700 });
  copyFileSync(join(dataDirectory, 'global', 'pg_control'), join(directory, 'global', 'pg_control'));
  for (const name of all.filter((one) => one.endsWith('.history')))
    copyFileSync(join(wal, name), join(directory, 'pg_wal', name));
  const bytes = segments.reduce((sum, name) => sum + statSync(join(wal, name)).size, 0);
  let done = 0;
  await moved(done, bytes);
  for (const name of segments) {
    copyFileSync(join(wal, name), join(directory, 'pg_wal', name));
    done += statSync(join(wal, name)).size;
    await moved(done, bytes);
  }
  return { directory, timeline, fork, segments, bytes };
}

/** A transaction that was committed: `at` in ms since the epoch. */
export type Commit = { xid: number; lsn: string; at: number };

/** The commits after the fork, oldest first, as pg_waldump reads them from what was kept; of no fork there are none. */
export async function commitsIn(
  { directory, timeline, fork, segments }: KeptWal,
  programs: Programs,
): Promise<Commit[]> {
  if (segments.length === 0 || fork === null) return [];
  // Status 1: the log ends within a segment, as every log does.
  const said = await runProgram(
    toolsOf(programs).walDump,
    ['--path', join(directory, 'pg_wal'), '--timeline', String(timeline), '--start', fork, '--rmgr', 'Transaction'],
    { user: undefined, allowed: [0, 1] },
  );
  return [...said.matchAll(COMMIT)].map(([, xid, lsn, at]) => ({
    xid: Number(xid),
    lsn: lsnText(lsnValue(lsn!)),
    at: Date.parse(`${at!.replace(' ', 'T')}Z`),
  }));
}

const COMMIT = /tx:\s+(\d+), lsn: ([0-9A-F]+\/[0-9A-F]+), .*desc: COMMIT ([0-9-]+ [0-9:.]+) UTC/g;

/** Which segment of the log a file is: 2^32 bytes to the middle part of its name. */
const numberOf = (name: string): bigint =>
  BigInt(`0x${name.slice(8, 16)}`) * (0x1_0000_0000n / SEGMENT_BYTES) + BigInt(`0x${name.slice(16)}`);

/** Segments made ready for later carry an older one's content: the first page says which place it belongs to. */
function isWritten(file: string, number: bigint): boolean {
  const page = Buffer.alloc(16);
  const opened = openSync(file, 'r');
  try {
    readSync(opened, page, 0, page.length, 0);
  } finally {
    closeSync(opened);
  }
  return page.readBigUInt64LE(8) === number * SEGMENT_BYTES;
}
