/**
 * What Regent has written down beside its runs, read back from the `system` stream: notices given and taken back, TTLs
 * seen, what was usual. A row that does not read as one is passed over: an older or newer version may have written it.
 */
import { type Context, LOST_SECONDARY, REPROTECT } from '../machine/types.ts';
import type { Journal, JournalRow } from '../ports/journal.ts';
import type { Moved, Notice, Records, ThroughputSeen, TtlsSeen } from '../ports/records.ts';
import { SYSTEM } from './ledger.ts';

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export type GivenNotice = Notice & { withdrawn: boolean };

/** Every notice ever given. Numbers count them all, so that one taken back leaves the others theirs. */
export function noticesGiven(rows: JournalRow[]): GivenNotice[] {
  const given = rows.filter(({ type }) => type === 'NOTICE_GIVEN');
  const withdrawn = new Set(rows.filter(({ type }) => type === 'NOTICE_WITHDRAWN').map(({ data }) => data['n']));
  return given.flatMap(({ data, actor, at }, index): GivenNotice[] => {
    const { source, target, from, until, reason } = data;
    const n = index + 1;
    if (typeof source !== 'string' || !isNumber(from) || !isNumber(until)) return [];
    return [
      {
        n,
        source,
        target: typeof target === 'string' ? target : null,
        from,
        until,
        reason: typeof reason === 'string' ? reason : '',
        by: actor.replace(/^person:/, ''),
        at,
        withdrawn: withdrawn.has(n),
      },
    ];
  });
}

const noticesIn = (rows: JournalRow[]): Notice[] =>
  noticesGiven(rows).flatMap(({ withdrawn, ...notice }) => (withdrawn ? [] : [notice]));

function ttlsIn(rows: JournalRow[]): TtlsSeen[] {
  return rows.flatMap(({ type, data, at }): TtlsSeen[] => {
    const { ttls } = data;
    if (type !== 'TTL_SEEN' || typeof ttls !== 'object' || ttls === null || Array.isArray(ttls)) return [];
    return [
      { at, ttls: Object.fromEntries(Object.entries(ttls).filter((one): one is [string, number] => isNumber(one[1]))) },
    ];
  });
}

/** What `monitor/baseline.ts` writes down. */
export const THROUGHPUT_SEEN = 'THROUGHPUT_SEEN';

function throughputIn(rows: JournalRow[]): ThroughputSeen[] {
  return rows.flatMap(({ type, data: { region, perSecond }, at }): ThroughputSeen[] =>
    type === THROUGHPUT_SEEN && typeof region === 'string' && isNumber(perSecond) ? [{ at, region, perSecond }] : [],
  );
}

/** Runs that came to nothing, and those that moved nothing, are left out. */
export const movesOf = (runs: Context[]): Moved[] =>
  runs.flatMap(({ run, runbook, source, target, end, watch, ...c }) => {
    // What only tidies up beside the next run has moved what it was to move.
    const endedAt = c.endedAt ?? watch?.cut?.at ?? null;
    return endedAt !== null &&
      runbook !== LOST_SECONDARY &&
      runbook !== REPROTECT &&
      (end === 'completed' || end === 'takenOver')
      ? [{ run, source, target, endedAt }]
      : [];
  });

/** @param runs every run as it is now, oldest first */
export function journalRecords(journal: Journal, runs: () => Context[] = () => []): Records {
  return {
    notices: async () => noticesIn(await journal.read(SYSTEM)),
    ttls: async () => ttlsIn(await journal.read(SYSTEM)),
    moves: async () => movesOf(runs()),
    throughput: async () => throughputIn(await journal.read(SYSTEM)),
  };
}
