/**
 * What the page shows of the world beside its Slack: its regions, who answers DNS, the writer and the rogue.
 * Whoever assembles the lab fills it in from what the servers themselves say. Plain JSON; times are ms since the epoch.
 */

export interface WorldView {
  /** All waits are divided by this; 1 is real time. */
  pace: number;
  /** In the order they are shown, left to right. */
  regions: RegionView[];
  dns: DnsView[];
  writer: WriterView;
  rogue: RogueView;
}

export interface RegionView {
  name: string;
  /** The region's fixed name in host names. */
  alias: string;
  deployments: { name: string; wanted: number; ready: number }[];
  database: {
    role: 'primary' | 'standby' | 'stopped' | 'unknown';
    /** How far a standby is behind, bytes of WAL. */
    lagBytes: number | null;
    timeline: number | null;
    readOnly: boolean | null;
  };
  /** null: the lab runs without Redis. */
  redis: RedisView | null;
}

export interface RedisView {
  role: 'master' | 'replica' | 'down' | 'none';
  /** Replication offset, bytes. */
  offset: number | null;
}

export interface DnsView {
  name: string;
  values: string[];
  /** Whose addresses these are; null: nobody's we know, or no answer. */
  region: string | null;
}

/** One write of the writer. */
export interface WriteView {
  at: number;
  /** Acknowledged. */
  ok: boolean;
  /** Who answered. */
  region: string | null;
  ms: number;
}

export interface WriterView {
  acknowledged: number;
  refused: number;
  /** The last 200 or so, oldest first. */
  recent: WriteView[];
  /** `since`: refusing from then on, null while writes are taken. `lastMs`: how long the last outage took. */
  outage: { since: number | null; lastMs: number | null };
}

/** The client that goes straight to the old primary, as one with a stale address would. */
export interface RogueView {
  tried: number;
  acknowledged: number;
  /** Anything but 0 means two databases took writes. */
  acknowledgedAfterFence: number;
}
