/** The lab's Postgres servers as the rest of the lab sees them. Nothing here knows Regent. */
import type { PostgresVersion, Programs } from './programs.ts';
import type { SystemUser } from './system-user.ts';

/** What stands in a server's control file: `checkpoint` is the latest checkpoint's location, `0/300A0E0`. */
export type ControlState = { state: string; checkpoint: string; timeline: number; systemIdentifier: string };

/** `fast` ends sessions and flushes everything to attached standbys; `immediate` is a crash. */
export type StopMode = 'fast' | 'immediate';

export interface PostgresNode {
  readonly region: string;
  /** Stays the same over stops and starts. */
  readonly port: number;
  readonly dataDirectory: string;
  readonly programs: Programs;
  /** As whom it runs, and to whom its files belong. */
  readonly user: SystemUser | undefined;
  /** `null` while it is not running. */
  readonly pid: number | null;
  /** A connection URL. `user` is `postgres`, `regent`, `replicator` or the application's, `eden_app`. */
  url(user: string, database: string): string;
  /** Whether the server process lives. */
  running(): boolean;
  /** Resolves when it accepts connections; does nothing when it runs. Throws with the end of the server's log. */
  start(): Promise<void>;
  /** Resolves when the process has ended; does nothing when it does not run. */
  stop(mode: StopMode): Promise<void>;
  /** SIGKILL to the server and its sessions at once, as when the power goes. Resolves when the process has ended. */
  crash(): Promise<void>;
  /** From bytes of `global/pg_control`, running or not: the witness that asks no SQL. */
  controlState(): ControlState;
  /** SIGSTOP for the whole server, sessions and replication too: the kernel accepts TCP and nobody answers. */
  freeze(): void;
  thaw(): void;
  /**
   * Makes this server a standby of `primary` (which must run) and starts it. `followed`: the data directory was
   * kept, no write of ours lies beyond the fork. `cloned`: it was thrown away and copied anew.
   */
  rejoin(primary: PostgresNode): Promise<'followed' | 'cloned'>;
}

export interface PostgresCluster {
  readonly regions: readonly [string, ...string[]];
  /** Roles as they began; who is primary now only the servers know. */
  readonly primary: PostgresNode;
  /** In the order of their regions. */
  readonly standbys: readonly PostgresNode[];
  /** Throws for a region it does not have. */
  node(region: string): PostgresNode;
  /** Ends all servers and removes the directory. May be called twice. */
  close(): Promise<void>;
}

export interface PostgresPair extends PostgresCluster {
  readonly regions: readonly [string, string];
  readonly standby: PostgresNode;
}

export type PostgresClusterOptions = {
  /** A directory of the cluster's own; made if missing, removed by `close()`. */
  dir: string;
  /** For every role of the lab. */
  superuserPassword: string;
  /** Application databases. */
  databases: string[];
  /** Role of the application. Default `eden_app`. */
  application?: string;
  /** First the primary's. */
  regions: readonly [string, ...string[]];
  /** Default 18. */
  version?: PostgresVersion;
  /** Further server settings, for all: `{ archive_mode: 'on' }`. */
  settings?: Record<string, string>;
  /** Milliseconds; for the deadlines of starting and stopping. */
  now?: () => number;
};

/** `regions`: default `us-east-1`, `us-west-2`. */
export type PostgresPairOptions = Omit<PostgresClusterOptions, 'regions'> & { regions?: [string, string] };
