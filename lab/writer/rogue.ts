/**
 * The rogue: goes straight to the old primary, past every service and name, from a fresh session each time and with
 * `BEGIN READ WRITE`. Before the fence it is let in; after it, each acknowledgement would be a write that is lost.
 */
import { Client } from 'pg';

export type Rogue = {
  readonly tried: number;
  readonly acknowledged: number;
  /** When each acknowledged write was acknowledged, with its id. */
  acks(): { id: number; at: number }[];
  stop(): Promise<void>;
};

export function startRogue(options: { url: string; everyMs: number }): Rogue {
  const acks: { id: number; at: number }[] = [];
  let tried = 0;
  let running = true;

  async function attempt(id: number): Promise<void> {
    const client = new Client({ connectionString: options.url, connectionTimeoutMillis: 1500, query_timeout: 1500 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('BEGIN READ WRITE');
      await client.query('INSERT INTO rogue (id) VALUES ($1)', [id]);
      await client.query('COMMIT');
      acks.push({ id, at: Date.now() });
    } catch {
      // Refused, as it should be once the region is fenced.
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  const loop = (async () => {
    for (let id = 1; running; id += 1) {
      tried += 1;
      await attempt(id);
      await new Promise((resolve) => setTimeout(resolve, options.everyMs));
    }
  })();

  return {
    get tried() {
      return tried;
    },
    get acknowledged() {
      return acks.length;
    },
    acks: () => [...acks],
    async stop() {
      running = false;
      await loop;
    },
  };
}
