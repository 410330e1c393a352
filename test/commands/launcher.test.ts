/** A bare `/dr` never acts. */
import { expect, it } from 'vitest';
import { bench, said } from './bench.ts';

it('offers an operator the form, with nothing in it', async () => {
  const here = await bench();
  expect(said(await here.type('UANA', ''))).toContain('(form failover)');
  expect(here.ledger.all()).toEqual([]);
});

it('tells anybody else where to look', async () => {
  const here = await bench();
  expect(said(await here.type('UDEE', ''))).toBe('Nothing is being moved. See /dr status, or /dr help.');
});

it('while a run is under way says which', async () => {
  const here = await bench();
  await here.asked();
  for (const person of ['UANA', 'UDEE'])
    expect(said(await here.type(person, ''))).toBe(
      'eden-1 is moving east → west. See /dr status, or /dr help for what you can do.',
    );
});

it('tells a stranger nothing', async () => {
  const here = await bench();
  await here.asked();
  expect(said(await here.type('USTR', ''))).toBe('People of other workspaces cannot use this.');
});
