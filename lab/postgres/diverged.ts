/**
 * Rows an old primary has and the new one lacks, by the primary keys of tables. What was changed or deleted on one side
 * is not seen: the new primary has gone on, so different content proves nothing.
 */
import { escapeIdentifier, escapeLiteral } from 'pg';
import { execute } from './roles.ts';

export type DivergedTable = {
  /** As it was configured. */
  table: string;
  /** Names of the key's columns. */
  key: string[];
  /** Keys only the old primary has, as the server writes their values, in the key's order. */
  rows: string[][];
};

/** Rows asked for at once. */
const ROWS_AT_ONCE = 500;

/**
 * One entry for each table, in their order. The URLs lead to one database on both sides, for a role that may read the
 * tables; a stopped server is asked by `readAside`. Rejects for a table that is missing or has no primary key.
 */
export async function divergedRows(
  oldUrl: string,
  newUrl: string,
  tables: readonly string[],
): Promise<DivergedTable[]> {
  const found: DivergedTable[] = [];
  for (const table of tables) {
    const { name, key } = await keyOf(oldUrl, table);
    const [there, here] = await Promise.all([rowsOf(oldUrl, name, key), rowsOf(newUrl, name, key)]);
    const known = new Set(here.map((row) => JSON.stringify(row)));
    found.push({ table, key, rows: there.filter((row) => !known.has(JSON.stringify(row))) });
  }
  return found;
}

/** The table's name as the server quotes it, and the columns of its primary key. */
async function keyOf(url: string, table: string): Promise<{ name: string; key: string[] }> {
  const rows = await execute(url, [
    `SELECT indrelid::regclass::text AS name, attname::text AS column
       FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
      WHERE indrelid = ${escapeLiteral(table)}::regclass AND indisprimary
      ORDER BY array_position(indkey::int2[], attnum)`,
  ]);
  if (rows.length === 0) throw new Error(`The table ${table} has no primary key: its rows cannot be told apart.`);
  return { name: String(rows[0]?.['name']), key: rows.map(({ column }) => String(column)) };
}

async function rowsOf(url: string, name: string, key: string[]): Promise<string[][]> {
  const columns = key.map(escapeIdentifier);
  const rows = await execute(url, [
    `SELECT ARRAY[${columns.map((column) => `${column}::text`).join(', ')}] AS key FROM ${name} ORDER BY ${columns.join(', ')}`,
  ]);
  return rows.map((row) => row['key'] as string[]);
}

/** Rows as a whole, by keys that were found: one JSON object each, as the server writes it, in the keys' order. */
export async function wholeRows(oldUrl: string, { table, key, rows }: DivergedTable): Promise<string[]> {
  const { name } = await keyOf(oldUrl, table);
  const own = key.map((column) => `t.${escapeIdentifier(column)}`);
  const whole: string[] = [];
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    const wanted = rows.slice(at, at + ROWS_AT_ONCE).map((row) => `(${row.map(escapeLiteral).join(', ')})`);
    const found = await execute(oldUrl, [
      `SELECT to_json(t)::text AS row FROM ${name} t
        WHERE (${own.map((column) => `${column}::text`).join(', ')}) IN (${wanted.join(', ')}) ORDER BY ${own.join(', ')}`,
    ]);
    whole.push(...found.map(({ row }) => String(row)));
  }
  return whole;
}
