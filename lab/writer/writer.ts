/**
 * The writer: clients like any other. One increasing id after another to task-service by its public name, through the
 * resolver and its TTL. What it was told is stored, it remembers: that is what a failover may not lose.
 */
import { type ClientRequest, request } from 'node:http';
import type { LookupFunction } from 'node:net';

export type WriteSeen = { id: number; at: number; ok: boolean; region: string | null; ms: number };

export type Writer = {
  readonly acknowledged: number;
  readonly refused: number;
  /** Ids that were acknowledged. */
  readonly acknowledgedIds: readonly number[];
  /** The newest 200. */
  recent(): WriteSeen[];
  /** Time without an acknowledgement around the present or the longest gap, ms: from the last success before it. */
  outage(): { since: number | null; from: number | null; to: number | null; longestMs: number };
  /** Resolves when the writer has been acknowledged by this region. */
  servedBy(region: string): boolean;
  stop(): Promise<void>;
};

/** A gap this short is a slow answer, not an outage, ms. */
const NOTICEABLE_MS = 150;

export function startWriter(options: {
  url: string;
  lookup: LookupFunction;
  /** How often all of them together write, ms. */
  everyMs: number;
  /** How many write side by side, each the next id when its last one was answered; default 1. */
  clients?: number;
  onWrite?: (seen: WriteSeen) => void;
}): Writer {
  const acknowledged: number[] = [];
  const recent: WriteSeen[] = [];
  const served = new Set<string>();
  let refused = 0;
  let running = true;
  let nextId = 1;
  let lastOk = Date.now();
  let longest = { from: 0, to: 0 };

  const post = (id: number): Promise<{ ok: boolean; region: string | null }> =>
    new Promise((resolve) => {
      const current: ClientRequest = request(
        `${options.url}/tasks?id=${id}`,
        { method: 'POST', lookup: options.lookup, agent: false, timeout: 3000 },
        (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            body += chunk;
          });
          response.on('error', () => resolve({ ok: false, region: null }));
          response.on('end', () => {
            const ok = response.statusCode === 201;
            resolve({ ok, region: ok ? (JSON.parse(body) as { region: string }).region : null });
          });
        },
      );
      current.on('timeout', () => current.destroy());
      current.on('error', () => resolve({ ok: false, region: null }));
      current.end();
    });

  const { everyMs, clients = 1 } = options;
  const client = async (): Promise<void> => {
    while (running) {
      const id = nextId++;
      const at = Date.now();
      const { ok, region } = await post(id);
      const now = Date.now();
      if (ok) {
        if (now - lastOk > longest.to - longest.from) longest = { from: lastOk, to: now };
        lastOk = now;
        acknowledged.push(id);
        if (region) served.add(region);
      } else refused += 1;
      const seen = { id, at, ok, region, ms: now - at };
      recent.push(seen);
      if (recent.length > 200) recent.shift();
      options.onWrite?.(seen);
      // As often as was asked, however quickly it is answered: how much is asked must not depend on how fast that is.
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, at + everyMs * clients - now)));
    }
  };
  const loop = Promise.all(Array.from({ length: clients }, client));

  return {
    get acknowledged() {
      return acknowledged.length;
    },
    get refused() {
      return refused;
    },
    acknowledgedIds: acknowledged,
    recent: () => [...recent],
    outage() {
      const open = Date.now() - lastOk > NOTICEABLE_MS;
      const ms = longest.to - longest.from;
      return {
        since: open ? lastOk : null,
        from: ms > NOTICEABLE_MS ? longest.from : null,
        to: ms > NOTICEABLE_MS ? longest.to : null,
        longestMs: ms > NOTICEABLE_MS ? ms : 0,
      };
    },
    servedBy: (region) => served.has(region),
    async stop() {
      running = false;
      await loop;
    },
  };
}
