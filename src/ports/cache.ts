/** The cache that is moved (Redis), one data node a region, Sentinels beside them where configured. */

export type CacheView = {
  region: string;
  role: 'master' | 'replica';
  /** `host:port` as Sentinels and replicas name this node. */
  address: string;
  /** Replica only: whom it follows, `host:port`, and whether the link is up. */
  follows: string | null;
  linkUp: boolean | null;
  /** Own replication offset. */
  offset: number;
  replicationId: string;
  /**
   * We closed it for a switch whose end was not seen: as a master it takes no write without the replica that was to
   * replace it. A switch, `failover` and `demote` set it back.
   */
  closed?: boolean;
  /** Master only: attached replicas. */
  replicas: { address: string; state: string; offset: number }[];
};

export type SentinelView = {
  /** The address most Sentinels name as master; null when they differ or none answers. */
  master: string | null;
  answered: number;
  asked: number;
  /** Whether enough Sentinels can reach each other to authorize a failover (`CKQUORUM`). */
  quorum: boolean;
};

export type SwitchoverReport = {
  /** Offsets when they were equal, writes paused. */
  offset: number;
  /** How the new master was made: by Sentinel, or by `FAILOVER TO`. */
  by: 'sentinel' | 'failover-to';
  pausedMs: number;
  endedClients: number;
};

export type FailoverReport = {
  /** What we ordered; null where nothing was sent: it was a master already, or the Sentinels were just making it one. */
  ordered: 'sentinel-failover' | 'replicaof-no-one' | null;
};

export interface Cache {
  observe(region: string, signal: AbortSignal): Promise<CacheView>;
  /** null where the configuration names no Sentinels. */
  sentinels(signal: AbortSignal): Promise<SentinelView | null>;
  /**
   * Coordinated switch without loss: pause writes, wait for equal offsets, fail over, demote the old master ourselves,
   * end its clients, unpause. The pause ends by itself if we die; from the order on the old master stays closed even
   * then. Refuses (effect `none`) where the roles are not
   * exactly source = master, target = its replica with the link up. Never call twice without having observed.
   */
  switchover(source: string, target: string, signal: AbortSignal): Promise<SwitchoverReport>;
  /**
   * Makes the node of `target` a master without asking the present one: what that one had not passed on is lost. By
   * the Sentinels where there are some (they must name one master, have their quorum, and could choose no other node),
   * else by the node itself. Resolves when the node says it is a master. Does not demote the old one. Never call twice
   * without having observed.
   */
  failover(target: string, signal: AbortSignal): Promise<FailoverReport>;
  /**
   * Makes the node of `region` follow that of `master`, and ends its clients: for one that comes back as a second
   * master, or was closed by a switch that ended half-way. What only it had is lost with it. Idempotent. Refuses (effect `none`) where `master` is no master.
   */
  demote(region: string, master: string, signal: AbortSignal): Promise<{ endedClients: number }>;
  /** Writes, reads and deletes a key of our own. Throws when it cannot. */
  proveWritable(region: string, run: string, signal: AbortSignal): Promise<{ wrote: string; readBack: string }>;
}
