/** How much of something, as people read it: bytes by their size, everything else as it is counted. */
import { bytesText } from './bytes.ts';

/** `412 MB`, `38 rows`; of a rate, what is counted slowly is not rounded to nothing. */
export function amountText(value: number, unit: string, rate = false): string {
  if (unit === 'bytes') return bytesText(value);
  const digits = rate && value > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
  return unit === '' ? digits : `${digits} ${unit}`;
}

/** `412 of 675 MB`: the unit once where it is the same. */
export function ofText(done: number, total: number, unit: string): string {
  const [some, all] = [amountText(done, unit), amountText(total, unit)];
  const [, number, own] = /^(\S+) (.+)$/.exec(some) ?? [];
  return number !== undefined && all.endsWith(` ${own}`) ? `${number} of ${all}` : `${some} of ${all}`;
}
