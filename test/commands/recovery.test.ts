/** The plan of recovery as people keep it: listed, added to, given away, ticked off, each by name. */
import { beforeEach, describe, expect, it } from 'vitest';
import { dueOf } from '../../src/commands/due.ts';
import type { NewEvent } from '../../src/runner/ledger.ts';
import { lost } from '../report/lost.ts';
import { type Bench, bench, said } from './bench.ts';

const DAY = 86_400_000;
let here: Bench;

/** An emergency of its own has left us-east-1; two items stand. */
async function left(): Promise<Bench> {
  const made = await bench();
  const [requested, ...rest] = lost().events;
  const { at: _, actor: __, run: ___, ...asked } = requested as never as Record<string, unknown>;
  await made.ledger.begin('eden', 'person:UANA', () => asked as never, null);
  const added = (key: string, text: string): NewEvent => ({
    type: 'RECOVERY_ADDED',
    key,
    text,
    by: 'runner',
    owner: null,
    due: null,
  });
  for (const event of [...rest, added('look', 'Read us-east-1'), added('standby', 'Make it follow')]) {
    const { at: _at, actor: _actor, ...bare } = event as Record<string, unknown>;
    const done = await made.ledger.append('eden-1', 'runner', bare as unknown as NewEvent);
    if (!done.ok) throw new Error(`${String(bare['type'])}: ${done.because}`);
  }
  return made;
}
const plan = () => here.context().recovery!;
const answers = async (person: string, text: string) => said(await here.type(person, text));

beforeEach(async () => {
  here = await left();
});

describe('listing', () => {
  it('is for everybody, with what is open, and its buttons', async () => {
    const reply = await here.type('UDEE', 'recovery');
    expect(said(reply).split('\n').slice(0, 1)).toEqual([
      '▶ Recovery of us-east-1 · us-east-1 → us-west-2 · eden-1 · 2 of 2 open',
    ]);
    expect(said(reply)).toContain('· 1 Read us-east-1\n· 2 Make it follow');
    expect(reply.kind === 'message' && reply.message.actions.map(({ label }) => label)).toEqual(['Done…', 'Add…']);
    expect(reply).toMatchObject({ data: { run: 'eden-1', region: 'us-east-1', items: [{ n: 1 }, { n: 2 }] } });
  });
  it('where no region is being recovered it says so', async () => {
    expect(said(await (await bench()).type('UDEE', 'recovery'))).toContain('No region is being recovered');
  });
  it('a run that has no plan, and one that is none', async () => {
    expect(await answers('UDEE', 'recovery run:eden-9')).toBe(
      '“eden-9” is not a run. See /dr history. Nothing was changed.',
    );
  });
});

describe('keeping it', () => {
  it('adds what somebody typed, with who and when, in the run’s own record', async () => {
    expect(await answers('UANA', 'recovery add “Order new disks” owner:<@UBO|bo> due:1970-01-03')).toContain(
      '3 of 3 open.\n· 3 Order new disks · UBO · due',
    );
    expect(plan().items[2]).toEqual({
      n: 3,
      key: null,
      text: 'Order new disks',
      owner: 'UBO',
      due: 3 * DAY - 60_000,
      done: null,
      reopened: false,
    });
    const row = (await here.journal.read('eden-1')).at(-1)!;
    expect([row.type, row.actor]).toEqual(['RECOVERY_ADDED', 'person:UANA']);
  });
  it('takes words without quotes, and a name that is nobody’s in the chat', async () => {
    await here.type('UANA', 'recovery add call the provider owner:aws-support');
    expect(plan().items[2]).toMatchObject({ text: 'call the provider', owner: 'aws-support', due: null });
  });
  it('gives an item away, and takes that back', async () => {
    await here.type('UANA', 'recovery set 1 owner:@UBO due:2d');
    expect(plan().items[0]).toMatchObject({ owner: 'UBO', due: here.clock.now() + 2 * DAY });
    await here.type('UANA', 'recovery set #1 due:none');
    expect(plan().items[0]).toMatchObject({ owner: 'UBO', due: null });
  });
  it('ticks off with what was decided, and opens again', async () => {
    expect(await answers('UANA', 'recovery done 2 reason:"made by hand"')).toContain(
      '1 of 2 open.\n✔ 2 Make it follow',
    );
    expect(plan().items[1]?.done).toMatchObject({ by: 'UANA', why: 'made by hand' });
    await here.type('UBO', 'recovery reopen 2 reason:"it lags"');
    expect(plan().items[1]?.done).toBeNull();
  });
  it('says when the region is expected back, and that nobody knows', async () => {
    expect(await answers('UANA', 'recovery return at:"1970-01-05 18:00"')).toContain(
      'us-east-1 is expected back at 1970-01-05 18:00 UTC',
    );
    expect(plan().back).toMatchObject({ by: 'UANA' });
    await here.type('UANA', 'recovery return at:none');
    expect(plan().back).toBeNull();
  });
  it('one delivery acts once', async () => {
    for (const _ of [1, 2]) await here.type('UANA', 'recovery add once', 'same');
    expect(plan().items).toHaveLength(3);
  });
});

