/** What watching the regions has found: kept in memory, from several vantage points; steps ask it, nobody else does. */

export type RegionHealth = {
  region: string;
  stage: 'quiet' | 'suspected' | 'confirmed' | 'failed';
  /** When the first sign of trouble was seen that still stands, ms since the epoch. */
  since: number | null;
  /** When what stands was last seen, ms since the epoch; null before the first look. */
  at: number | null;
  /** 0 to 1, agreed upon; null where nobody could say. */
  score: number | null;
  /** network, infrastructure, service or database, with what was seen; null while nothing is wrong. */
  failure: { kind: 'network' | 'infrastructure' | 'service' | 'database'; seen: string[] } | null;
  /** Who looked last, how many of them agree, and how many must. */
  vantages: { names: string[]; agree: number; needed: number };
  /** Since when it has been seen well again, ms since the epoch; null while it is not, or never was seen otherwise. */
  wellSince?: number | null;
  /** What answered somebody well when it was last looked at. */
  answering?: string[];
  /** Of its database: when it last answered us, where its log stood then, how fast that grew at most lately, as what, and who it is. */
  database: {
    at: number;
    lsn: string;
    bytesPerSecond: number;
    /** False where it answered once only: how fast its log grows is then not known. */
    rateSeen?: boolean;
    role?: 'primary' | 'standby';
    /** When it was asked for that, ms: every write acknowledged before is in the log up to `lsn`. */
    askedAt?: number;
    systemIdentifier?: string;
  } | null;
};

export interface Watch {
  /** null where this region is not watched. */
  health(region: string): RegionHealth | null;
  /** Looks now, past the rhythm, and gives what stands then. */
  look(region: string, signal: AbortSignal): Promise<RegionHealth | null>;
}
