/** How many requests a region usually serves, out of what was written down while it was well. Pure. */

/** A measurement: requests per second, and when it was written down, ms. */
type Seen = { at: number; region: string; perSecond: number };

/** `from` to `to`: when it was measured, ms. */
export type Usual = { perSecond: number; from: number; to: number };

/** The middle one, or the mean of the two in the middle; 0 of none. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = sorted.length % 2 === 1 ? [sorted[half], sorted[half]] : [sorted[half - 1], sorted[half]];
  return (low + high) / 2;
}

/**
 * The median of the last `overMs` that were measured of a region up to `until`: one odd moment, or a region that ailed
 * for minutes before anybody noticed, does not move it. null where nothing was measured.
 */
export function usualOf(seen: Seen[], region: string, until: number, overMs: number): Usual | null {
  const own = seen.filter((one) => one.region === region && one.at <= until);
  const to = own.at(-1)?.at;
  if (to === undefined) return null;
  const within = own.filter(({ at }) => at > to - overMs);
  return { perSecond: median(within.map(({ perSecond }) => perSecond)), from: within[0]!.at, to };
}
