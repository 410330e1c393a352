/**
 * What a hook prints, as it comes: lines for whoever watches, the last 4 kB for the card, the last JSON object for the
 * run. A gigabyte of output costs no more memory than a few lines.
 */
import { StringDecoder } from 'node:string_decoder';

const MAX_TAIL = 4000;
/** A longer line is cut; a report has to fit into one. */
const MAX_LINE = 64 * 1024;
/** What watchers see of one hook; the tail and the report go on beyond it. */
const MAX_LINES_SHOWN = 2000;

export type Output = {
  /** A chunk of one stream. */
  push(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** No more will come: the lines without an end count too. */
  end(): void;
  report(): { [key: string]: unknown } | null;
  /** The last lines, 4 kB at most, control characters removed. */
  tail(): string;
};

export function collectOutput(onLine?: (line: string) => void): Output {
  const streams = { stdout: lineSplitter(take('stdout')), stderr: lineSplitter(take('stderr')) };
  let last: { [key: string]: unknown } | null = null;
  let lines: string[] = [];
  let size = 0;
  let shown = 0;

  function take(stream: 'stdout' | 'stderr'): (line: string) => void {
    return (line) => {
      if (stream === 'stdout') last = jsonObject(line) ?? last;
      lines.push(line.slice(0, MAX_TAIL));
      size += Math.min(line.length, MAX_TAIL) + 1;
      // Dropping one by one would make a flood of short lines quadratic.
      if (size > 8 * MAX_TAIL) {
        lines = [lines.join('\n').slice(-MAX_TAIL)];
        size = lines[0]!.length;
      }
      shown += 1;
      if (shown <= MAX_LINES_SHOWN) onLine?.(readable(line).slice(0, MAX_TAIL));
      else if (shown === MAX_LINES_SHOWN + 1) onLine?.(`… more than ${MAX_LINES_SHOWN} lines: the rest is not shown`);
    };
  }
  return {
    push: (stream, chunk) => streams[stream].push(chunk),
    end() {
      streams.stdout.end();
      streams.stderr.end();
    },
    report: () => last,
    tail: () => lastLines(readable(lines.join('\n'))),
  };
}

/** Whole lines where that is possible. */
export function lastLines(text: string): string {
  if (text.length <= MAX_TAIL) return text.trimEnd();
  const cut = text.slice(-MAX_TAIL);
  const start = cut.indexOf('\n');
  return (start >= 0 && start < cut.length - 1 ? cut.slice(start + 1) : cut).trimEnd();
}

/** Without control characters and terminal escapes; tabs become spaces. */
export const readable = (text: string): string =>
  text
    .replace(/\t/g, ' ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');

/** The object a text is, if it is one. */
export function jsonObject(text: string): { [key: string]: unknown } | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return undefined;
  try {
    return JSON.parse(trimmed) as { [key: string]: unknown };
  } catch {
    return undefined;
  }
}

function lineSplitter(onLine: (line: string) => void): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  const feed = (text: string) => {
    const parts = text.split('\n');
    for (const [at, part] of parts.entries()) {
      if (pending.length < MAX_LINE) pending += part.slice(0, MAX_LINE - pending.length);
      if (at === parts.length - 1) return;
      onLine(pending);
      pending = '';
    }
  };
  return {
    push: (chunk) => feed(decoder.write(chunk)),
    end() {
      feed(decoder.end());
      if (pending !== '') onLine(pending);
      pending = '';
    },
  };
}
