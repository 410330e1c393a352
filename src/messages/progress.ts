/** How far a step is, in a few words: `transfer · ▓▓▓▓▓▓░░░░ 61 % · 412 of 675 MB · 38 MB/s, below 100 MB/s · 7 s left`. */
import { amountText, ofText } from '../lib/amount.ts';
import { clockText } from '../lib/duration.ts';
import type { StepProgress } from './scene.ts';

const PARTS = 10;

export function progressText(progress: StepProgress): string {
  const { part } = progress;
  return [...(part === undefined ? [] : [part]), ...(isTold(progress) ? [amountsText(progress)] : [])].join(' · ');
}

/** A part of the work that says nothing of itself runs, and that is all there is to say. */
const isTold = ({ part, done, total, unit }: StepProgress): boolean =>
  part === undefined || done > 0 || total !== null || unit !== '';

function amountsText({ done, total, unit, perSecond, leftMs, rateBelow }: StepProgress): string {
  const rate = perSecond === null ? [] : [rateText(perSecond, unit, rateBelow)];
  if (total === null) return [`${amountText(done, unit)} so far`, ...rate].join(' · ');
  // All of it is only what is all: 99.6 % is not yet 100.
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const percent = Math.floor(share * 100);
  const full = Math.floor(share * PARTS);
  const bar = '▓'.repeat(full) + '░'.repeat(PARTS - full);
  const left = leftMs === null || leftMs === 0 ? [] : [`${leftText(leftMs)} left`];
  return [`${bar} ${percent} %`, ofText(done, total, unit), ...rate, ...left].join(' · ');
}

/** With the bound it is below, where it is. */
function rateText(perSecond: number, unit: string, bound: number | undefined): string {
  const text = `${amountText(perSecond, unit, true)}/s`;
  return bound !== undefined && perSecond < bound ? `${text}, below ${amountText(bound, unit, true)}/s` : text;
}

const leftText = (ms: number): string => (ms < 59_500 ? `${Math.max(1, Math.round(ms / 1000))} s` : clockText(ms));
