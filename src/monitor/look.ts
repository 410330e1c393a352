/**
 * One look at one region from one place, and what several places agree upon. Pure. A place that sees nobody at all is
 * cut off itself: what it does not see proves nothing, so it does not count.
 */

export type ProbeSeen = {
  name: string;
  /** `silent`: no answer came, for whatever reason. */
  seen: 'good' | 'bad' | 'silent';
  weight: number;
  /** Of what nothing works without: named on the card when it is not good. */
  critical: boolean;
  why: string | null;
};

export type Look = {
  /** Who looked: a replica of Regent, the witness, a region's own view. */
  vantage: string;
  region: string;
  /** ms since the epoch. */
  at: number;
  probes: ProbeSeen[];
  /** Share of failed requests, 0 to 1; null without data. */
  errorRate: number | null;
};

export type Limits = { healthBelow: number; healthyAbove: number; errorRateAbove: number };
export const CONDITIONS = ['scoreLow', 'errorsHigh', 'cut', 'critical'] as const;
export type Condition = (typeof CONDITIONS)[number];
/** null: it cannot be said. */
export type Reading = Record<Condition, boolean | null>;

/** 0 to 1: the weight of what is good over the weight of what was asked; null where nothing was. */
export function healthScore(probes: ProbeSeen[]): number | null {
  const all = probes.reduce((sum, { weight }) => sum + weight, 0);
  const good = probes.reduce((sum, { seen, weight }) => sum + (seen === 'good' ? weight : 0), 0);
  return all === 0 ? null : good / all;
}

/** Cut off itself: of all it looked at, in every region, nothing answered. With one region there is nothing to compare. */
export function isIsolated(looks: Look[]): boolean {
  const asked = looks.filter(({ probes }) => probes.length > 0);
  return asked.length > 1 && asked.every(({ probes }) => probes.every(({ seen }) => seen === 'silent'));
}

/** What one place says of one region; between the two health limits it says neither, which keeps a flapping region still. */
export function readingOf({ probes, errorRate }: Look, limits: Limits): Reading {
  const score = healthScore(probes);
  const critical = probes.filter((probe) => probe.critical);
  return {
    scoreLow: score === null ? null : score < limits.healthBelow ? true : score > limits.healthyAbove ? false : null,
    errorsHigh: errorRate === null ? null : errorRate > limits.errorRateAbove,
    cut: probes.length === 0 ? null : probes.every(({ seen }) => seen === 'silent'),
    // Silence is no proof that something critical is broken; it counts as being cut.
    critical: critical.some(({ seen }) => seen === 'bad')
      ? true
      : critical.every(({ seen }) => seen === 'good')
        ? false
        : null,
  };
}

/**
 * What `needed` of the places agree upon. true where so many say so; false where so many say the opposite; else nobody
 * knows. Several looks of one place count once: its newest.
 */
export function agreed(readings: Reading[], needed: number): Reading {
  const count = (condition: Condition, value: boolean) =>
    readings.filter((reading) => reading[condition] === value).length;
  return Object.fromEntries(
    CONDITIONS.map((condition) => [
      condition,
      count(condition, true) >= needed ? true : count(condition, false) >= needed ? false : null,
    ]),
  ) as Reading;
}

/** The newest look of each place at a region, no older than `freshMs`; places that are cut off themselves left out. */
export function newest(looks: Look[], region: string, now: number, freshMs: number): Look[] {
  const fresh = looks.filter(({ at }) => now - at <= freshMs);
  const byPlace = Map.groupBy(fresh, ({ vantage }) => vantage);
  return [...byPlace.values()].flatMap((own) => {
    const latest = [...Map.groupBy(own, (look) => look.region).values()].map((list) =>
      list.reduce((a, b) => (b.at >= a.at ? b : a)),
    );
    return isIsolated(latest) ? [] : latest.filter((look) => look.region === region);
  });
}
