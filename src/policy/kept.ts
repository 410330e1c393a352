/** What the house's program says it has kept and listed, made sure of: people decide by it, and the report rests on it. */
import type { Evidence } from '../machine/types.ts';

/** `firstAt` and `lastAt`: ms since the epoch. */
export type Transactions = { count: number; firstAt: number; lastAt: number };
/** `rows`: how many only this server has; `file`: where their keys stand. */
export type ListedTable = { table: string; key: string[]; rows: number; file: string | null };

/** The evidence of the step that keeps. What was not said is null. */
export type Kept = {
  /** Where it lies. */
  kept: string;
  files: number;
  bytes: number;
  /** Where the histories part, `0/300A0E0`. */
  forkLsn: string | null;
  transactions: Transactions | null;
  tables: ListedTable[] | null;
  /** Why something is not listed. */
  why: string | null;
};

/** The last moment a date can be, ms since the epoch: more is no amount of anything either. */
const MOST = 8.64e15;
const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST;
/** As they may stand in the configuration: nothing else is put into a sentence of ours. */
const NAME = /^[\w$.]{1,130}$/;
const amount = (value: unknown): number => (isAmount(value) ? value : 0);
const words = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** null: it did not say where. */
export function keptOf(report: Evidence): Kept | null {
  const kept = words(report['kept']);
  if (kept === null) return null;
  return {
    kept,
    files: amount(report['files']),
    bytes: amount(report['bytes']),
    forkLsn: words(report['forkLsn']),
    transactions: transactionsOf(report['transactions']),
    tables: tablesOf(report['tables']),
    why: words(report['why']),
  };
}

function transactionsOf(value: unknown): Transactions | null {
  const { count, firstAt, lastAt } = (value ?? {}) as Partial<Transactions>;
  return isAmount(count) && isAmount(firstAt) && isAmount(lastAt) ? { count, firstAt, lastAt } : null;
}

function tablesOf(value: unknown): ListedTable[] | null {
  if (!Array.isArray(value)) return null;
  return value.flatMap((one: unknown) => {
    const { table, key, rows, file } = (one ?? {}) as Partial<ListedTable>;
    if (typeof table !== 'string' || !NAME.test(table) || !isAmount(rows)) return [];
    const columns = Array.isArray(key) ? key.filter((column) => typeof column === 'string') : [];
    return [{ table, key: columns, rows, file: words(file) }];
  });
}

/** Of the tables that were asked for, those nobody has listed. */
export const unlisted = ({ tables }: Kept, asked: readonly string[]): string[] =>
  asked.filter((table) => !tables?.some((one) => one.table === table));

/** `12 rows of tasks and 14 transactions (14:30:05–14:30:06 UTC) only us-east-1 has`. */
export function onlyText({ tables, transactions }: Kept, region: string): string {
  const rows = (tables ?? []).filter((one) => one.rows > 0).map((one) => `${counted(one.rows, 'row')} of ${one.table}`);
  const none = tables !== null && tables.length > 0 && rows.length === 0;
  const what = [
    ...(none ? [`no row of ${tables.map(({ table }) => table).join(', ')}`] : rows),
    ...(transactions === null ? [] : [`${counted(transactions.count, 'transaction')}${spanOf(transactions)}`]),
  ];
  return what.length === 0 ? `what only ${region} has is not counted` : `${listed(what)} only ${region} has`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const listed = (all: string[]): string =>
  all.length === 1 ? all[0]! : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;

/** To the second; the day too where it is not one. */
function spanOf({ count, firstAt, lastAt }: Transactions): string {
  if (count === 0) return '';
  const [first, last] = [firstAt, lastAt].map((at) => new Date(at).toISOString()) as [string, string];
  const oneDay = first.slice(0, 10) === last.slice(0, 10);
  const text = (at: string) => (oneDay ? at.slice(11, 19) : `${at.slice(0, 10)} ${at.slice(11, 19)}`);
  return text(first) === text(last) ? ` (${text(first)} UTC)` : ` (${text(first)}–${text(last)} UTC)`;
}
