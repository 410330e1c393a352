/**
 * Writes the files that are made from the code, or with --check says which of them no longer match it.
 * To add one: a file in generators/ and a line in the table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { configReference } from './generators/config-reference.ts';
import { configSchemaFile } from './generators/config-schema.ts';
import { runbookPage } from './generators/runbook.ts';

export type Generator = {
  /** Path from the root of the repository. */
  output: string;
  /** The whole text of the file; the same code always makes the same text. */
  make(): string | Promise<string>;
};

export const generators: readonly Generator[] = [configSchemaFile, configReference, runbookPage];

const ROOT = resolve(import.meta.dirname, '..');

/** Outputs that are missing or differ from what the code makes. Changes nothing. */
export async function drifted(table: readonly Generator[] = generators, root = ROOT): Promise<string[]> {
  const found: string[] = [];
  for (const { output, make } of table) if ((await make()) !== textOf(resolve(root, output))) found.push(output);
  return found;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

type Task = { check: boolean; table?: readonly Generator[]; root?: string; say?: (line: string) => void };

/** Brings the outputs up to date, or with `check` only says which are not. The exit status: 1 when a check found some. */
export async function generate({ check, table = generators, root = ROOT, say = console.log }: Task): Promise<0 | 1> {
  const stale = await drifted(table, root);
  if (stale.length === 0) say(`All ${table.length} generated files match the code.`);
  for (const { output, make } of table.filter((each) => stale.includes(each.output))) {
    if (!check) writeFileSync(resolve(root, output), await make());
    say(check ? `${output} does not match the code it is made from. Run: npm run generate` : `Wrote ${output}.`);
  }
  return check && stale.length > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await generate({ check: process.argv.includes('--check') });
