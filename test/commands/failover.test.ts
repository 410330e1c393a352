/** Asking for a failover: what starts one, and everything that does not. */
import { describe, expect, it } from 'vitest';
import { bench, said } from './bench.ts';

const THREE = { fence: { strategy: 'sql' } as const, alias: 'x' };

describe('what starts a run', () => {
  it('a region that is primary and a reason; the answer leads to it', async () => {
    const here = await bench();
    expect(said(await here.type('UANA', 'failover east reason:"maintenance"'))).toBe(
      'eden-1 is moving east → west. Follow it ↗ <https://chat/eden-1>\nIt is checked and prepared now, and waits for a second person before anything stops.',
    );
    expect(here.context()).toMatchObject({
      source: 'east',
      target: 'west',
      reason: 'maintenance',
      requestedBy: 'UANA',
    });
  });
  it('a named target, and the word databases use for it', async () => {
    const here = await bench();
    expect(said(await here.type('UBO', 'SwitchOver east to:west reason: disk is full'))).toContain('eden-1 is moving');
    expect(here.context()).toMatchObject({ target: 'west', reason: 'disk is full' });
  });
  it('the form', async () => {
    const here = await bench();
    const reply = await here.submit('UANA', 'failover', {}, { from: 'east', to: 'auto', reason: 'maintenance' });
    expect(said(reply)).toContain('eden-1 is moving east → west');
  });
  it('a region that does not answer: whether it is primary is then found out by the run', async () => {
    const here = await bench();
    here.state.servers['east']!.down = true;
    expect(said(await here.type('UANA', 'failover east reason:"it is gone"'))).toContain('eden-1 is moving');
  });
});

describe('what opens a form and starts nothing', () => {
  it.each(['', '  ', 'failover', 'failover reason:"x"', 'failover to:west'])('/dr %s', async (line) => {
    const here = await bench();
    const reply = await here.type('UANA', line);
    // A bare `to:` or `reason:` without any command is refused; with the command it fills the form.
    expect(said(reply)).toBe(
      '(form failover)\nNothing is changed before a second person has approved. Every card shows from → to.',
    );
    expect(here.ledger.all()).toEqual([]);
  });
  it('the form is filled with what was typed', async () => {
    const here = await bench();
    const reply = await here.type('UANA', 'failover reason:"disk is full"');
    const fields = reply.kind === 'form' ? reply.form.fields : [];
    expect(fields.map(({ id, kind, initial }) => [id, kind, initial])).toEqual([
      ['from', 'choice', undefined],
      ['to', 'choice', 'auto'],
      ['reason', 'text', 'disk is full'],
      ['force-after', 'text', undefined],
    ]);
    expect(fields[0]!.options!.map(({ value }) => value)).toEqual(['east', 'west']);
  });
});

describe('a time box', () => {
  it('is kept with the request, and said back with what happens then', async () => {
    const here = await bench();
    expect(said(await here.type('UANA', 'failover east reason:"x" force-after:10m'))).toContain(
      'If it is not promoted in 10 min, people are asked whether it goes on as an emergency.',
    );
    expect(here.context().forceAfterMs).toBe(600_000);
    const { gates } = here.system;
    const auto = await bench({ system: { gates: { ...gates, declare: { ...gates.declare, required: false } } } });
    expect(said(await auto.type('UANA', 'failover east reason:"x" force-after=1h30m'))).toContain(
      'If it is not promoted in 90 min, it goes on as an emergency by itself: gates.declare is not required.',
    );
  });
  it.each([
    ['30s', 'force-after:30s is too short: give 1 min to 24 h. Nothing was started.'],
    ['2d', 'force-after:2d is too long: give 1 min to 24 h. Nothing was started.'],
    ['soon', '“soon” is no length of time: write it like force-after:10m. Nothing was started.'],
  ])('of %s is refused', async (box, answer) => {
    const here = await bench();
    expect(said(await here.type('UANA', `failover east reason:"x" force-after:${box}`))).toBe(answer);
    expect(here.ledger.all()).toEqual([]);
    const fields = { from: 'east', to: 'auto', reason: 'x', 'force-after': box };
    expect(said(await here.submit('UANA', 'failover', {}, fields))).toBe(`(at force-after) ${answer}`);
  });
});

