/** The one way anything is written: in one transaction, by the leader, at the right length, once. */
import { expect, test } from 'vitest';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { Ledger } from '../../src/runner/ledger.ts';
import { handClock } from '../support/hand-clock.ts';
import { planned, rig, scripted } from '../support/runner.ts';

const NODES = [scripted('scale')];
const PAUSED = { type: 'PAUSED', by: 'UOPS', reason: null } as const;

test('a run gets the next number of its organization, one at a time', async () => {
  const { ledger, begin, append, journal } = await rig({ nodes: NODES });
  expect(ledger.active()).toBeUndefined();
  expect(await begin()).toMatchObject({ ok: true, view: { run: 'eden-1', length: 1 } });
  expect(await begin()).toMatchObject({ ok: false, because: 'busy', view: { run: 'eden-1' } });
  await append({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'by hand' });
  expect(ledger.active()).toBeUndefined();
  expect(await begin()).toMatchObject({ ok: true, view: { run: 'eden-2' } });
  expect((await journal.streams()).map(({ stream }) => stream)).toEqual(['system', 'eden-1', 'eden-2']);
});

test('of two requests at once one begins', async () => {
  const { begin, journal } = await rig({ nodes: NODES });
  const both = await Promise.all([begin('d1'), begin('d2')]);
  expect(both.map((one) => (one.ok ? 'begun' : one.because))).toEqual(['begun', 'busy']);
  expect(await journal.read('eden-1')).toHaveLength(1);
});

test('a delivery acts once, whoever brings it again', async () => {
  const { append, ledger, journal, clock, begin } = await rig({ nodes: NODES });
  await begin('d1');
  expect(await append(PAUSED, 'd2')).toMatchObject({ ok: true });
  await append({ type: 'RESUMED', by: 'UOPS' });
  expect(await append(PAUSED, 'd2')).toMatchObject({ ok: false, because: 'duplicate', view: { run: 'eden-1' } });
  const next = new Ledger(journal, clock);
  await next.open('next');
  expect(await next.append('eden-1', 'person:UOPS', PAUSED, 'd2')).toMatchObject({ because: 'duplicate' });
  expect(await ledger.view('eden-1')?.snapshot.context.holds).toEqual([]);
});

test('what the machine refuses is not written, nor what came with it', async () => {
  const { append, ledger, journal, begin } = await rig({ nodes: NODES });
  await begin();
  const refused = await ledger.append('eden-1', 'person:UOPS', () => [
    PAUSED,
    { type: 'STEP_RETRIED', step: 'scale', by: 'UOPS' },
  ]);
  expect(refused).toMatchObject({ ok: false, because: 'refused', type: 'STEP_RETRIED', view: { length: 1 } });
  expect(await journal.read('eden-1')).toHaveLength(1);
  expect((await journal.unsent()).every(({ key }) => key.startsWith('eden-1:1:'))).toBe(true);
  expect(await append({ type: 'NOTED', by: 'U', text: '' })).toMatchObject({ ok: true });
});

test('a run that nobody requested cannot begin with anything else', async () => {
  const { ledger, journal } = await rig({ nodes: NODES });
  const odd = await ledger.append('eden-9', 'person:UOPS', { type: 'NOTED', by: 'UOPS', text: 'hello?' });
  expect(odd).toMatchObject({ ok: false, because: 'refused' });
  expect([await journal.read('eden-9'), ledger.view('eden-9')]).toEqual([[], undefined]);
});

test('a list of events is one transaction, each seen by the next, with announcements of each', async () => {
  const { ledger, journal, begin, clock } = await rig({ nodes: NODES });
  await begin();
  await clock.advance(500);
  const appended = await ledger.append('eden-1', 'person:UOPS', (snapshot) => {
    expect(snapshot.context.holds).toEqual([]);
    return [PAUSED, { type: 'RESUMED', by: 'UOPS' }];
  });
  expect(appended).toMatchObject({ ok: true, view: { length: 3, snapshot: { context: { holds: [] } } } });
  const rows = await journal.read('eden-1');
  expect(rows.slice(1).map(({ at, actor, token, data }) => [at, actor, token, data])).toEqual([
    [clock.now(), 'person:UOPS', 1, { by: 'UOPS', reason: null }],
    [clock.now(), 'person:UOPS', 1, { by: 'UOPS' }],
  ]);
  expect((await journal.unsent()).map(({ key, slot }) => `${key} ${slot}`)).toEqual([
    'eden-1:1:0 headline',
    'eden-1:2:0 headline',
    'eden-1:2:1 hold:1',
    'eden-1:3:0 headline',
    'eden-1:3:1 hold:1',
  ]);
});

