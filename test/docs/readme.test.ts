/** README.md against the code: no command is missing in its table, none is made up, and every file it names is there. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { ALIASES, COMMANDS } from '../../src/commands/table.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const textOf = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');

it('lists every command people can type, and no other', () => {
  const section = textOf('README.md').split('## What one can ask')[1]!.split('\n## ')[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]!));
  const typed = COMMANDS.filter(({ buttonOnly }) => !buttonOnly).map(({ name }) => name);
  expect(listed.sort()).toEqual(typed.sort());
});

it.each(['README.md', 'docs/emergency.md', 'docs/lab.md'])('%s names only files that are there', (file) => {
  const links = [...textOf(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1]!);
  expect(links.filter((link) => !existsSync(resolve(ROOT, file, '..', link)))).toEqual([]);
});

it('names only commands that exist in what is read in an emergency', () => {
  const named = [...textOf('docs/emergency.md').matchAll(/(?:\/dr[ /]|\bdr )([a-z]+)/g)].map((match) => match[1]!);
  const known = new Set([...COMMANDS.map(({ name }) => name), ...Object.keys(ALIASES)]);
  expect(named.length).toBeGreaterThan(10);
  expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([]);
});
