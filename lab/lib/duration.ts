const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000 };

/** Milliseconds of `200ms`, `2s`, `1m`; null for anything else. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2]!]! : null;
}
