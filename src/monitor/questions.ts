/**
 * What one region is asked to see whether it is well: its endpoints, its cluster, its Postgres, its Redis. Each question
 * has its own time limit, so that a silent system never delays what the others say.
 */
import { sentenceOf } from '../lib/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { DatabaseView } from '../ports/database.ts';
import type { Ports } from '../steps/step.ts';
import { limited } from './limit.ts';
import type { ProbeSeen } from './look.ts';

/** How these are called on cards, and by other places that look; everything else is an endpoint. */
export const POSTGRES = 'Postgres';
export const CLUSTER = 'Kubernetes';
export const REDIS = 'Redis';
/** How much each counts in the region's health; an endpoint counts what the configuration says, 1 without it. */
export const WEIGHT: Record<string, number> = { [POSTGRES]: 3, [CLUSTER]: 2, [REDIS]: 1 };

export type Endpoint = {
  name: string;
  url: string;
  weight: number;
  critical: boolean;
  /** Asked only while the region is the primary: what stands by may well run nothing. */
  onlyServing?: boolean;
};
export type WatchedRegion = {
  name: string;
  /** A witness has no cluster, database or cache: only its endpoints are asked. */
  role: 'data' | 'witness';
  endpoints: Endpoint[];
};
export type AskedPorts = Pick<Ports, 'probe' | 'cluster' | 'database' | 'cache'>;
export type Asking = {
  ports: AskedPorts;
  hasCache: boolean;
  clock: Clock;
  /** For each question, ms. */
  callMs: number;
};

type Seen = ProbeSeen & {
  /** Nobody listened there: the machine answered, or whatever stands before it. */
  refused: boolean;
};

/** Asks everything at once; never throws. `view`: what its Postgres said, null where it said nothing. */
export async function askRegion(
  region: WatchedRegion,
  asking: Asking,
  stop: AbortSignal,
): Promise<{ probes: ProbeSeen[]; view: DatabaseView | null }> {
  const { ports, hasCache } = asking;
  let view: DatabaseView | null = null;
  const own: [string, (signal: AbortSignal) => Promise<string | null>][] =
    region.role === 'witness'
      ? []
      : [
          [
            POSTGRES,
            async (signal) => {
              view = await ports.database.observe(region.name, signal);
              return null;
            },
          ],
          [
            CLUSTER,
            async (signal) => {
              const { readyNodes, nodes } = await ports.cluster.capacity(region.name, signal);
              return readyNodes * 2 > nodes ? null : `${readyNodes} of ${nodes} nodes are ready`;
            },
          ],
          ...(hasCache
            ? [
                [
                  REDIS,
                  async (signal: AbortSignal) => {
                    await ports.cache.observe(region.name, signal);
                    return null;
                  },
                ] as [string, (signal: AbortSignal) => Promise<string | null>],
              ]
            : []),
        ];
  const asked = await Promise.all([
    ...region.endpoints.map((one) => askEndpoint(one, asking, stop)),
    ...own.map(async ([name, ask]): Promise<Seen> => {
      const base = { name, weight: WEIGHT[name]!, critical: name === POSTGRES };
      try {
        const why = await inTime(asking, stop, ask);
        return { ...base, seen: why === null ? 'good' : 'bad', why, refused: false };
      } catch (error) {
        return { ...base, seen: 'silent', why: sentenceOf(error), refused: isRefused(error) };
      }
    }),
  ]);
  // A refused connection is a stopped server where something else of the region answers; alone it may be the way there.
  const someAnswer = asked.some(({ seen }) => seen !== 'silent');
  const probes = asked.map(({ refused, ...one }): ProbeSeen => (refused && someAnswer ? { ...one, seen: 'bad' } : one));
  return { probes, view };
}

async function askEndpoint(
  { name, url, weight, critical }: Endpoint,
  asking: Asking,
  stop: AbortSignal,
): Promise<Seen> {
  const base = { name, weight, critical };
  try {
    const { status, error } = await inTime(asking, stop, (signal) => asking.ports.probe.get(url, signal));
    if (status === null)
      return { ...base, seen: 'silent', why: error, refused: error?.includes('ECONNREFUSED') ?? false };
    const isWell = status >= 200 && status < 300;
    return { ...base, seen: isWell ? 'good' : 'bad', why: isWell ? null : `answered ${status}`, refused: false };
  } catch (error) {
    return { ...base, seen: 'silent', why: sentenceOf(error), refused: false };
  }
}

const inTime = <T>(
  { clock, callMs }: Asking,
  stop: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> => limited(clock, callMs, stop, ask);

/** Whether a connection was refused, however deep the adapter has wrapped it. */
function isRefused(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    if ((one as { code?: unknown }).code === 'ECONNREFUSED') return true;
    if (one instanceof AggregateError && one.errors.some(isRefused)) return true;
  }
  return false;
}
