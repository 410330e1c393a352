/** What a region that is left looks like, kept as a file of the run: what takes the picture and what asks for it mean the same. */
import { type Answer, done, type Evidence, notDone } from '../ports/answer.ts';
import { REACH_MS, type Reached, reach } from './reaching.ts';
import type { Ports, StepFacts } from './step.ts';

/** A picture with logs is many calls: longer than one question, and still bounded. */
const PICTURE_MS = 15_000;

type Handed = Pick<Ports, 'cluster' | 'database' | 'cache' | 'evidence' | 'watch' | 'clock'> & StepFacts;
type Stored = { complete: boolean };

const told = <T>(seen: Reached<T>): { [key: string]: unknown } | T =>
  seen.answered ? seen.value : { silent: seen.why };
/** A right that is missing must not cost the rest of the picture. */
const asked = <T>(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>, ms = REACH_MS): Promise<Reached<T>> =>
  reach(signal, ask, ms).catch((error: Error) => {
    signal.throwIfAborted();
    return { answered: false, why: error.message };
  });

/** A picture is given its time only where somebody is there to take it of. */
async function pictureOf({ cluster, source, signal }: Handed): Promise<Reached<string>> {
  // Whoever refuses is there.
  const isThere = await reach(signal, (limit) => cluster.nodes(source, limit)).catch((error: Error) => {
    signal.throwIfAborted();
    return { answered: true as const, value: error };
  });
  return isThere.answered ? await asked(signal, (limit) => cluster.snapshot(source, limit), PICTURE_MS) : isThere;
}

async function look(handed: Handed) {
  const { database, cache, watch, source, target, system, signal } = handed;
  const [picture, from, to, redis] = await Promise.all([
    pictureOf(handed),
    asked(signal, (limit) => database.observe(source, limit)),
    asked(signal, (limit) => database.observe(target, limit)),
    system.cache === null ? null : asked(signal, (limit) => cache.observe(source, limit)),
  ]);
  return {
    health: watch.health(source),
    postgres: { [source]: told(from), [target]: told(to) },
    redis: redis === null ? null : { [source]: told(redis) },
    cluster: picture.answered ? (JSON.parse(picture.value) as unknown) : { silent: picture.why },
    complete: picture.answered,
  };
}

const fileOf = (region: string, when: string): string => `${when}-${region}.json`;

/** Done when the file is there, and whole or as whole as it can be now. */
export async function isKept(when: string, handed: Handed): Promise<Answer> {
  const { evidence, run, source, cluster, signal } = handed;
  const kept = await evidence.read(run, fileOf(source, when));
  if (kept === null) return notDone(`keep what ${source} looks like`, { kept: false });
  const { file, bytes, sha256, text } = kept;
  const about: Evidence = { file, bytes, sha256 };
  if ((JSON.parse(text) as Stored).complete)
    return done({ ...about, reached: true, owed: false }, `${kb(bytes)} in ${file}`);
  const again = await asked(signal, (limit) => cluster.nodes(source, limit));
  if (again.answered) return notDone(`${source} answers now: keep it anew`, about);
  return done(
    { ...about, reached: false, owed: true, silent: again.why },
    `${source} does not answer: what is known from here is in ${file}; its pods and logs are added as soon as it answers`,
  );
}

/** Takes the picture and keeps it under this name: one that is there is replaced. */
export async function keepPicture(when: string, handed: Handed): Promise<Evidence> {
  const { evidence, run, source, target, clock } = handed;
  const { complete, ...seen } = await look(handed);
  const head = { run, region: source, leftFor: target, when, at: new Date(clock.now()).toISOString(), complete };
  const { file, bytes, sha256 } = await evidence.keep(
    run,
    fileOf(source, when),
    `${JSON.stringify({ ...head, ...seen }, null, 2)}\n`,
  );
  return { file, bytes, sha256 };
}

const kb = (bytes: number): string => `${Math.max(1, Math.round(bytes / 1000))} kB`;

/** The ports both need. */
export const PICTURE_PORTS = ['cluster', 'database', 'cache', 'evidence', 'watch', 'clock'] as const;
