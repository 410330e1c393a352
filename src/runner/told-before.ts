/** What was told outside the chat, as it stands among the journal's posts: one record for each slot. */
import type { Context } from '../machine/types.ts';

export type Kept = {
  /** `tried`: it may have got there. With `left`, to these it has not. */
  state: 'tried' | 'told' | 'gaveUp';
  /** By the journal's clock, ms. */
  at: number;
  where: string;
  what: string;
  left?: string[];
  why?: string;
  link?: string;
};

export const keptText = (kept: Kept): string => JSON.stringify(kept);

const STATES: readonly unknown[] = ['tried', 'told', 'gaveUp'];

/** null for what is no such record: then it counts as never told. */
export function keptIn(text: string): Kept | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  const kept = found as Kept | null;
  if (typeof kept !== 'object' || kept === null || !STATES.includes(kept.state)) return null;
  const isText = (value: unknown) => typeof value === 'string';
  return typeof kept.at === 'number' && isText(kept.where) && isText(kept.what) ? kept : null;
}

const FIXED = [
  'pager:trigger',
  'pager:escalate',
  'pager:note:promoted',
  'pager:note:moved',
  'pager:note:end',
  'pager:resolve',
  'mail:operators:begin',
  'mail:operators:undoing',
  'mail:operators:end',
  'mail:engineers:end',
  'mail:stakeholders:begin',
  'mail:stakeholders:end',
  'statuspage:open',
  'statuspage:promoted',
  'statuspage:moved',
  'statuspage:end',
];
const OF_EACH_HOLD = ['pager:note:hold', 'mail:operators:hold', 'statuspage:hold'];

/** Every place where something may have been told of this run so far. */
export const slotsOf = ({ holdCount }: Pick<Context, 'holdCount'>): string[] => [
  ...FIXED,
  ...Array.from({ length: holdCount }, (_, index) => OF_EACH_HOLD.map((slot) => `${slot}:${index + 1}`)).flat(),
];
