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
    ]);
    expect(fields[0]!.options!.map(({ value }) => value)).toEqual(['east', 'west']);
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
    [
      'failover west reason:"x"',
      'west is not the primary: east is. A failover names the region that is left; taking a standby out of service is not built yet. Nothing was started.',
    ],
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

  it('a target that must be named where there are several', async () => {
    const regions = { east: THREE, west: THREE, north: THREE };
    const here = await bench({ system: { regions } });
    const words = 'There are 2 regions to go to: west, north. Say which: to:west. Nothing was started.';
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
    [{ from: 'west', to: 'auto', reason: 'x' }, '(at from) west is not the primary'],
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

it('the same delivery acts once', async () => {
  const here = await bench();
  await here.type('UANA', 'failover east reason:"x"', 'same');
  while (here.context().endedAt === null) await here.append({ type: 'TAKEN_OVER', by: 'UANA', reason: 'x' });
  expect(said(await here.type('UANA', 'failover east reason:"x"', 'same'))).toBe(
    'This was already taken: it acts once.',
  );
  expect(here.ledger.all()).toHaveLength(1);
});
