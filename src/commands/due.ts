/** Days by which something is to be done, as people type them. */
import { parseDuration } from '../lib/duration.ts';
import { parseMoment, utcText } from '../lib/utc.ts';

const DAY = 86_400_000;
const FARTHEST = 366 * DAY;

/**
 * ms since the epoch of `2026-11-25` (the end of that day, UTC), `2026-11-25 18:00` or `2d` from now; `none` takes it
 * back. Else the sentence that says what is wrong with it.
 */
export function dueOf(text: string, now: number): number | 'none' | { why: string } {
  const typed = text.trim();
  if (typed.toLowerCase() === 'none') return 'none';
  const within = parseDuration(typed);
  const at = within !== undefined ? now + within : (parseMoment(typed) ?? endOfDay(typed));
  if (at === undefined)
    return { why: `“${typed}” is not a day I can use. In UTC: due:${utcText(now + DAY).slice(0, 10)}, or due:2d.` };
  if (at <= now) return { why: `${utcText(at)} is past.` };
  return at - now > FARTHEST ? { why: `${utcText(at)} is more than a year away.` } : at;
}

const endOfDay = (text: string): number | undefined => parseMoment(`${text} 23:59`);