describe('what is refused, with what would do', () => {
  it.each([
    [
      'failover esat reason:"x"',
      '“esat” is not a region of eden. Did you mean east? Regions: east, west. Nothing was started.',
    ],
    ['failover mars reason:"x"', '“mars” is not a region of eden. Regions: east, west. Nothing was started.'],
    [
      'failover east to:wset reason:"x"',
      '“wset” is not a region of eden. Did you mean west? Regions: east, west. Nothing was started.',
    ],
    [
      'failover east to:east reason:"x"',
      'east cannot fail over to itself. Name another region with to:. Nothing was started.',
    ],
    ['failover west to:north reason:"x"', '“north” is not a region of eden. Regions: east, west. Nothing was started.'],
    ['failover east', 'A failover needs a reason: /dr failover east reason:"maintenance". Nothing was started.'],
    [
      'failover east reason:""',
      'A failover needs a reason: /dr failover east reason:"maintenance". Nothing was started.',
    ],
    [
      'failover east reason:"maintenance',
      'The reason has an opening quote and no closing one: reason:"maintenance. Nothing was started.',
    ],
    [
      'failover east now reason:"x"',
      'I read “now” after the region and do not know what it means. Write the reason as reason:"…". Nothing was started.',
    ],
    [
      'failover east maintenance tonight',
      'I read “maintenance tonight” after the region and do not know what it means. Write the reason as reason:"…". Nothing was started.',
    ],
  ])('/dr %s', async (line, words) => {
    const here = await bench();
    expect(said(await here.type('UANA', line))).toBe(words);
    expect(here.ledger.all()).toEqual([]);
    expect(await here.refused()).toEqual([{ actor: 'person:UANA', asked: line, why: words }]);
  });

  it('what was typed stays untrusted in the answer', async () => {
    const here = await bench();
    const reply = await here.type('UANA', 'failover *east* reason:"x"');
    expect(reply.kind === 'message' && reply.message.title).toHaveProperty('untrusted');
  });

  it('a second run: who asked for the first, and where it is', async () => {
    const here = await bench();
    await here.type('UANA', 'failover east reason:"x"');
    expect(said(await here.type('UBO', 'failover east reason:"y"'))).toBe(
      'eden-1 is already moving east → west (asked by UANA at 1000000). One run at a time. Nothing was started. See it ↗ <https://chat/eden-1>',
    );
    expect(here.ledger.all()).toHaveLength(1);
  });

  it('of two at the same moment, one', async () => {
    const here = await bench();
    const both = await Promise.all([
      here.type('UANA', 'failover east reason:"x"'),
      here.type('UBO', 'failover east reason:"y"'),
    ]);
    expect(both.map(said).filter((one) => one.includes('is already moving'))).toHaveLength(1);
    expect(here.ledger.all()).toHaveLength(1);
  });

  it('a target that none of several regions could be, each with its reason', async () => {
    const regions = { east: THREE, west: THREE, north: THREE };
    const here = await bench({ system: { regions } });
    here.state.servers['west']!.down = true;
    here.state.servers['north'] = { ...here.state.servers['west']!, region: 'north' };
    const words =
      'No region can take over from east: north: its Postgres does not answer: Postgres in north does not answer; west: its Postgres does not answer: Postgres in west does not answer. Repair one of them and ask again. Nothing was started.';
    expect(said(await here.type('UANA', 'failover east reason:"x"'))).toBe(words);
    expect(said(await here.submit('UANA', 'failover', {}, { from: 'east', to: 'auto', reason: 'x' }))).toBe(
      `(at to) ${words}`,
    );
    expect(here.ledger.all()).toEqual([]);
  });
});

describe('the form says what is wrong beside the field', () => {
  it.each([
    [{ from: 'esat', to: 'auto', reason: 'x' }, '(at from) “esat” is not a region'],
    [{ from: 'east', to: 'east', reason: 'x' }, '(at to) east cannot fail over to itself'],
    [{ from: 'east', to: 'auto', reason: '  ' }, '(at reason) A failover needs a reason'],
    [{}, '(at from) “” is not a region'],
  ] as [Record<string, string>, string][])('%o', async (fields, words) => {
    const here = await bench();
    expect(said(await here.submit('UANA', 'failover', {}, fields))).toContain(words);
    expect(here.ledger.all()).toEqual([]);
    expect(await here.refused()).toHaveLength(1);
  });
});

it('a region that does not serve is taken out of service: nothing is moved, and nobody has voted yet', async () => {
  const here = await bench();
  const reply = said(await here.submit('UANA', 'failover', {}, { from: 'west', to: 'auto', reason: 'rebuild' }));
  expect(reply).toContain(
    'eden-1: west is not the primary, east is. west is taken out of service, and nothing is moved.',
  );
  const c = here.context();
  expect(c).toMatchObject({ runbook: 'lost-secondary', mode: 'planned', source: 'west', target: 'east' });
  // Nobody says that it has failed.
  expect(c.nodes.map(({ id }) => id)).toEqual(['not-primary', 'declare', 'leave-dns', 'protection-known']);
});

it('the same delivery acts once', async () => {
  const here = await bench();
  await here.type('UANA', 'failover east reason:"x"', 'same');
  while (here.context().endedAt === null) await here.append({ type: 'TAKEN_OVER', by: 'UANA', reason: 'x' });
  expect(said(await here.type('UANA', 'failover east reason:"x"', 'same'))).toBe(
    'This was already taken: it acts once.',
  );
  expect(here.ledger.all()).toHaveLength(1);
});
