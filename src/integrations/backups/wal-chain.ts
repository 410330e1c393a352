/**
 * Whether an archive has every WAL segment from one to another, by their names alone. Across a promotion the chain goes
 * over to the next timeline where that one's history file says, so a gap left by a former primary is not missed, and
 * what a former primary went on to write is not counted.
 */

/** A segment's place: its timeline, and its number counted from the very first one. */
export type Segment = { timeline: number; number: number };

/** Where one timeline ended and the next began: the number of the segment both have. */
export type Switch = { timeline: number; number: number };

/** What the log part of a name counts. */
const GIB4 = 0x1_0000_0000;
const MOST_NAMED = 3;

/** A segment by its name of 24 hexadecimal digits; null where it is none, or has none of this size. */
export function segmentOf(name: string, segmentBytes: number): Segment | null {
  const [, timeline, log, place] = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name) ?? [];
  if (timeline === undefined) return null;
  const perLog = GIB4 / segmentBytes;
  const low = Number.parseInt(place!, 16);
  if (low >= perLog) return null;
  return { timeline: Number.parseInt(timeline, 16), number: Number.parseInt(log!, 16) * perLog + low };
}

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');

export function nameOf({ timeline, number }: Segment, segmentBytes: number): string {
  const perLog = GIB4 / segmentBytes;
  return `${hex(timeline)}${hex(Math.floor(number / perLog))}${hex(number % perLog)}`;
}

/** The switches that led to a timeline, as its history file has them; null where the text is none. */
export function switchesIn(history: string, segmentBytes: number): Switch[] | null {
  const switches: Switch[] = [];
  for (const line of history.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, timeline, high, low] = /^\s*(\d+)\s+([0-9A-F]+)\/([0-9A-F]+)/i.exec(line) ?? [];
    if (timeline === undefined) return null;
    const bytes = Number.parseInt(high!, 16) * GIB4 + Number.parseInt(low!, 16);
    switches.push({ timeline: Number(timeline), number: Math.floor(bytes / segmentBytes) });
  }
  return switches.length > 0 ? switches : null;
}

export type Chain = {
  /** Segments that are missing, at most the first few of them, and how many in all. */
  missing: Segment[];
  count: number;
};

/** What is missing from `from` up to `to`, where `switches` (oldest first) led to the timeline of `to`. */
export function missingBetween(held: Segment[], from: Segment, to: Segment, switches: Switch[]): Chain {
  // The segment of a switch itself is read on the new timeline, which begins with a copy of it.
  const timelineOf = (number: number) => switches.find((each) => number < each.number)?.timeline ?? to.timeline;
  const there = held
    .filter(({ timeline, number }) => number >= from.number && number <= to.number && timeline === timelineOf(number))
    .map(({ number }) => number)
    .toSorted((a, b) => a - b);
  const missing: Segment[] = [];
  let count = 0;
  let next = from.number;
  // From gap to gap: what is missing may be more than can be counted one by one.
  for (const number of [...there, to.number + 1]) {
    count += Math.max(0, number - next);
    for (; next < number && missing.length < MOST_NAMED; next += 1)
      missing.push({ timeline: timelineOf(next), number: next });
    next = Math.max(next, number + 1);
  }
  return { missing, count };
}
