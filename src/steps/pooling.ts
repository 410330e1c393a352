/** What the steps that have to do with poolers ask alike: which there are, what they hold back, and for whom. */
import { sentenceOf } from '../lib/errors.ts';
import type { Evidence } from '../ports/answer.ts';
import type { Pooler, PoolerView } from '../ports/pooler.ts';
import { reach } from './reaching.ts';
import type { System } from './system.ts';

/** The step that holds clients back: what it saw first stands in its run. */
export const PAUSES = 'pause-pools';

export const hasPoolers = ({ poolers }: System): boolean => poolers !== undefined;

/** Of these regions, each once: one that leads to whichever region serves is named in all of them. */
export const poolersOf = ({ poolers }: System, regions: string[]): string[] => [
  ...new Set(regions.flatMap((region) => poolers?.of[region] ?? [])),
];

export type Looked = { pooler: string; view: PoolerView };
export type Looks = { seen: Looked[]; silent: { pooler: string; why: string }[] };

/** Each by itself and in its own short time: one that is lost must not keep the others' clients waiting. */
export async function lookAt(port: Pooler, poolers: string[], signal: AbortSignal): Promise<Looks> {
  const looks: Looks = { seen: [], silent: [] };
  await Promise.all(
    poolers.map(async (pooler) => {
      try {
        const look = await reach(signal, (limit) => port.observe(pooler, limit));
        if (look.answered) looks.seen.push({ pooler, view: look.value });
        else looks.silent.push({ pooler, why: look.why });
      } catch (error) {
        signal.throwIfAborted();
        looks.silent.push({ pooler, why: sentenceOf(error) });
      }
    }),
  );
  const order = (one: { pooler: string }) => poolers.indexOf(one.pooler);
  looks.seen.sort((a, b) => order(a) - order(b));
  looks.silent.sort((a, b) => order(a) - order(b));
  return looks;
}

/** By pooler: names of databases. */
export type ByPooler = Record<string, string[]>;

/** What was paused before this run touched it, by somebody else: never let go by us. `before`: of the step that pauses. */
export const sparedIn = (before: Evidence | null): ByPooler => (before?.['spared'] ?? {}) as ByPooler;

export const pausedOf = ({ view }: Looked): string[] =>
  view.databases.filter(({ paused }) => paused).map(({ name }) => name);

/** What this run holds back now: nothing where it never meant to. */
export function heldBy(look: Looked, before: Evidence | null): string[] {
  const spared = sparedIn(before)[look.pooler];
  return spared === undefined ? [] : pausedOf(look).filter((name) => !spared.includes(name));
}

/** `pooler-a:6432 (eden_vault, eden_jobs)` */
export const namesOf = (list: { pooler: string; databases: string[] }[]): string =>
  list.map(({ pooler, databases }) => `${pooler} (${databases.join(', ')})`).join(', ');

export const silentText = (silent: Looks['silent']): string =>
  silent.map(({ pooler, why }) => `${pooler}: ${why}`).join('; ');

/** How a person lets clients go. */
export const RESUME_BY_HAND = 'psql -h POOLER -p 6432 -U USER pgbouncer -c "RESUME DATABASE"';

/** Lets clients of these go; each is tried whatever becomes of the others. @throws the first failure, afterwards */
export async function letGo(
  port: Pooler,
  list: { pooler: string; databases: string[] }[],
  signal: AbortSignal,
): Promise<void> {
  const came = await Promise.allSettled(
    list
      .filter(({ databases }) => databases.length > 0)
      .map(({ pooler, databases }) => port.resume(pooler, databases, signal)),
  );
  for (const one of came) if (one.status === 'rejected') throw one.reason;
}