test('an intent carries its deadline where a restart finds it', async () => {
  const { work, journal, clock } = await planned({ nodes: NODES });
  const done = work('scale').perform(1);
  await clock.advance(2000);
  await done;
  const row = (await journal.read('eden-1')).find(({ type }) => type === 'STEP_INTENDED')!;
  expect(row.deadline).toBe(row.at + 10_000);
});

test('whoever has lost the lead writes nothing, and is told', async () => {
  const { journal, ledger, begin, append, clock } = await rig({ nodes: NODES });
  await begin();
  const lost: string[] = [];
  ledger.onLost = () => lost.push('lost');
  const next = new Ledger(journal, clock);
  await next.open('next');
  await expect(append(PAUSED)).rejects.toMatchObject({ code: 'not-the-leader' });
  await expect(ledger.note({ type: 'REFUSED', actor: 'person:U1', data: {} })).rejects.toThrow(/Another Regent leads/);
  expect(lost).toEqual(['lost', 'lost']);
  expect([await journal.read('eden-1'), ledger.view('eden-1')!.length]).toMatchObject([[{ type: 'REQUESTED' }], 1]);
  expect(next.token).toBe(2);
  expect(await next.append('eden-1', 'person:UOPS', PAUSED)).toMatchObject({ ok: true, view: { length: 2 } });
});

test('a new leader has every run, oldest first, and announces nothing again', async () => {
  const { journal, begin, append, clock } = await rig({ nodes: NODES });
  await begin();
  await append({ type: 'TAKEN_OVER', by: 'UOPS', reason: '' });
  await begin();
  expect(await append(PAUSED)).toMatchObject({ ok: false, because: 'refused' });
  const before = await journal.unsent();
  const next = new Ledger(journal, clock);
  await next.open('next');
  expect(next.all().map(({ run, length, refused }) => [run, length, refused])).toEqual([
    ['eden-1', 2, null],
    ['eden-2', 1, null],
  ]);
  expect(next.active()?.run).toBe('eden-2');
  expect(await journal.unsent()).toEqual(before);
  expect((await journal.read('system')).map(({ type, data }) => [type, data])).toEqual([
    ['LEADING', { token: 1 }],
    ['LEADING', { token: 2 }],
  ]);
});

test('what another version wrote is read and never acted upon', async () => {
  const { journal, begin, clock } = await rig({ nodes: NODES });
  await begin();
  const odd = { at: 1, actor: 'x', type: 'MOON_LANDED', deadline: null, data: {} };
  await journal.transact((tx) => tx.append('eden-1', 1, 1, [odd]));
  const next = new Ledger(journal, clock);
  await next.open('next');
  expect(next.view('eden-1')).toMatchObject({ length: 2, refused: { index: 1, type: 'MOON_LANDED' } });
  expect(await next.append('eden-1', 'person:UOPS', PAUSED)).toMatchObject({ ok: false, because: 'refused' });
});

test('when the journal has moved on, the newest state decides', async () => {
  const { journal, ledger, begin } = await rig({ nodes: NODES });
  await begin();
  const paused = { at: 1, actor: 'x', type: 'PAUSED', deadline: null, data: { by: 'U', reason: null } };
  await journal.transact((tx) => tx.append('eden-1', 1, 1, [paused]));
  expect(await ledger.append('eden-1', 'person:UOPS', PAUSED)).toMatchObject({ ok: false, because: 'refused' });
  expect(await ledger.append('eden-1', 'person:UOPS', { type: 'RESUMED', by: 'U' })).toMatchObject({ ok: true });
});

test('answers to commits may come in any order: an older view never replaces a newer one', async () => {
  const inner = sqliteJournal({ path: ':memory:' });
  const held: (() => void)[] = [];
  let holding = false;
  const journal: Journal = {
    ...inner,
    transact: async (work) => {
      const result = await inner.transact(work);
      if (holding) await new Promise<void>((resolve) => held.push(resolve));
      return result;
    },
  };
  const { ledger, begin, append, clock } = await rig({ nodes: NODES, journal, clock: handClock() });
  await begin();
  holding = true;
  const both = [append(PAUSED), append({ type: 'NOTED', by: 'U', text: '' })];
  await clock.advance(0);
  held[1]!();
  await both[1];
  held[0]!();
  await both[0];
  expect(ledger.view('eden-1')?.length).toBe(3);
});

