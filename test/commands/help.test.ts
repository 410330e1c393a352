import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/table.ts';
import { bench, said } from './bench.ts';

it('lists every command that can be typed, and no other', async () => {
  const here = await bench();
  const words = said(await here.type('UDEE', 'help'));
  expect(words.split('\n')[0]).toBe('/dr moves eden between east and west.');
  for (const { usage, summary, buttonOnly } of COMMANDS)
    if (buttonOnly) expect(words).not.toContain(`/dr ${usage}`);
    else expect(words).toContain(`/dr ${usage}  ${summary}`);
});