describe('with a button', () => {
  it('asks what is done, and ticks it off', async () => {
    const asked = await here.press('UANA', 'recovery', { run: 'eden-1', do: 'done' });
    expect(asked).toMatchObject({
      kind: 'form',
      form: { id: 'recovery', fields: [{ id: 'item', kind: 'choice' }, {}] },
    });
    await here.submit('UANA', 'recovery', { run: 'eden-1', do: 'done' }, { item: '1', reason: 'seen' });
    expect(plan().items[0]?.done).toMatchObject({ by: 'UANA', why: 'seen' });
  });
  it('adds, and says beside the field what is wrong with it', async () => {
    await here.submit('UANA', 'recovery', { run: 'eden-1', do: 'add' }, { what: 'Ask them', owner: '', due: '1d' });
    expect(plan().items[2]).toMatchObject({ text: 'Ask them', owner: null, due: here.clock.now() + DAY });
    expect(
      said(await here.submit('UANA', 'recovery', { run: 'eden-1', do: 'add' }, { what: 'x', owner: '', due: 'soon' })),
    ).toMatch(/^\(at due\) “soon” is not a day I can use/);
  });
});

describe('what is refused, with a sentence', () => {
  it.each([
    ['recovery done', 'Say which item. Open: 1, 2; /dr recovery lists them. Nothing was changed.'],
    ['recovery done 9', '“9” is not the number of an item of eden-1. Open: 1, 2; /dr recovery lists them.'],
    ['recovery reopen 1', 'Item 1 is open: “Read us-east-1”.'],
    ['recovery set 1', 'Say who has it, or by when: /dr recovery set <number>'],
    ['recovery set 1 due:yesterday', '“yesterday” is not a day I can use. In UTC: due:19'],
    ['recovery done 1 2', '“2” is more than this takes: /dr recovery done <number>'],
    ['recovery add', 'Say what is to be done: /dr recovery add'],
    ['recovery return', '“” is not a time I can use.'],
    ['recovery return at:"1969-12-30 10:00"', '1969-12-30 10:00 UTC is past. Nothing was changed.'],
    ['recovery tidy', '“tidy” is nothing a plan takes.'],
    ['recovery owner:@UBO', 'Say what is to be done with the plan. It takes add'],
  ])('%s', async (text, words) => {
    expect(await answers('UANA', text)).toContain(words);
    expect((await here.refused()).at(-1)).toMatchObject({ actor: 'person:UANA', asked: text });
    expect(plan().items.map(({ done, owner }) => [done, owner])).toEqual([
      [null, null],
      [null, null],
    ]);
  });
  it('done twice', async () => {
    await here.type('UANA', 'recovery done 1');
    expect(await answers('UANA', 'recovery done 1')).toContain('Item 1 is done already');
  });
  it('who is no operator keeps nothing, but ticks off what is theirs', async () => {
    expect(await answers('UDEE', 'recovery done 1')).toContain('Operators keep this plan');
    await here.type('UANA', 'recovery set 1 owner:<@UDEE>');
    expect(await answers('UDEE', 'recovery set 1 due:2d')).toContain('Operators keep this plan');
    expect(await answers('UDEE', 'recovery done 1')).toContain('1 of 2 open');
    expect(plan().items[0]?.done?.by).toBe('UDEE');
  });
});

it('stands in /dr status until all of it is ticked off', async () => {
  const line = async () =>
    said(await here.type('UDEE', 'status'))
      .split('\n')
      .find((one) => one.includes('Recovery of'));
  await here.type('UANA', 'recovery set 2 owner:<@UBO> due:2d');
  expect(await line()).toMatch(
    /^Recovery of us-east-1 \(eden-1\): 2 of 2 open, nobody has said when it is back; next: 2 “Make it follow” · UBO · due \d+ \(in 48 h\)\. \/dr recovery lists it\.$/,
  );
  await here.type('UANA', 'recovery return at:"1970-01-05 18:00"');
  await here.clock.advance(3 * DAY);
  expect(await line()).toMatch(
    /^✖ Recovery of us-east-1 .*2 of 2 open, 1 overdue, us-east-1 expected back .*OVERDUE since/,
  );
  expect(await here.type('UDEE', 'status')).toMatchObject({ data: { recovery: [{ run: 'eden-1' }] } });
  for (const n of [1, 2]) await here.type('UANA', `recovery done ${n}`);
  expect(await line()).toBeUndefined();
  expect(await answers('UDEE', 'recovery')).toContain(
    '✔ Recovery of us-east-1 · us-east-1 → us-west-2 · eden-1 · all 2 done',
  );
});

describe('a day', () => {
  const now = Date.UTC(2026, 10, 21, 15);
  it('is its end, a moment, or so long from now', () => {
    expect(dueOf('2026-11-25', now)).toBe(Date.UTC(2026, 10, 25, 23, 59));
    expect(dueOf('2026-11-25 18:00', now)).toBe(Date.UTC(2026, 10, 25, 18));
    expect(dueOf('2d', now)).toBe(now + 2 * DAY);
    expect(dueOf('None', now)).toBe('none');
  });
  it('or a sentence', () => {
    for (const text of ['2026-11-31', '2026-11-20', '2030-01-01', 'tomorrow', ''])
      expect(dueOf(text, now), text).toHaveProperty('why');
  });
});