test('listeners hear of what was written, not of what was refused', async () => {
  const { ledger, begin, append } = await rig({ nodes: NODES });
  let heard = 0;
  ledger.onAppend(() => {
    heard += 1;
  });
  await begin();
  await append(PAUSED);
  await append(PAUSED);
  expect(heard).toBe(2);
});

test('a note to the system stream is taken once a delivery', async () => {
  const { ledger, journal } = await rig({ nodes: NODES });
  const note = { type: 'REFUSED', actor: 'person:U1', data: { asked: 'failover', why: 'no' } };
  expect([await ledger.note(note, 'd1'), await ledger.note(note, 'd1'), await ledger.note(note)]).toEqual([
    true,
    false,
    true,
  ]);
  expect(await journal.read('system')).toHaveLength(3);
});

test('while it is halted nothing new is intended or requested, and everything else is written', async () => {
  const { ledger, begin, append } = await planned({ nodes: NODES });
  const [hash, deadline] = [ledger.view('eden-1')!.snapshot.context.plan!.hash, 0];
  const intent = {
    type: 'STEP_INTENDED',
    step: 'scale',
    attempt: 1,
    hash,
    before: {},
    requires: {},
    deadline,
  } as const;
  const note = (type: string, by: string) => ledger.note({ type, actor: `person:${by}`, data: { by, reason: 'odd' } });
  await note('HALTED', 'UANA');
  const { length } = ledger.view('eden-1')!;
  expect(await append(intent)).toMatchObject({ ok: false, because: 'halted' });
  expect(await ledger.append('eden-1', 'x', () => [PAUSED, { type: 'RESUMED', by: 'U' }, intent])).toMatchObject({
    because: 'halted',
  });
  expect(ledger.view('eden-1')!.length).toBe(length);
  expect(await append({ type: 'ABORTED', by: 'UOPS', reason: 'no' })).toMatchObject({ ok: true });
  expect(await begin()).toMatchObject({ ok: false, because: 'halted' });
  expect(ledger.all()).toHaveLength(1);
  await note('HALT_LIFT_ASKED', 'UANA');
  expect(await begin()).toMatchObject({ because: 'halted' });
  await note('HALT_LIFT_ASKED', 'UBO');
  expect(await begin()).toMatchObject({ ok: true, view: { run: 'eden-2' } });
});

test('a halt that another process wrote is seen by the very next intent', async () => {
  const { ledger, journal, append } = await planned({ nodes: NODES });
  const row = { at: 1, actor: 'person:UANA', type: 'HALTED', deadline: null, data: { by: 'UANA', reason: 'odd' } };
  await journal.transact(async (tx) => tx.append('system', await tx.length('system'), ledger.token, [row]));
  const { hash } = ledger.view('eden-1')!.snapshot.context.plan!;
  const intent = { type: 'STEP_INTENDED', step: 'scale', attempt: 1, hash, before: {}, requires: {} } as const;
  expect(await append({ ...intent, deadline: 0 })).toMatchObject({ because: 'halted' });
  expect(ledger.halts.now).toMatchObject({ by: 'UANA', at: 1, n: 1 });
});

test('what is noted at once is known in order, however late the answers to the commits come', async () => {
  const inner = sqliteJournal({ path: ':memory:' });
  const held: (() => void)[] = [];
  let holding = false;
  const journal: Journal = {
    ...inner,
    transact: async (work) => {
      const result = await inner.transact(work);
      if (holding) await new Promise<void>((resolve) => held.push(resolve));
      return result;
    },
  };
  const { ledger, clock } = await rig({ nodes: NODES, journal });
  holding = true;
  const data = { by: 'UANA', reason: 'odd' };
  const both = ['HALTED', 'HALT_LIFTED'].map((type) => ledger.note({ type, actor: 'person:UANA', data }));
  await clock.advance(0);
  held[1]!();
  await both[1];
  held[0]!();
  await both[0];
  expect([ledger.halts.now, ledger.halts.count]).toEqual([null, 1]);
});
