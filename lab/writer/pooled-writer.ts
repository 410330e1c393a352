/**
 * Clients that reach the database through a pooler, each the next id when its last one was answered. They know no
 * patience of their own: one that is held back waits, and one that is refused is counted and begins anew.
 */
import { Client } from 'pg';

export type PooledWriter = {
  readonly clients: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** The longest a client waited for one answer, ms. */
  readonly longestMs: number;
  /** What the newest refusals said. */
  readonly said: string[];
  stop(): Promise<number[]>;
};

export function startPooledWriter(options: { url: string; clients: number; everyMs: number }): PooledWriter {
  const acknowledged: number[] = [];
  const said: string[] = [];
  let refused = 0;
  let longestMs = 0;
  let running = true;
  let nextId = 1;

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const session = async (): Promise<void> => {
    const client = new Client({ connectionString: options.url, application_name: 'pooled' });
    client.on('error', () => {});
    try {
      await client.connect();
      while (running) {
        const id = nextId++;
        const at = Date.now();
        await client.query('INSERT INTO pooled (id) VALUES ($1)', [id]);
        longestMs = Math.max(longestMs, Date.now() - at);
        acknowledged.push(id);
        await pause(options.everyMs);
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const client = async (): Promise<void> => {
    while (running)
      await session().catch(async (error: Error) => {
        refused += 1;
        said.push(error.message);
        if (said.length > 5) said.shift();
        await pause(options.everyMs);
      });
  };
  const loop = Promise.all(Array.from({ length: options.clients }, client));
  return {
    clients: options.clients,
    get acknowledged() {
      return acknowledged.length;
    },
    get refused() {
      return refused;
    },
    get longestMs() {
      return longestMs;
    },
    said,
    async stop() {
      running = false;
      await loop;
      return [...acknowledged];
    },
  };
}
