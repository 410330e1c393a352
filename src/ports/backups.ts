/** What backups there are, as the system that keeps them says. Whether that is enough is judged in `policy/backups.ts`. */

/** The four things that are wanted of backups before a region is given up. */
export type BackupBoxId = 'full' | 'incremental' | 'wal' | 'checksums';

export type BackupTaken = {
  /** When it was complete, ms since the epoch. */
  at: number;
  /** false: it is there, and known to be damaged or without what it rests upon. */
  ok: boolean;
};

export type BackupReport = {
  /** The newest full backup that is sound; where none is, the newest there is; null where there is none at all. */
  lastFull: BackupTaken | null;
  /** The same of those that rest upon another one: incremental and differential ones. */
  lastIncremental: BackupTaken | null;
  wal: {
    /** Whether nothing is missing between `from` and `to`; null where that cannot be told. */
    continuous: boolean | null;
    /** The first and the last segment that were looked at, as the source calls them. */
    from: string | null;
    to: string | null;
    /** When the last one was archived, ms since the epoch. */
    toAt: number | null;
  };
  /** false as soon as one checksum is wrong; null where nothing has been compared. */
  checksumsValid: boolean | null;
  /** Who says so, for people: `pgbackrest, stanza eden`. */
  source: string;
  /** What stands behind an answer that is not a plain yes: words for the end of a sentence, without a full stop. */
  why: Partial<Record<BackupBoxId, string>>;
};

export interface Backups {
  /** Reads only. Throws IntegrationError (effect none) where nothing can be said about any of it. */
  report(signal: AbortSignal): Promise<BackupReport>;
}
