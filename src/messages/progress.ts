/** How far a step is, in a few words: `▓▓▓▓▓▓░░░░ 61 % · 412 of 675 MB · 38 MB/s · 7 s left`. */
import { bytesText } from '../lib/bytes.ts';
import { clockText } from '../lib/duration.ts';
import type { StepProgress } from './scene.ts';

const PARTS = 10;

export function progressText({ done, total, unit, perSecond, leftMs }: StepProgress): string {
  const rate = perSecond === null ? [] : [`${amount(perSecond, unit, true)}/s`];
  if (total === null) return [`${amount(done, unit)} so far`, ...rate].join(' · ');
  // All of it is only what is all: 99.6 % is not yet 100.
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const percent = Math.floor(share * 100);
  const full = Math.floor(share * PARTS);
  const bar = '▓'.repeat(full) + '░'.repeat(PARTS - full);
  const left = leftMs === null || leftMs === 0 ? [] : [`${leftText(leftMs)} left`];
  return [`${bar} ${percent} %`, ofText(done, total, unit), ...rate, ...left].join(' · ');
}

/** Bytes by their size, everything else as it is counted; what is counted slowly is not rounded to nothing. */
function amount(value: number, unit: string, rate = false): string {
  if (unit === 'bytes') return bytesText(value);
  const digits = rate && value > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
  return unit === '' ? digits : `${digits} ${unit}`;
}

/** `412 of 675 MB`: the unit once where it is the same. */
function ofText(done: number, total: number, unit: string): string {
  const [some, all] = [amount(done, unit), amount(total, unit)];
  const [, number, own] = /^(\S+) (.+)$/.exec(some) ?? [];
  return number !== undefined && all.endsWith(` ${own}`) ? `${number} of ${all}` : `${some} of ${all}`;
}

const leftText = (ms: number): string => (ms < 59_500 ? `${Math.max(1, Math.round(ms / 1000))} s` : clockText(ms));
