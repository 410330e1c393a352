/** The lab's Redis: one data node a region and Sentinels beside them. Nothing here knows Regent. */

export interface RedisNode {
  readonly region: string;
  readonly port: number;
  /** With the password, if there is one. */
  readonly url: string;
  readonly pid: number | null;
  running(): boolean;
  /** Starts as what it was last (its own configuration file); resolves when it answers. */
  start(): Promise<void>;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
  /** SIGKILL, as when the power goes. Resolves when the process has ended. */
  crash(): Promise<void>;
}

export interface RedisSentinel {
  readonly host: string;
  readonly port: number;
  readonly pid: number | null;
  running(): boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisLab {
  readonly masterName: string;
  readonly password: string | undefined;
  readonly regions: readonly string[];
  /** The first region is where the master began. */
  node(region: string): RedisNode;
  readonly sentinels: readonly RedisSentinel[];
  /** Ends every process and removes the directory. May be called twice. */
  close(): Promise<void>;
}

export type RedisLabOptions = {
  /** A directory of its own; made if missing, removed by `close()`. */
  dir: string;
  /** First the master's, then the one the Sentinels are to choose; the others they never choose (`replica-priority 0`). */
  regions: readonly [string, string, ...string[]];
  /** How many Sentinels; 0 for none. */
  sentinels: number;
  masterName: string;
  password?: string;
  /** After how long without an answer a Sentinel calls a node down. Default 1500. */
  downAfterMs?: number;
};

export type RedisAvailability = { path: string } | { why: string };
