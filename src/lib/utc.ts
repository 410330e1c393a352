/** Moments and lengths of time in sentences: UTC, with their unit, to the minute. */

/** `2026-11-23 02:00 UTC`. */
export const utcText = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const FORM = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(z|utc|[+-]\d{2}:?\d{2})?$/i;

/**
 * Milliseconds since the epoch of `2026-11-23 02:00`, `2026-11-23T02:00Z`, `2026-11-23T03:00+01:00`; without a zone it
 * is UTC. `undefined` when the text is no moment, or one no calendar has.
 */
export function parseMoment(text: string): number | undefined {
  const match = FORM.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as number[];
  const local = Date.UTC(year!, month! - 1, day, hour, minute, second);
  const read = new Date(local);
  // The 30th of February would quietly become the 2nd of March.
  const same =
    read.getUTCMonth() === month! - 1 &&
    read.getUTCDate() === day &&
    read.getUTCHours() === hour &&
    minute! < 60 &&
    second! < 60;
  if (!same) return undefined;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(match[7] ?? '') ?? [];
  if (sign === undefined) return local;
  if (Number(hours) > 14 || Number(minutes) > 59) return undefined;
  return local - (sign === '-' ? -1 : 1) * (Number(hours) * 3_600_000 + Number(minutes) * 60_000);
}

/** How long, in a sentence: `48 h`, `19.5 h`, `35 min`, `40 s`; days only from four on, as `5 days`. */
export function lengthText(ms: number): string {
  const most = Math.max(0, ms);
  if (most < 60_000) return `${Math.round(most / 1000)} s`;
  if (most < 2 * 3_600_000 && most % 3_600_000 !== 0) return `${Math.round(most / 60_000)} min`;
  if (most < 4 * 86_400_000) return `${Math.round((most / 3_600_000) * 10) / 10} h`;
  return `${Math.round((most / 86_400_000) * 10) / 10} days`;
}
