/** What Regent itself has written down beside its runs, as steps may ask: notices of planned moves, TTLs it has seen. */

export type Notice = {
  /** Its number, by which people take it back; from 1, never given twice. */
  n: number;
  /** The region that will be left. */
  source: string;
  /** Where it goes; null where that was left open. */
  target: string | null;
  /** When the move is to begin, and until when it may, ms since the epoch. */
  from: number;
  until: number;
  reason: string;
  by: string;
  /** When people were told, ms since the epoch. */
  at: number;
};

/** One look at all records of the plan, seconds by `type name`; a record that was not there is left out. */
export type TtlsSeen = { at: number; ttls: Record<string, number> };

/** How many requests a region that was well served in a second. */
export type ThroughputSeen = { at: number; region: string; perSecond: number };

/** A run that has moved the system, or was left to people to do so. */
export type Moved = { run: string; source: string; target: string; endedAt: number };

/** What a record is called in a look: `A api.eden.example.com`. */
export const recordKey = ({ type, name }: { type: string; name: string }): string => `${type} ${name}`;

export interface Records {
  /** Oldest first; withdrawn ones left out. */
  notices(): Promise<Notice[]>;
  /** Oldest first. */
  ttls(): Promise<TtlsSeen[]>;
  /** Runs that have moved the system and are over, oldest first. */
  moves(): Promise<Moved[]>;
  /** Oldest first. */
  throughput(): Promise<ThroughputSeen[]>;
}
