/** The one door: who comes in, what is told apart, and that nothing is silent and nothing throws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/table.ts';
import { LOST_SECONDARY } from '../../src/machine/types.ts';
import type { Incoming } from '../../src/ports/chat.ts';
import { bench, said } from './bench.ts';

describe('who may act', () => {
  it.each([
    ['UDEE', 'You cannot do this. Who can: SOPS'],
    ['UEVE', 'Guests cannot use this.'],
    ['UBOT', 'Bots cannot use this.'],
    ['USTR', 'People of other workspaces cannot use this.'],
    ['UGONE', 'Deactivated people cannot use this.'],
  ])('not %s', async (person, words) => {
    const here = await bench();
    expect(said(await here.type(person, 'failover east reason:"x"'))).toBe(words);
    expect(said(await here.submit(person, 'failover', {}, { from: 'east', to: 'auto', reason: 'x' }))).toBe(words);
    expect(said(await here.press(person, 'pause', {}))).toBe(words);
    expect(here.ledger.all()).toEqual([]);
    expect(await here.refused()).toEqual([
      { actor: `person:${person}`, asked: 'failover east reason:"x"', why: words },
      { actor: `person:${person}`, asked: 'form failover {} {"from":"east","to":"auto","reason":"x"}', why: words },
      { actor: `person:${person}`, asked: 'action pause {}', why: words },
    ]);
  });

  it('nobody, when nobody is configured', async () => {
    const here = await bench({ operators: [] });
    expect(said(await here.type('UANA', 'failover east reason:"x"'))).toBe(
      'Nobody may act: access.operators is empty in the configuration.',
    );
  });

  it('nobody of a group that cannot be read, and everybody named by id all the same', async () => {
    const here = await bench({ operators: ['group:SOPS', 'user:UCY'] });
    here.groups['SOPS'] = new Error('slack is down');
    expect(said(await here.type('UANA', 'failover east reason:"x"'))).toBe('You cannot do this. Who can: SOPS, UCY');
    expect(said(await here.type('UCY', 'failover east reason:"x"'))).toContain('eden-1 is moving');
  });

  it('nobody the workspace does not know: it fails closed, with an answer', async () => {
    const here = await bench();
    expect(said(await here.type('UWHO', 'failover east reason:"x"'))).toBe(
      'That did not work: nobody knows UWHO\nWhat it has done, if anything: /dr status.',
    );
    expect(here.ledger.all()).toEqual([]);
    expect(here.broken).toHaveLength(1);
  });

  it('everybody may read', async () => {
    const here = await bench();
    expect(said(await here.type('UDEE', 'status'))).toContain('Nothing is being moved');
    expect(said(await here.type('UDEE', 'help'))).toContain('/dr failover');
  });
});

describe('what is not understood is refused and written down', () => {
  it.each([
    ['failovr east', '“failovr” is not a command. Did you mean /dr failover? Nothing was started.'],
    ['stauts', '“stauts” is not a command. Did you mean /dr status? Nothing was started.'],
    ['dance', '“dance” is not a command. See /dr help. Nothing was started.'],
    ['reason:"x"', '“reason:"x"” is not a command. See /dr help. Nothing was started.'],
    ['constructor', '“constructor” is not a command. See /dr help. Nothing was started.'],
    ['__proto__', '“__proto__” is not a command. See /dr help. Nothing was started.'],
    ['pause reason:"x', 'The reason has an opening quote and no closing one: reason:"x. Nothing was started.'],
    ['resume now', '/dr resume does not take “now”: /dr resume. Nothing was started.'],
    ['pause to:west', '/dr pause does not take “to:west”: /dr pause [reason:"…"]. Nothing was started.'],
    ['help me', '/dr help does not take “me”: /dr help. Nothing was started.'],
  ])('/dr %s', async (line, words) => {
    const here = await bench();
    expect(said(await here.type('UANA', line))).toBe(words);
    expect(await here.refused()).toEqual([{ actor: 'person:UANA', asked: line, why: words }]);
  });

  it('a button only a button sends is not suggested', async () => {
    const here = await bench();
    expect(said(await here.type('UANA', 'asc'))).not.toContain('/dr ask');
  });

  it.each([
    ['explode', '{}'],
    ['pause', 'not json'],
    ['pause', '[1]'],
    ['pause', 'null'],
  ])('a button nobody knows: %s %s', async (action, value) => {
    const here = await bench();
    await here.asked();
    expect(said(await here.press('UANA', action, value))).toBe(
      'This button is of another version of Regent. Nothing was run. See /dr status.',
    );
    expect(here.context().holds).toEqual([]);
    expect((await here.refused()).at(-1)).toMatchObject({ asked: `action ${action} ${value}` });
  });

  it('one refusal for one delivery', async () => {
    const here = await bench();
    await here.type('UANA', 'dance', 'same');
    await here.type('UANA', 'dance', 'same');
    expect(await here.refused()).toHaveLength(1);
  });
});

describe('nothing throws', () => {
  it('a journal that cannot be written is said', async () => {
    const here = await bench();
    await here.journal.close();
    expect(said(await here.type('UANA', 'failover east reason:"x"'))).toContain('That did not work: ');
    expect(said(await here.type('UANA', 'dance'))).toContain('is not a command');
  });

  const word = fc.oneof(
    fc.constantFrom(
      ...COMMANDS.map(({ name }) => name),
      'switchover',
      'failover east reason:"x"',
      'east',
      'west',
      'promote',
      'dns',
      'detail',
    ),
    fc.constantFrom('to:west', 'reason:"x"', 'reason:', '"', '”', '<@UBO>', '&lt;', '--', 'to:', '\u200b', '__proto__'),
    fc.string({ maxLength: 12, unit: 'binary' }),
  );
  const line = fc.array(word, { maxLength: 5 }).map((words) => words.join(' '));
  const person = fc.constantFrom('UANA', 'UBO', 'UDEE', 'UEVE', 'USTR');
  const input = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('command' as const), text: line, person, channel: fc.constant('C1') }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('action' as const),
        action: fc.oneof(fc.constantFrom(...COMMANDS.map(({ name }) => name)), fc.string({ maxLength: 9 })),
        value: fc.oneof(
          fc.constant('{"run":"eden-1","gate":"promote"}'),
          fc.json({ maxDepth: 1 }),
          fc.string({ maxLength: 9 }),
        ),
        person,
        channel: fc.constant(''),
        posted: fc.constant(null),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('form' as const),
        form: fc.constantFrom('failover', 'abort', 'deny', 'help', 'what'),
        meta: fc.constantFrom('{}', '{"run":"eden-1","gate":"dns"}', ''),
        fields: fc.dictionary(
          fc.constantFrom('from', 'to', 'reason', 'x'),
          fc.constantFrom('east', 'west', 'auto', ''),
          { maxKeys: 3 },
        ),
        person,
      }),
    },
  );

  it('whatever comes in is answered, and only a clear request by one who may starts a run', async () => {
    const here = await bench();
    let n = 0;
    await fc.assert(
      fc.asyncProperty(input, async (given) => {
        const before = here.ledger.all().length;
        n += 1;
        const reply = await here.send({ ...given, delivery: `fuzz-${n}` } as Incoming);
        expect(['message', 'form', 'fieldErrors', 'none']).toContain(reply.kind);
        if (reply.kind === 'message') expect(said(reply)).not.toBe('');
        expect(here.broken).toEqual([]);
        if (here.ledger.all().length === before) return;
        expect(['UANA', 'UBO']).toContain(given.person);
        // Invisible characters that keyboards put in are no part of a command.
        if (given.kind === 'command')
          expect(given.text.replace(/\p{Cf}/gu, '').trim()).toMatch(/(^|\s)\S*(failover|switchover|declare)/i);
        else expect(['failover', 'declare']).toContain((given as { form?: string }).form);
        const { runbook, source, target, reason } = here.context();
        expect(JSON.stringify(given)).toContain(source);
        // Whoever names the region that does not serve has it taken out of service: nothing is moved there.
        if (source === 'west') expect([runbook, target]).toEqual([LOST_SECONDARY, 'east']);
        else expect([source, target]).toEqual(['east', 'west']);
        expect(reason).not.toBe('');
        while (here.context().endedAt === null)
          await here.append({ type: 'TAKEN_OVER', by: 'UANA', reason: 'the next one' });
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 400) },
    );
  });
});
