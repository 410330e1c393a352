/** What the Sentinels say, each asked by itself: they may differ, and that is an answer too. */
import type { SentinelView } from '../../ports/cache.ts';
import { type Call, type Endpoint, withConnection } from './client.ts';

export type SentinelAddress = { host: string; port: number; password?: string };

/** One Sentinel's answer; `null` when it gave none. */
type Opinion = { endpoint: Endpoint; master: string | null; quorum: boolean } | null;

export const sentinelEndpoint = ({ host, port, password }: SentinelAddress): Endpoint => ({
  title: 'Sentinel',
  url: `redis://${host.includes(':') ? `[${host}]` : host}:${port}`,
  password,
});

export async function opinions(sentinels: SentinelAddress[], masterName: string, call: Call): Promise<Opinion[]> {
  return Promise.all(
    sentinels.map(async (sentinel) => {
      const endpoint = sentinelEndpoint(sentinel);
      try {
        return await withConnection(endpoint, call, async ({ read }) => {
          const address = await read('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName);
          const quorum = await read('SENTINEL', 'CKQUORUM', masterName).then(
            (reply) => String(reply).startsWith('OK'),
            (error: Error) => {
              // NOQUORUM is an answer; a lost connection is none.
              if (error.name === 'ReplyError') return false;
              throw error;
            },
          );
          return { endpoint, master: Array.isArray(address) ? `${address[0]}:${address[1]}` : null, quorum };
        });
      } catch (error) {
        if (call.signal.aborted) throw error;
        return null;
      }
    }),
  );
}

/** More than half of those that answer must name one master; quorum is believed of one that names it too. */
export function summary(opinions: Opinion[]): SentinelView {
  const answers = opinions.filter((opinion) => opinion !== null);
  const votes = new Map<string, number>();
  for (const { master } of answers) if (master !== null) votes.set(master, (votes.get(master) ?? 0) + 1);
  const master = [...votes].find(([, count]) => count * 2 > answers.length)?.[0] ?? null;
  return {
    master,
    answered: answers.length,
    asked: opinions.length,
    quorum: answers.some((opinion) => opinion.quorum && opinion.master === master && master !== null),
  };
}

/** After how long without an answer this Sentinel calls the master down, ms. */
export async function downAfter(endpoint: Endpoint, masterName: string, call: Call): Promise<number> {
  const flat = await withConnection(endpoint, call, ({ read }) => read('SENTINEL', 'MASTER', masterName));
  const fields = Array.isArray(flat) ? flat.map(String) : [];
  return Number(fields[fields.indexOf('down-after-milliseconds') + 1]) || Number.POSITIVE_INFINITY;
}

/** Replicas a Sentinel could choose to promote, `host:port`. */
export async function candidates(endpoint: Endpoint, masterName: string, call: Call): Promise<string[]> {
  const replies = await withConnection(endpoint, call, ({ read }) => read('SENTINEL', 'REPLICAS', masterName));
  return (Array.isArray(replies) ? replies : [])
    .map((flat: string[]) => Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]!]] : []))))
    .filter(
      (replica) => !/s_down|o_down|disconnected/.test(replica['flags'] ?? '') && replica['slave-priority'] !== '0',
    )
    .map((replica) => `${replica['ip']}:${replica['port']}`);
}
