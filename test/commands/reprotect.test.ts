/** Making a region a standby again: who may follow whom, and every reason why not, in one sentence. */
import { beforeEach, expect, it } from 'vitest';
import { type Bench, bench, said } from './bench.ts';

let here: Bench;
const asked = 'reprotect west reason:"it has no standby"';
beforeEach(async () => {
  here = await bench();
  here.system.regions['west']!.reprotect = { exec: ['./standby.sh', '{verb}'], strategy: 'auto', timeoutMs: 1000 };
  Object.assign(here.state.servers['west']!, { down: true, streamingFrom: null });
});

it('begins a run from the region to the one that serves; its runbook promotes nothing', async () => {
  expect(said(await here.type('UANA', asked))).toContain('eden-1 makes west a standby of east.');
  expect(here.face.active()!.snapshot.context).toMatchObject({
    runbook: 'reprotect',
    source: 'west',
    target: 'east',
    reason: 'it has no standby',
  });
  expect(said(await here.type('UANA', asked))).toContain('making west a standby of east');
});

it('by the button of a card: the same dialog, and the same refusals', async () => {
  const reply = await here.press('UANA', 'reprotect', { region: 'west' });
  if (reply.kind !== 'form') throw new Error(said(reply));
  expect(reply.form).toMatchObject({ id: 'reprotect', meta: '{"region":"west"}' });
  expect(said(await here.press('UDEE', 'reprotect', { region: 'west' }))).toContain('You cannot do this.');
  await here.type('UANA', asked);
  expect(said(await here.press('UANA', 'reprotect', { region: 'west' }))).toContain('making west a standby of east');
});

it('asks for a reason in a form, and takes it from there', async () => {
  const reply = await here.type('UANA', 'reprotect west');
  if (reply.kind !== 'form') throw new Error(said(reply));
  expect(reply.form).toMatchObject({ id: 'reprotect', meta: '{"region":"west"}' });
  expect(said(await here.submit('UANA', 'reprotect', { region: 'west' }, { reason: '' }))).toContain('(at reason)');
  expect(said(await here.submit('UANA', 'reprotect', { region: 'west' }, { reason: 'x' }))).toContain('eden-1');
});

it('is refused where nothing says how, where it streams, and where it serves', async () => {
  expect(said(await here.type('UANA', 'reprotect east reason:"x"'))).toContain(
    'regions.east.postgres.reprotect is not configured',
  );
  here.system.regions['east']!.reprotect = here.system.regions['west']!.reprotect!;
  expect(said(await here.type('UANA', 'reprotect east reason:"x"'))).toBe(
    'east is the primary: it is what others follow. Nothing was started.',
  );
  Object.assign(here.state.servers['west']!, { down: false, streamingFrom: 'east:5432' });
  expect(said(await here.type('UANA', asked))).toBe('west streams from east already. Nothing was started.');
  here.state.servers['west']!.role = 'primary';
  expect(said(await here.type('UANA', asked))).toContain('answers as a primary in west and in east');
  here.state.servers['west']!.down = true;
  here.state.servers['east']!.down = true;
  expect(said(await here.type('UANA', asked))).toBe(
    'No region answers as the primary: look at that first. Nothing was started.',
  );
});

it('takes a way for this run, from the line and from the form; without one it goes by the configuration', async () => {
  expect(said(await here.type('UANA', `${asked} strategy:Copy`))).toContain('eden-1 makes west');
  expect(here.context().strategy).toBe('copy');
  await here.type('UANA', 'abort reason:"x"');
  await here.type('UANA', asked);
  expect(here.context().strategy).toBeNull();
});

it('refuses a way there is none of, in one sentence, at its field', async () => {
  const sentence =
    '“clone” is no way to make a standby: write strategy:auto, rejoin, rewind or copy. Nothing was started.';
  expect(said(await here.type('UANA', `${asked} strategy:clone`))).toBe(sentence);
  expect(
    said(await here.submit('UANA', 'reprotect', { region: 'west' }, { reason: 'x', strategy: 'clone' })),
  ).toContain('(at strategy)');
  expect(here.face.active()).toBeUndefined();
  const reply = await here.type('UANA', 'reprotect west strategy:rewind');
  if (reply.kind !== 'form') throw new Error(said(reply));
  expect(reply.form.fields.find(({ id }) => id === 'strategy')).toMatchObject({ kind: 'choice', initial: 'rewind' });
});
