/** What several looks at one region amount to: what they agree upon, what kind of failure it is, and each place's words. Pure. */
import type { RegionHealth } from '../ports/watch.ts';
import {
  agreed,
  CONDITIONS,
  type Condition,
  healthScore,
  type Limits,
  type Look,
  type Reading,
  readingOf,
} from './look.ts';
import { CLUSTER, POSTGRES } from './questions.ts';
import { STREAM } from './vantages.ts';

/** One place's view of one region, for the cards. */
export type Sight = {
  vantage: string;
  /** ms since the epoch. */
  at: number;
  says: 'down' | 'well' | 'unclear';
  /** Names of what answered well, and what did not, with why. */
  good: string[];
  bad: { name: string; seen: 'bad' | 'silent'; why: string | null }[];
};

/** A standby's view: it sees the connection and nothing else. */
const isStream = ({ probes }: Look): boolean => probes.length === 1 && probes[0]!.name === STREAM;

/**
 * What each place's look says. A standby that has lost its primary counts only where nobody sees that one answer: its
 * replication may as well be what is broken.
 */
export function readings(looks: Look[], limits: Limits): { look: Look; reading: Reading }[] {
  const someSee = looks.some((look) => !isStream(look) && look.probes.some(({ seen }) => seen === 'good'));
  return looks.flatMap((look) => {
    const reading = readingOf(look, limits);
    if (!isStream(look)) return [{ look, reading }];
    if (reading.cut === true && someSee) return [];
    return [{ look, reading: { scoreLow: null, errorsHigh: null, critical: null, cut: reading.cut } }];
  });
}

/** How many must say so of those that can say: most of them, and no fewer than was configured. */
export const neededOf = (speakers: number, least: number): number => Math.max(least, Math.floor(speakers / 2) + 1);

/**
 * What they agree upon, condition by condition: whoever cannot say of one is not counted there. A place to which a region
 * is wholly silent knows nothing of its health, unless the others agree that it is silent.
 */
export function agreement(list: Reading[], least: number): Reading {
  const of = (condition: Condition, all: Reading[], atLeast = least) => {
    const speakers = all.filter((reading) => reading[condition] !== null);
    return agreed(speakers, neededOf(speakers.length, atLeast))[condition];
  };
  const cut = of('cut', list);
  const knowing = cut === true ? list : list.filter((reading) => reading.cut !== true);
  return {
    scoreLow: of('scoreLow', knowing),
    // The metrics measured it, out of the region's own requests: no cut line makes it up, and no other place could see it.
    errorsHigh: of('errorsHigh', list, 1),
    cut,
    critical: of('critical', knowing),
  };
}

/** Whether a place to which the region is not silent sees trouble in it: one is too few to call it down, and enough to wait. */
export const isDoubted = (list: Reading[]): boolean =>
  list.some(({ cut, scoreLow, errorsHigh, critical }) => cut !== true && (scoreLow || errorsHigh || critical) === true);

const isBad = (reading: Reading): boolean => CONDITIONS.some((condition) => reading[condition] === true);

/** How many places see trouble, of how many, and how many must. */
export function counted(list: { look: Look; reading: Reading }[], least: number): RegionHealth['vantages'] {
  const agree = list.filter(({ reading }) => isBad(reading)).length;
  const needed = neededOf(list.length, least);
  const all = list.map(({ reading }) => reading);
  const measured = agreement(all, least).errorsHigh === true;
  return { names: list.map(({ look }) => look.vantage), agree, needed: measured ? Math.min(agree, needed) : needed };
}

/** 0 to 1: the middle of what the places say, the lower one of two. null where nobody can say. */
export function scoreOf(looks: Look[]): number | null {
  const scores = looks
    .filter((look) => !isStream(look))
    .flatMap(({ probes }) => healthScore(probes) ?? [])
    .sort((a, b) => a - b);
  return scores[Math.floor((scores.length - 1) / 2)] ?? null;
}

/** What kind of failure the looks show; null where all is well. */
export function failureOf(looks: Look[], limits: Limits): RegionHealth['failure'] {
  const probes = looks.flatMap((look) => look.probes);
  const wrong = probes.filter(({ seen }) => seen !== 'good');
  const tooMany = looks.flatMap(({ errorRate }) =>
    errorRate !== null && errorRate > limits.errorRateAbove
      ? [`${Math.round(errorRate * 100)} % of requests fail`]
      : [],
  );
  if (wrong.length === 0 && tooMany.length === 0) return null;
  const seen = [
    ...new Set([
      ...wrong.map(({ name, seen: how, why }) => `${name}: ${why ?? (how === 'silent' ? 'no answer' : 'not well')}`),
      ...tooMany,
    ]),
  ];
  const names = new Set(wrong.map(({ name }) => name));
  if (probes.length > 0 && probes.every(({ seen: how }) => how === 'silent')) return { kind: 'network', seen };
  if (names.has(CLUSTER)) return { kind: 'infrastructure', seen };
  if (names.size > 0 && [...names].every((name) => name === POSTGRES || name === STREAM))
    return { kind: 'database', seen };
  return { kind: 'service', seen };
}

export function sightOf(look: Look, reading: Reading): Sight {
  const bad = look.probes.filter(({ seen }) => seen !== 'good');
  return {
    vantage: look.vantage,
    at: look.at,
    says: isBad(reading) ? 'down' : reading.cut === false && reading.scoreLow !== null ? 'well' : 'unclear',
    good: look.probes.filter(({ seen }) => seen === 'good').map(({ name }) => name),
    bad: bad.map(({ name, seen, why }) => ({ name, seen: seen === 'bad' ? 'bad' : 'silent', why })),
  };
}
