/**
 * What only a server that is about to be replaced has, as people need it afterwards: its rows by table, its commits
 * counted. The keys and the rows stand in files beside the kept log, and nowhere else.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAside } from '../../postgres/aside.ts';
import { divergedRows, wholeRows } from '../../postgres/diverged.ts';
import { commitsIn, type KeptWal } from '../../postgres/keep.ts';
import type { Region } from './facts.ts';
import { servers } from './standby-files.ts';

/** `firstAt` and `lastAt`: ms since the epoch. */
export type Transactions = { count: number; firstAt: number; lastAt: number };
export type ListedTable = { table: string; key: string[]; rows: number; file: string };

/** How many were committed after the fork, and when; null where nothing can read the log, or none was. */
export async function transactionsIn(
  kept: KeptWal,
  { postgres }: Region,
): Promise<{ transactions: Transactions | null; why: string | null }> {
  const none = { transactions: null, why: null };
  if (postgres.programs.tools === null)
    return { ...none, why: 'transactions are not counted: there is no pg_waldump here' };
  if (kept.fork === null)
    return { ...none, why: 'transactions are not counted: its timeline is no ancestor of the primary’s' };
  const commits = await commitsIn(kept, postgres.programs);
  const [first, last] = [commits[0], commits.at(-1)];
  return first === undefined || last === undefined
    ? { transactions: { count: 0, firstAt: 0, lastAt: 0 }, why: null }
    : { transactions: { count: commits.length, firstAt: first.at, lastAt: last.at }, why: null };
}

/** One entry for each table that can be compared; `why`: those that cannot, one sentence. Starts the server alone, aside. */
export async function rowsOnlyIn(
  old: Region,
  primary: Region,
  tables: readonly string[],
  directory: string,
): Promise<{ tables: ListedTable[] | null; why: string | null }> {
  if (tables.length === 0) return { tables: null, why: null };
  const failed: string[] = [];
  const listed: ListedTable[] = [];
  const database = new URL(old.postgres.database).pathname.slice(1);
  await readAside({ ...servers(old), url: asSuperuser(old) }, async (url) => {
    const there = url('postgres', database);
    for (const table of tables)
      await list(there, primary.postgres.database, table, directory).then(
        (one) => listed.push(one),
        (error: Error) => failed.push(`${table}: ${error.message}`),
      );
  }).catch((error: Error) => failed.push(error.message));
  return { tables: listed, why: failed.length === 0 ? null : `rows are not listed: ${failed.join('; ')}` };
}

async function list(there: string, here: string, table: string, directory: string): Promise<ListedTable> {
  const [found] = await divergedRows(there, here, [table]);
  const { key, rows } = found!;
  const folder = join(directory, 'rows');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${table}.csv`);
  writeFileSync(file, [key, ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join(''), { mode: 0o600 });
  const whole = await wholeRows(there, found!);
  writeFileSync(join(folder, `${table}.jsonl`), whole.map((row) => `${row}\n`).join(''), { mode: 0o600 });
  return { table, key, rows: rows.length, file };
}

const quoted = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** A URL of any database of the server, for its superuser. */
const asSuperuser =
  ({ postgres }: Region) =>
  (_user: string, database: string): string => {
    const url = new URL(postgres.administration);
    url.pathname = `/${encodeURIComponent(database)}`;
    return url.href;
  };
