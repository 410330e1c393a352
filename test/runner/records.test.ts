/** Notices and TTLs, read back from the journal the ledger writes. */
import { expect, it } from 'vitest';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import type { Context } from '../../src/machine/types.ts';
import { Ledger } from '../../src/runner/ledger.ts';
import { journalRecords } from '../../src/runner/records.ts';
import { handClock } from '../support/hand-clock.ts';

async function written() {
  const journal = sqliteJournal({ path: ':memory:' });
  const clock = handClock(1_000_000);
  const ledger = new Ledger(journal, clock);
  await ledger.open('test');
  const give = (data: object) =>
    ledger.note({ type: 'NOTICE_GIVEN', actor: 'person:UANA', data: { ...NOTICE, ...data } });
  const withdraw = (n: number) => ledger.note({ type: 'NOTICE_WITHDRAWN', actor: 'person:UBO', data: { n } });
  const seen = (ttls: unknown) => ledger.note({ type: 'TTL_SEEN', actor: 'runner', data: { ttls } as never });
  const usual = (data: object) => ledger.note({ type: 'THROUGHPUT_SEEN', actor: 'runner', data: data as never });
  return { usual, clock, give, withdraw, seen, records: journalRecords(journal) };
}
const NOTICE = { source: 'east', target: 'west', from: 5_000_000, until: 6_000_000, reason: 'maintenance' };

it('nothing written, nothing known', async () => {
  const { records } = await written();
  expect(await records.notices()).toEqual([]);
  expect(await records.ttls()).toEqual([]);
});

it('a notice, with who gave it and when', async () => {
  const { records, give, clock } = await written();
  await clock.advance(500);
  await give({});
  expect(await records.notices()).toEqual([{ n: 1, ...NOTICE, by: 'UANA', at: 1_000_500 }]);
});

it('one that is withdrawn is left out, and the others keep their numbers', async () => {
  const { records, give, withdraw } = await written();
  await give({});
  await give({ source: 'west', target: undefined });
  await withdraw(1);
  await give({ reason: 'again' });
  expect((await records.notices()).map(({ n, source, target, reason }) => [n, source, target, reason])).toEqual([
    [2, 'west', null, 'maintenance'],
    [3, 'east', 'west', 'again'],
  ]);
});

it('looks at the TTLs, oldest first', async () => {
  const { records, seen, clock } = await written();
  await seen({ 'A api.example.com': 60 });
  await clock.advance(1000);
  await seen({ 'A api.example.com': 300, odd: 'x' });
  expect(await records.ttls()).toEqual([
    { at: 1_000_000, ttls: { 'A api.example.com': 60 } },
    { at: 1_001_000, ttls: { 'A api.example.com': 300 } },
  ]);
});

it('what does not read as one is passed over', async () => {
  const { records, give, seen } = await written();
  await give({ from: 'tomorrow' });
  await seen(null);
  await seen([60]);
  await give({});
  expect((await records.notices()).map(({ n }) => n)).toEqual([2]);
  expect(await records.ttls()).toEqual([]);
});

it('what was usual, oldest first; what is no number is passed over', async () => {
  const { records, usual, clock } = await written();
  await usual({ region: 'east', perSecond: 31.5 });
  await clock.advance(1000);
  await usual({ region: 'east', perSecond: 'many' });
  await usual({ region: 'west', perSecond: 0 });
  expect(await records.throughput()).toEqual([
    { at: 1_000_000, region: 'east', perSecond: 31.5 },
    { at: 1_001_000, region: 'west', perSecond: 0 },
  ]);
});

it('moves are the runs that moved the system and are over', () => {
  const run = (id: string, more: object) =>
    ({ run: id, runbook: 'planned', source: 'east', target: 'west', end: 'completed', endedAt: 5, ...more }) as Context;
  const runs = [
    run('eden-1', {}),
    run('eden-2', { end: 'aborted' }),
    run('eden-3', { end: 'rolledBack' }),
    run('eden-4', { runbook: 'lost-secondary' }),
    run('eden-5', { end: 'takenOver', endedAt: 9 }),
    run('eden-6', { end: null, endedAt: null }),
    run('eden-7', { endedAt: null, watch: { cut: { at: 11 } } }),
  ];
  const { moves } = journalRecords(sqliteJournal({ path: ':memory:' }), () => runs);
  return expect(moves()).resolves.toEqual([
    { run: 'eden-1', source: 'east', target: 'west', endedAt: 5 },
    { run: 'eden-5', source: 'east', target: 'west', endedAt: 9 },
    { run: 'eden-7', source: 'east', target: 'west', endedAt: 11 },
  ]);
});
