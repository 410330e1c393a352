import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { drifted, type Generator, generate, generators } from '../../scripts/generate.ts';
import { configJsonSchema, type JsonSchema } from '../../src/config/json-schema.ts';

const root = resolve(import.meta.dirname, '../..');

it('finds every generated file as the code makes it', async () => {
  expect(await drifted()).toEqual([]);
});

it('names files that are missing or differ and fails, changes nothing until asked to, then writes only those', async () => {
  const root = await mkdtemp(join(tmpdir(), 'regent-generate-'));
  const said: string[] = [];
  const run = (check: boolean) => generate({ check, table, root, say: (line) => said.push(line) });
  const table = ['same', 'other', 'none'].map((output): Generator => ({ output, make: () => 'new\n' }));
  try {
    await writeFile(join(root, 'same'), 'new\n');
    await writeFile(join(root, 'other'), 'old\n');
    expect(await run(true)).toBe(1);
    expect(await readFile(join(root, 'other'), 'utf8')).toBe('old\n');
    expect(await run(false)).toBe(0);
    expect(await run(true)).toBe(0);
    expect(said).toEqual([
      'other does not match the code it is made from. Run: npm run generate',
      'none does not match the code it is made from. Run: npm run generate',
      'Wrote other.',
      'Wrote none.',
      'All 3 generated files match the code.',
    ]);
  } finally {
    await rm(root, { recursive: true });
  }
});

it('says with --check that all is well', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/generate.ts', '--check'], { cwd: root });
  expect(stdout).toBe(`All ${generators.length} generated files match the code.\n`);
});

it('has a description for every key', () => {
  const silent: string[] = [];
  const walk = (path: string, schema: JsonSchema) => {
    for (const [key, inner] of Object.entries(schema.properties ?? {})) {
      if ((inner.description ?? '') === '') silent.push(`${path}.${key}`);
      walk(`${path}.${key}`, inner);
    }
    for (const inner of [schema.items, ...(schema.anyOf ?? [])]) if (inner !== undefined) walk(path, inner);
    if (typeof schema.additionalProperties === 'object') walk(`${path}.*`, schema.additionalProperties);
  };
  walk('', configJsonSchema());
  expect(silent).toEqual([]);
});
