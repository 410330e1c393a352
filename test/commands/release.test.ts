/** Releasing a region whose fence is kept: by its typed name, with a reason, never while a run is under way. */
import { beforeEach, expect, it } from 'vitest';
import type { KeptFence } from '../../src/commands/release.ts';
import { type Bench, bench, said } from './bench.ts';

type Owed = ReturnType<KeptFence['owed']>;
let here: Bench;
let owed: Owed;
let released: unknown[];
beforeEach(async () => {
  owed = { run: 'eden-3', source: 'east', target: 'west' };
  released = [];
  here = await bench({
    keptFence: {
      owed: () => owed,
      release: async (...args) => {
        released.push(args);
        return released.length === 1;
      },
    },
  });
});

it('shows what it means first, and asks for the name', async () => {
  for (const line of ['release east', 'release east reason:"rebuilt"']) {
    const reply = await here.type('UANA', line);
    if (reply.kind !== 'form') throw new Error(said(reply));
    expect(reply.form).toMatchObject({ id: 'release', meta: '{"region":"east"}' });
    expect(reply.form.fields.map(({ id }) => id)).toEqual(['reason', 'sure']);
    expect(said(reply)).toContain('Regent keeps east from taking writes since eden-3. Released, nothing does.');
    expect(said(reply)).toContain('west serves. If east takes writes again, each of them holds writes the other lacks');
  }
  expect(released).toEqual([]);
});

it('is done by its typed name, once, with who and why', async () => {
  expect(said(await here.submit('UANA', 'release', { region: 'east' }, { reason: 'rebuilt', sure: 'est' }))).toBe(
    '(at sure) Type its name, east, to release it; “est” was typed. Nothing was released.',
  );
  expect(said(await here.submit('UANA', 'release', { region: 'east' }, { reason: '', sure: 'east' }))).toContain(
    '(at reason)',
  );
  const line = 'release east reason:"rebuilt" sure:east';
  expect(said(await here.type('UANA', line, 'd7'))).toContain('🔴 east is released: Regent fences it no more.');
  expect(said(await here.type('UANA', line, 'd7'))).toBe('(none)');
  expect(released[0]).toEqual([{ run: 'eden-3', source: 'east', target: 'west' }, 'UANA', 'rebuilt', 'd7']);
});

it.each([
  ['release', 'Say which region: /dr release <region>. Nothing was released.'],
  ['release esat', '“esat” is not a region of eden. Did you mean east? Regions: east, west. Nothing was released.'],
  ['release west', 'Regent keeps no fence over west, only over east. Nothing was released.'],
])('/dr %s is refused', async (line, answer) => {
  expect(said(await here.type('UANA', line))).toBe(answer);
});

it('is refused where nothing is fenced, and while a run is under way', async () => {
  await here.type('UANA', 'failover east reason:"x"');
  expect(said(await here.type('UANA', 'release east reason:"x" sure:east'))).toBe(
    'eden-1 is under way, and decides itself what is fenced. Nothing was released.',
  );
  here = await bench();
  expect(said(await here.type('UANA', 'release east'))).toBe('Regent keeps no fence over east. Nothing was released.');
  expect(released).toEqual([]);
});
