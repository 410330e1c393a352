/** Times as a reader sees them: `<!date^…>` in their own zone, and durations. */

/** @param {number} ms @param {Intl.DateTimeFormatOptions} how @param {string} timeZone */
function format(ms, how, timeZone) {
  return new Intl.DateTimeFormat('en-GB', { ...how, timeZone }).format(ms);
}

/** @param {number} ms @param {string} timeZone */
export const clock = (ms, timeZone) => format(ms, { hour: '2-digit', minute: '2-digit' }, timeZone);

/** @param {number} ms @param {string} timeZone */
export const clockWithSeconds = (ms, timeZone) =>
  format(ms, { hour: '2-digit', minute: '2-digit', second: '2-digit' }, timeZone);

/** @param {number} ms */
export const utc = (ms) => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** @param {number} ms @param {number} now @param {string} timeZone */
function nearDay(ms, now, timeZone) {
  /** @param {number} at */
  const day = (at) => format(at, { dateStyle: 'short' }, timeZone);
  if (day(ms) === day(now)) return 'today';
  if (day(ms) === day(now - 86_400_000)) return 'yesterday';
  if (day(ms) === day(now + 86_400_000)) return 'tomorrow';
  return undefined;
}

/** @param {number} ms @param {number} now */
function ago(ms, now) {
  const seconds = Math.round((ms - now) / 1000);
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  const size = Math.abs(seconds);
  if (size < 60) return words.format(seconds, 'second');
  if (size < 3600) return words.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return words.format(Math.round(seconds / 3600), 'hour');
  return words.format(Math.round(seconds / 86_400), 'day');
}

/** @type {Intl.DateTimeFormatOptions} */
const LONG = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' };
/** @type {Intl.DateTimeFormatOptions} */
const MIDDLE = { day: 'numeric', month: 'long', year: 'numeric' };
/** @type {Intl.DateTimeFormatOptions} */
const SHORT = { day: 'numeric', month: 'short', year: 'numeric' };

/**
 * Slack's date tokens in `pattern` filled in; undefined when it has one we do not know or the time is none.
 * @param {number} ms @param {string} pattern @param {{timeZone: string, now: number}} reader
 */
export function dateText(ms, pattern, { timeZone, now }) {
  if (Number.isNaN(new Date(ms).getTime())) return undefined;
  let known = true;
  const text = pattern.replace(/\{(\w+)\}/g, (whole, name) => {
    const pretty = name.endsWith('_pretty') ? nearDay(ms, now, timeZone) : undefined;
    if (pretty) return pretty;
    switch (name.replace(/_pretty$/, '')) {
      case 'date_num':
        return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(ms);
      case 'date_slash':
        return format(ms, { dateStyle: 'short' }, timeZone);
      case 'date':
        return format(ms, MIDDLE, timeZone);
      case 'date_short':
        return format(ms, SHORT, timeZone);
      case 'date_long':
      case 'date_long_full':
        return format(ms, LONG, timeZone);
      case 'time':
        return clock(ms, timeZone);
      case 'time_secs':
        return clockWithSeconds(ms, timeZone);
      case 'ago':
        return ago(ms, now);
    }
    known = false;
    return whole;
  });
  return known ? text : undefined;
}
