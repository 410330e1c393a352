/**
 * Connection poolers between the application and its database. A pooler is named by its console's address,
 * `host:port`. Every verb takes a signal; errors are `IntegrationError` with one short sentence.
 */

export type PooledDatabase = {
  name: string;
  /** The host its configuration names; null: a socket of its own machine. */
  host: string | null;
  /** Clients' queries wait. */
  paused: boolean;
  /** Connections to the server. */
  connections: number;
  /** Clients that wait for one. */
  waiting: number;
};

export type PoolerView = {
  /** Those it was configured to be asked about. */
  databases: PooledDatabase[];
  /** Connections to servers. `ending`: closed as soon as whoever uses it is done with it. */
  connections: { id: string; database: string; ending: boolean }[];
};

export interface Pooler {
  observe(pooler: string, signal: AbortSignal): Promise<PoolerView>;
  /**
   * Holds clients back: no new transaction begins, and it resolves once those under way have ended and no connection to
   * a server is left. Where that takes longer than `withinMs`, fails or is given up, clients are let go again before it
   * throws. Nobody lets them go if we are killed: whoever calls this owes a `resume`.
   */
  pause(pooler: string, databases: string[], withinMs: number, signal: AbortSignal): Promise<void>;
  /** Lets clients go. Idempotent. */
  resume(pooler: string, databases: string[], signal: AbortSignal): Promise<void>;
  /** Every connection to a server is closed once it is free; new ones look its address up again. Idempotent. */
  reconnect(pooler: string, databases: string[], signal: AbortSignal): Promise<void>;
}
