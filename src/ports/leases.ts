/**
 * The leases by which servers prove that they live, kept outside of the regions they live in: a server that cannot renew
 * its own stops itself. Only ever read.
 */

export type Lease = {
  /** Who holds it, in its own words; null: nobody. */
  holder: string | null;
  /** When it was renewed last, ms since the epoch, by the holder’s clock: to be shown, never to be counted with. */
  renewedAt: number | null;
  /** How long a renewal lasts, ms; null where it does not say. */
  durationMs: number | null;
  /** Another one after every renewal, never the same again. */
  version: string;
};

export interface Leases {
  /** The lease of a region’s server; null when there is none. Throws when nobody answers: that is no lease run out. */
  read(region: string, signal: AbortSignal): Promise<Lease | null>;
}

export type SeenLease = Lease & {
  /** It has surely not been renewed for so long, ms, by a clock of ours that nobody sets. */
  unchangedMs: number;
  /** It has been seen to be renewed since it is watched. */
  renewed: boolean;
};

/** Leases, with what was seen of them before. */
export interface LeaseWatch {
  look(region: string, signal: AbortSignal): Promise<SeenLease | null>;
}
