/** The WAL archive of a pgBackRest repository by what `repo-ls --output=json` lists. */
import { missingBetween, nameOf, type Segment, type Switch, segmentOf, switchesIn } from './wal-chain.ts';

export type Listing = {
  segments: Segment[];
  /** When each was put there, ms since the epoch, by its name. */
  times: Map<string, number>;
  segmentBytes: number;
  /** Of files named like segments, which a segment of this size cannot be: the size is not the right one. */
  strange: string | null;
};

export type WalLook = {
  continuous: boolean | null;
  from: string | null;
  to: string | null;
  toAt: number | null;
  why: string | undefined;
};

/** null where the text is no such list. */
export function listed(text: string, segmentBytes: number): Listing | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  const listing: Listing = { segments: [], times: new Map(), segmentBytes, strange: null };
  for (const [path, file] of Object.entries(parsed)) {
    // `…/0000…0004-<checksum>.gz`; those of `.backup` and `.partial` are none.
    const name = /(?:^|\/)([0-9A-F]{24})-[0-9a-f]{40}[^/]*$/.exec(path)?.[1];
    if (name === undefined) continue;
    const segment = segmentOf(name, segmentBytes);
    if (segment === null) {
      listing.strange ??= name;
      continue;
    }
    listing.segments.push(segment);
    const time = (file as { time?: unknown } | null)?.time;
    if (typeof time === 'number') listing.times.set(name, time * 1000);
  }
  return listing;
}

/**
 * Whether all is there from `start` (null: the oldest segment) to the newest, which is at least `least`.
 * `history` reads a timeline's history file, null where it cannot.
 */
export async function looked(
  { segments, times, segmentBytes, strange }: Listing,
  { start, least }: { start: string | null; least: string | null },
  history: (name: string) => Promise<string | null>,
): Promise<WalLook> {
  const none: WalLook = { continuous: null, from: null, to: null, toAt: null, why: undefined };
  if (strange !== null)
    return {
      ...none,
      why: `${strange} does not fit segments of ${segmentBytes / 1024 / 1024} MiB: correct their size`,
    };
  const [from, atLeast] = [start, least].map((name) => (name === null ? null : segmentOf(name, segmentBytes)));
  const all = [...segments, ...(atLeast ? [atLeast] : [])].toSorted(
    (a, b) => a.timeline - b.timeline || a.number - b.number,
  );
  const [oldest, newest] = [all[0], all.at(-1)];
  if (oldest === undefined || newest === undefined) return { ...none, why: 'no WAL has been archived' };
  const first = from ?? oldest;
  const name = (segment: Segment) => nameOf(segment, segmentBytes);
  const range = { from: name(first), to: name(newest), toAt: times.get(name(newest)) ?? null };
  const switches = await switchesTo(newest, first, segmentBytes, history);
  if (switches === null)
    return { ...range, continuous: null, why: `the history of timeline ${newest.timeline} cannot be read` };
  const ended = switches.find(({ timeline }) => timeline === first.timeline);
  if (first.timeline !== newest.timeline && (ended === undefined || ended.number < first.number)) {
    const why = `${name(first)}, where it begins, does not lead to timeline ${newest.timeline}, the newest`;
    return { ...range, continuous: false, why };
  }
  const { missing, count } = missingBetween(segments, first, newest, switches);
  if (count === 0) return { ...range, continuous: true, why: undefined };
  const names = missing.map(name).join(', ');
  const more = count > missing.length ? ` and ${count - missing.length} more` : '';
  return { ...range, continuous: false, why: `${names}${more} ${count === 1 ? 'is' : 'are'} missing` };
}

async function switchesTo(
  newest: Segment,
  first: Segment,
  segmentBytes: number,
  history: (name: string) => Promise<string | null>,
): Promise<Switch[] | null> {
  if (newest.timeline === first.timeline) return [];
  const text = await history(`${newest.timeline.toString(16).toUpperCase().padStart(8, '0')}.history`);
  return text === null ? null : switchesIn(text, segmentBytes);
}
