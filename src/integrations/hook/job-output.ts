/** What a job has printed so far, read from the end of its files: a gigabyte of it costs no more than a few lines. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '../../ports/answer.ts';
import { jsonObject, lastLines, readable } from './output.ts';

/** A report has to fit into this. */
const MAX_STDOUT = 256 * 1024;
const MAX_STDERR = 16 * 1024;

export type JobOutput = {
  progress: Progress | null;
  report: { [key: string]: unknown } | null;
  /** The last lines; what stands on stderr comes last, since it mostly says why. */
  output: string;
};

/** Reads what a slot's `stdout` and `stderr` hold. Files that are not there are empty ones. */
export function outputOf(slot: string): JobOutput {
  const stdout = tailOf(join(slot, 'stdout'), MAX_STDOUT);
  const stderr = tailOf(join(slot, 'stderr'), MAX_STDERR);
  const objects = stdout.split('\n').flatMap((line) => {
    const object = jsonObject(line);
    return object === undefined ? [] : [object];
  });
  const output = lastLines(readable([stdout, stderr].map((text) => text.trimEnd()).join('\n'))).replace(/^\n/, '');
  return {
    progress: objects.map((one) => progressOf(one)).findLast((one) => one !== null) ?? null,
    report: objects.findLast((one) => !isBareProgress(one)) ?? null,
    output,
  };
}

/** `{"done": n, "total": n, "unit": "bytes"}`; whoever does not know the total leaves it out or says null. */
function progressOf({ done, total, unit }: { [key: string]: unknown }): Progress | null {
  if (!isAmount(done) || !(isAmount(total) || typeof unit === 'string')) return null;
  return { done, total: isAmount(total) ? total : null, unit: typeof unit === 'string' ? unit.slice(0, 20) : '' };
}

const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** Progress and nothing else. With more in it, a line is told as the script's report as well. */
const isBareProgress = (object: { [key: string]: unknown }): boolean =>
  progressOf(object) !== null && Object.keys(object).every((key) => ['done', 'total', 'unit'].includes(key));

/** Whole lines, of the last `most` bytes. */
function tailOf(file: string, most: number): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    const from = Math.max(0, size - most);
    const bytes = Buffer.alloc(size - from);
    const text = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from)).toString('utf8');
    const firstEnd = text.indexOf('\n');
    // A line without an end is shown by its end rather than not at all.
    return from > 0 && firstEnd >= 0 ? text.slice(firstEnd + 1) : text;
  } finally {
    closeSync(fd);
  }
}
