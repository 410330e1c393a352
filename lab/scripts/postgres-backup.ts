/**
 * postgres_backup.sh --region=<alias or name>: every row of the product's database, as one moment saw it, into a file
 * in the other region's store. Data only: the schema is the application's own.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { copyOut } from './lib/copy-out.ts';
import { otherRegion } from './lib/facts.ts';
import { runScript } from './lib/script.ts';
import { moveFile, stamped } from './lib/transfer.ts';

const TABLES = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
         (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND c.relpersistence = 'p'
     AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
   ORDER BY 1`;
const SEQUENCES = `
  SELECT format('SELECT pg_catalog.setval(%L, %s, true);', quote_ident(schemaname) || '.' || quote_ident(sequencename),
                last_value) AS statement
    FROM pg_sequences WHERE last_value IS NOT NULL ORDER BY 1`;

type Dumped = { tables: number; rows: number };

/** Writes the dump. One snapshot for all tables: what is committed later is in none of them. */
async function dump(url: string, file: string): Promise<Dumped> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: 'postgres_backup',
  });
  client.on('error', () => {});
  await client.connect();
  const target = openSync(file, 'wx', 0o600);
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows: tables } = await client.query<{ name: string; columns: string | null }>(TABLES);
    writeSync(
      target,
      `-- Taken ${new Date().toISOString()}. Data only; load it with psql into a database with the schema.\n`,
    );
    let rows = 0;
    for (const { name, columns } of tables) {
      const list = columns === null ? '' : ` (${columns})`;
      writeSync(target, `COPY ${name}${list} FROM stdin;\n`);
      rows += await copyOut(client, `COPY ${name}${list} TO STDOUT`, (chunk) => void writeSync(target, chunk));
      writeSync(target, '\\.\n');
    }
    const { rows: sequences } = await client.query<{ statement: string }>(SEQUENCES);
    for (const { statement } of sequences) writeSync(target, `${statement}\n`);
    await client.query('COMMIT');
    return { tables: tables.length, rows };
  } finally {
    closeSync(target);
    await client.end();
  }
}

await runScript({
  name: 'postgres_backup.sh',
  usage: 'postgres_backup.sh --region=<alias or name of the region to back up>',
  regions: ['region'],
  async main({ facts, region, run, corrupt }) {
    const from = region('region');
    const other = otherRegion(facts, from);
    const name = `${facts.database}-of-${from.name}-${stamped(run)}.sql`;
    mkdirSync(from.store, { recursive: true, mode: 0o700 });
    const staged = join(from.store, `${name}.staged`);
    try {
      const { tables, rows } = await dump(from.postgres.database, staged).catch((error: Error) => {
        throw new Error(`${facts.database} in ${from.name} could not be read: ${error.message}.`);
      });
      const to = join(other.store, 'postgres', name);
      const where = `the store of ${other.name}`;
      const moved = await moveFile({ from: staged, to, where, pace: facts.pace, corrupt });
      const summary = `${tables} tables with ${rows} rows of ${facts.database} copied to ${where}`;
      return { summary, ...moved, file: to, tables, rows };
    } finally {
      rmSync(staged, { force: true });
    }
  },
});
