/** Poolers in memory: databases that are paused or not, connections that lead somewhere, and transactions that last. */
import type { Pooler, PoolerView } from '../../src/ports/pooler.ts';

type PoolerState = PoolerView & {
  down?: boolean;
  /** Transactions that do not end. */
  busy?: boolean;
};

export const poolerState = (): Record<string, PoolerState> => ({});

export const pooled = (databases: string[], more: Partial<PoolerState> = {}): PoolerState => ({
  databases: databases.map((name) => ({ name, host: 'db.eden.internal', paused: false, connections: 1, waiting: 0 })),
  connections: databases.map((database) => ({ id: `old.${database}`, database, ending: false })),
  ...more,
});

export function poolerPort(state: { poolers: Record<string, PoolerState>; calls: string[] }): Pooler {
  const at = (pooler: string): PoolerState => {
    const one = state.poolers[pooler];
    if (one === undefined || one.down) throw new Error(`the pooler ${pooler} does not answer`);
    return one;
  };
  const set = (one: PoolerState, databases: string[], paused: boolean): void => {
    for (const database of one.databases.filter(({ name }) => databases.includes(name)))
      Object.assign(database, { paused, ...(paused ? { connections: 0, waiting: 2 } : { waiting: 0 }) });
    if (paused) one.connections = one.connections.filter(({ database }) => !databases.includes(database));
  };
  return {
    observe: async (pooler) => structuredClone(at(pooler)),
    async pause(pooler, databases, withinMs) {
      state.calls.push(`pause ${pooler} ${databases.join(',')}`);
      const one = at(pooler);
      if (one.busy) throw new Error(`Transactions at the pooler ${pooler} did not end within ${withinMs / 1000} s.`);
      set(one, databases, true);
    },
    async resume(pooler, databases) {
      state.calls.push(`resume ${pooler} ${databases.join(',')}`);
      set(at(pooler), databases, false);
    },
    async reconnect(pooler, databases) {
      state.calls.push(`reconnect ${pooler} ${databases.join(',')}`);
      const one = at(pooler);
      one.connections = one.connections.filter(({ database }) => !databases.includes(database));
    },
  };
}
