/** docs/api.md has every command with every key, and marks those that are needed. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ARGUMENTS } from '../../src/commands/arguments.ts';

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (`.+?) \| (.*?) ?\|$/gm)].map(([, names = '', keys = '']) => ({ names, keys }));

it.each(Object.entries(ARGUMENTS))('%s', (name, { takes }) => {
  const row = rows.find(({ names }) => names.includes(`\`${name}\``));
  const words = (row?.keys ?? '').replace(/\([^)]*\)/g, '').split(/[,;]| or /);
  const listed = words
    .map((word) => word.replace('nothing', '').replace('to list', '').trim())
    .filter((word) => word !== '');
  expect(listed).toEqual(takes.map(({ key, required }) => (required ? `**${key}**` : key)));
});
