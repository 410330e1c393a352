/**
 * Which region takes over: each eligible one gets a score out of four factors between 0 and 1, and the arithmetic is
 * shown, so that people can check it at a glance. Pure; the factors are measured elsewhere.
 */

export type Weights = { health: number; capacity: number; latency: number; freshness: number };
export const FACTORS = ['health', 'capacity', 'latency', 'freshness'] as const;
export type Factor = (typeof FACTORS)[number];

export type Candidate = {
  region: string;
  /** Each 0 to 1; null where nobody could say: such a region cannot be compared. */
  factors: Record<Factor, number | null>;
  /** Why it cannot take over whatever its score; null where nothing speaks against it. */
  ineligible: string | null;
};

/** What was compared when a target was chosen: kept with the run, and shown where people decide. */
export type Selection = {
  /** When it was measured, ms since the epoch. */
  at: number;
  /** Best first, those that cannot take over last. */
  scored: Scored[];
  selected: string;
};

export type Scored = {
  region: string;
  /** null for a region that is not eligible. */
  total: number | null;
  parts: { factor: Factor; value: number; weight: number; product: number }[];
  why: string | null;
};

/** Sums of decimal fractions as people add them: 0.38 + 0.24 + 0.18 + 0.1 is 0.9, not 0.9000000000000001. */
const exact = (value: number): number => Math.round(value * 1e6) / 1e6;

const unit = (value: number): number => Math.min(1, Math.max(0, value));

/** Free over asked: 1 and more is enough room. Nothing asked is room enough. */
export const capacityFactor = (free: number, asked: number): number => (asked <= 0 ? 1 : unit(free / asked));
/** 1 at nothing, falling evenly to 0 at the limit: for milliseconds of latency and seconds of lag alike. */
export const linearFactor = (value: number, limit: number): number =>
  limit <= 0 ? (value <= 0 ? 1 : 0) : unit(1 - value / limit);

/** Scores all candidates, best first, those that cannot take over last; `selected` is null where there is none. */
export function scoreTargets(candidates: Candidate[], weights: Weights): { scored: Scored[]; selected: string | null } {
  const scored = candidates.map(({ region, factors, ineligible }): Scored => {
    const unknown = FACTORS.filter((factor) => factors[factor] === null);
    const why = ineligible ?? (unknown.length > 0 ? `${unknown.join(' and ')} could not be measured` : null);
    const parts = FACTORS.flatMap((factor) => {
      const value = factors[factor];
      if (value === null) return [];
      return [{ factor, value, weight: weights[factor], product: exact(value * weights[factor]) }];
    });
    return {
      region,
      total: why === null ? exact(parts.reduce((sum, part) => sum + part.product, 0)) : null,
      parts,
      why,
    };
  });
  // Equal scores must not depend on the order somebody listed the regions in.
  const order = scored.toSorted((a, b) => (b.total ?? -1) - (a.total ?? -1) || (a.region < b.region ? -1 : 1));
  return { scored: order, selected: order[0]?.total == null ? null : order[0].region };
}

const TITLES: Record<Factor, string> = {
  health: 'Health',
  capacity: 'Capacity',
  latency: 'Latency',
  freshness: 'Freshness',
};
/** Factors are compared, and shown, to two decimals: what is finer is noise of the measuring. */
export const rounded = (factor: number): number => Math.round(factor * 100) / 100;

/** At least two decimals, at most six, no zeros beyond that. */
const decimals = (value: number): string => {
  const text = exact(value).toString();
  const places = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
  return places < 2 ? value.toFixed(2) : text;
};

/** The arithmetic, line by line. */
export const arithmetic = ({ region, parts, total, why }: Scored): string[] =>
  total === null
    ? [`${region}: cannot take over: ${why}`]
    : [
        `${region}:`,
        ...parts.map(
          ({ factor, value, weight, product }) =>
            `  ${TITLES[factor]}: ${decimals(value)} * ${weight} = ${decimals(product)}`,
        ),
        `  Total: ${decimals(total)}`,
      ];

/** All of it, best first, with the choice last. */
export const selectionLines = ({ scored, selected }: Selection): string[] => [
  ...scored.flatMap(arithmetic),
  `Selected: ${selected} (highest score)`,
];

/** In one line: `us-west-2 0.90, eu-west-1 0.785; not ap-1: its Postgres does not answer`. */
export function scoresText(scored: Scored[]): string {
  const able = scored.filter(({ total }) => total !== null);
  const unable = scored.filter(({ total }) => total === null);
  return [
    able.map(({ region, total }) => `${region} ${decimals(total!)}`).join(', '),
    ...unable.map(({ region, why }) => `not ${region}: ${why}`),
  ]
    .filter((part) => part !== '')
    .join('; ');
}
