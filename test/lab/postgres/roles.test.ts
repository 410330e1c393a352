import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REGENT_FOR_QUESTIONS, REGENT_IN_DATABASE, REGENT_ON_SERVER } from '../../../lab/postgres/roles.ts';

const page = readFileSync(new URL('../../../docs/postgres-role.md', import.meta.url), 'utf8');

const GIVEN = [...REGENT_ON_SERVER, ...REGENT_IN_DATABASE, ...REGENT_FOR_QUESTIONS];

test.each(GIVEN)('docs/postgres-role.md lists what the lab gives: %s', (given) => {
  expect(page).toContain(`${given};`);
});

test('docs/postgres-role.md lists nothing the lab does not give, but for the alternatives it names', () => {
  const listed = [...page.matchAll(/^(GRANT .*|CREATE EXTENSION .*);$/gm)].map(([, statement]) => statement!);
  const alternatives = ['GRANT CREATE ON DATABASE eden_vault TO regent'];
  expect(listed.filter((one) => ![...GIVEN, ...alternatives].includes(one))).toEqual([]);
});
