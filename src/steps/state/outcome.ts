/** What is said of state that was carried, or was not: numbers with their bounds, and why. */
import { amountText, ofText } from '../../lib/amount.ts';
import { bytesText } from '../../lib/bytes.ts';
import type { Evidence } from '../../machine/types.ts';
import type { Progress } from '../../ports/answer.ts';
import type { Known } from './known.ts';
import type { Stage } from './types.ts';

const MAX_TEXT = 200;
/** Of less than this no rate is told: it would be that of starting a program. */
const LEAST_MS = 1000;

export const short = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`);

/** The two ends as `validate` reports them; null where one is missing. */
export function checksumOf(report: Evidence): { from: string; to: string } | null {
  const { from, to } = (report['checksum'] ?? {}) as { [key: string]: unknown };
  const isSum = (value: unknown): value is string => typeof value === 'string' && value !== '';
  return isSum(from) && isSum(to) ? { from, to } : null;
}

/** How long a stage took and how much it carried, beside what it reported itself. */
export function stageEvidence(report: Evidence, progress: Progress | null, sinceMs: number | null): Evidence {
  const tookMs = typeof report['tookMs'] === 'number' ? report['tookMs'] : sinceMs;
  return {
    ...report,
    ...(tookMs === null ? {} : { tookMs }),
    ...(progress === null ? {} : { amount: progress.done, unit: progress.unit }),
  };
}

/** How long the stages that are over took together, ms. */
export const spentMs = (over: Known['over']): number =>
  Object.values(over).reduce((sum, { tookMs }) => sum + (typeof tookMs === 'number' ? tookMs : 0), 0);

/** What the whole of it comes to, once every stage is over. */
export function totals({ over }: Known, rateBelow: number | null): { evidence: Evidence; summary: string } {
  const { amount, unit, tookMs: carried } = over.transfer ?? {};
  const bytes = unit === 'bytes' && typeof amount === 'number' ? amount : null;
  const rate = bytes !== null && typeof carried === 'number' && carried >= LEAST_MS ? (bytes / carried) * 1000 : null;
  const slow = rate !== null && rateBelow !== null && rate < rateBelow;
  const much = typeof amount === 'number' && typeof unit === 'string' ? [amountText(amount, unit)] : [];
  const checksum = checksumOf(over.validate ?? {});
  return {
    evidence: {
      wholeMs: spentMs(over),
      ...(bytes === null ? {} : { bytes }),
      ...(rate === null ? {} : { bytesPerSecond: Math.round(rate) }),
      ...(slow ? { slow: true } : {}),
      ...(checksum === null ? {} : { checksum: checksum.to }),
    },
    summary: [
      ...much,
      ...(rate === null ? [] : [`${bytesText(rate)}/s${slow ? `, below ${bytesText(rateBelow)}/s` : ''}`]),
      'checksums equal at both ends',
    ].join(' · '),
  };
}

/** How far it was when its time was over: what people read behind “not synchronised”. */
export function cutText(stage: Stage, begun: boolean, progress: Progress | null): string {
  const amount = progress === null ? null : amountOf(progress);
  if (!begun) return stage === 'snapshot' ? 'not begun in time' : `no time left for ${stage}`;
  if (stage === 'transfer' && amount !== null) return amount;
  const much = amount === null ? '' : `: ${amount}`;
  return stage === 'apply' ? `cut short in apply, so applied in part${much}` : `cut short in ${stage}${much}`;
}

function amountOf({ done, total, unit }: Progress): string | null {
  if (total !== null) return ofText(done, total, unit);
  return done > 0 ? amountText(done, unit) : null;
}
