/** `1.4 kB`, `675 MB`: decimal units, as transfer rates are quoted. */
export function bytesText(bytes: number): string {
  if (bytes < 999.5) return `${Math.round(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** The same of a bound: rounded up, so that it never reads as less than it is. */
export function boundText(bytes: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, bytes))) - 1);
  return bytesText(Math.ceil(bytes / unit) * unit);
}

/** `4.2 s, 1.8 MB`: both as bounds. The same words wherever people read them, or they look for a difference. */
export const atMostText = ({ seconds, bytes }: { seconds: number; bytes: number }): string =>
  `${(Math.ceil(seconds * 10 - 1e-9) / 10).toFixed(1)} s, ${boundText(bytes)}`;
