/** What follows an emergency: written down, planned and ticked off, once, over restarts too. */
import { beforeEach, expect, it } from 'vitest';
import { aftermathOf } from '../../src/app/aftermath.ts';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { hashOf } from '../../src/lib/hash.ts';
import { REPROTECT } from '../../src/machine/types.ts';
import type { EvidenceStore } from '../../src/ports/evidence.ts';
import { Aftermath } from '../../src/runner/aftermath.ts';
import { Ledger, type NewEvent } from '../../src/runner/ledger.ts';
import { DIVERGED, lost } from '../report/lost.ts';
import { handClock } from '../support/hand-clock.ts';
import { plan, requested, step } from '../support/machine.ts';

const RUN = 'eden-1';
let files: Map<string, string>;
let full: Error | null;
const store: EvidenceStore = {
  async keep(run, name, text) {
    if (full !== null) throw full;
    files.set(`${run}/${name}`, text);
    return { file: `/evidence/${run}/${name}`, bytes: text.length, sha256: hashOf(text) };
  },
  async read(run, name) {
    const text = files.get(`${run}/${name}`);
    return text === undefined ? null : { file: '', bytes: 0, sha256: hashOf(text), text };
  },
};

beforeEach(() => {
  files = new Map();
  full = null;
});

async function after() {
  const journal = sqliteJournal({ path: ':memory:' });
  const clock = handClock(Date.UTC(2024, 0, 16));
  const made = async () => {
    const ledger = new Ledger(journal, clock);
    await ledger.open('test');
    const warned: object[] = [];
    const read: number[] = [];
    const aftermath = new Aftermath({
      ledger,
      journal: {
        async read(stream, afterSeq) {
          const rows = await journal.read(stream, afterSeq);
          read.push(rows.length);
          return rows;
        },
      },
      evidence: store,
      ...aftermathOf({ home: 'us-east-1' }),
      log: { warn: (fields) => warned.push(fields) },
      stop: new AbortController().signal,
    });
    const round = async () => {
      aftermath.considered();
      await aftermath.stopped();
    };
    return { ledger, round, warned, read };
  };
  const first = await made();
  const take = async (event: NewEvent) => {
    const done = await first.ledger.append(RUN, 'runner', event);
    if (!done.ok) throw new Error(`${event.type}: ${done.because}`);
  };
  const [requested, ...rest] = lost().events;
  const { at: _, actor: __, type: ___, ...begun } = requested!;
  const { run: ____, ...asked } = begun as { run: string };
  await first.ledger.begin('eden', 'person:UANA', () => ({ type: 'REQUESTED', ...asked }) as never, null);
  for (const { at: _at, actor: _actor, ...event } of rest) await take(event as NewEvent);
  const context = () => first.ledger.view(RUN)!.snapshot.context;
  const since = async (from: number) => (await journal.read(RUN, from)).map(({ type }) => type);
  return { ...first, made, take, context, journal, since, length: () => first.ledger.view(RUN)!.length };
}

it('plans, and writes down what was lost, once', async () => {
  const { round, context, since, length } = await after();
  const before = length();
  await round();
  expect(await since(before)).toEqual([...Array(8).fill('RECOVERY_ADDED'), 'ASSESSED']);
  expect(context().assessed?.files.map(({ file }) => file)).toEqual([
    '/evidence/eden-1/assessment.md',
    '/evidence/eden-1/reconciliation.md',
  ]);
  expect(files.get('eden-1/assessment.md')).toContain('# eden-1: what was lost when us-east-1 was left for us-west-2');
  const written = length();
  await round();
  await round();
  expect(length()).toBe(written);
});

it('a restart begins nothing anew', async () => {
  const { round, made, length, journal } = await after();
  await round();
  const written = length();
  const again = await made();
  await again.round();
  expect(await journal.read(RUN, written)).toEqual([]);
  expect(again.ledger.view(RUN)?.snapshot.context.recovery?.items).toHaveLength(8);
});

it('ticks off what is noted beside the run, and looks at each note once', async () => {
  const { round, context, ledger, read } = await after();
  await round();
  read.length = 0;
  await ledger.note({ type: 'PROTECTED', actor: 'runner', data: { run: RUN, standby: 'us-east-1' } });
  await round();
  expect(context().recovery?.items.find(({ key }) => key === 'standby')?.done).toMatchObject({
    by: 'runner',
    why: 'us-east-1 streams from us-west-2',
  });
  await round();
  expect(read).toEqual([1, 0]);
  // Opened again by a person, it is theirs.
  const { n } = context().recovery!.items.find(({ key }) => key === 'standby')!;
  await ledger.append(RUN, 'person:UBO', { type: 'RECOVERY_REOPENED', item: n, by: 'UBO', why: null });
  await round();
  expect(context().recovery?.items.find(({ key }) => key === 'standby')?.done).toBeNull();
});

it('writes the files anew when somebody has decided, and tells nobody twice', async () => {
  const { round, context, journal, ledger } = await after();
  await round();
  const told = async () => (await journal.unsent()).filter(({ name }) => name === 'assessment').map(({ slot }) => slot);
  const first = context().assessed;
  await ledger.note({
    type: 'FENCE_ASSERTED',
    actor: 'runner',
    data: { run: RUN, seenAt: 5, fencedAt: 6, postgres: null, how: ['stopped'], trouble: [] },
  });
  await round();
  expect(files.get('eden-1/assessment.md')).toContain('Done there: stopped.');
  expect(context().assessed?.files[0]?.sha256).not.toBe(first?.files[0]?.sha256);
  expect(new Set(await told())).toEqual(new Set(['assessment:1']));
});

it('once another run has read the region: what it found, an item a table, and decisions in the file', async () => {
  const { round, context, ledger, journal } = await after();
  await round();
  const keep = step('keep-diverged', 'preparing');
  const asked = { ...requested([keep]), runbook: REPROTECT, source: 'us-east-1', target: 'us-west-2' };
  const { run: _, ...first } = asked as never as { run: string };
  await ledger.begin('eden', 'person:UBO', () => first as never, null);
  const made = { ...plan([keep]), runbook: REPROTECT, source: 'us-east-1', target: 'us-west-2' };
  for (const event of [
    { type: 'PLANNED', plan: made },
    { type: 'STEP_INTENDED', step: keep.id, attempt: 1, hash: made.hash, before: {}, requires: {}, deadline: 1 },
    { type: 'STEP_DONE', step: keep.id, attempt: 1, evidence: DIVERGED, summary: null },
  ] as NewEvent[])
    expect(await ledger.append('eden-2', 'runner', event)).toMatchObject({ ok: true });
  await round();
  expect(context().assessed).toMatchObject({ round: 2, found: { run: 'eden-2', transactions: 3 } });
  const item = (key: string) => context().recovery!.items.find((one) => one.key === key)!;
  expect(item('look').done).toMatchObject({ by: 'runner', why: 'eden-2 read it' });
  expect([item('table:public.tasks').done, item('standby').done?.why]).toEqual([
    null,
    'eden-2 completed: us-east-1 follows us-west-2',
  ]);
  const { n } = item('table:public.tasks');
  await ledger.append(RUN, 'person:UBO', { type: 'RECOVERY_DONE', item: n, by: 'UBO', why: 'replayed, 30 rows' });
  await round();
  expect(files.get('eden-1/reconciliation.md')).toContain('| nobody yet | replayed, 30 rows, by UBO at ');
  const told = (await journal.unsent()).filter(({ name }) => name === 'assessment').map(({ slot }) => slot);
  expect(new Set(told)).toEqual(new Set(['assessment:1', 'assessment:2']));
});

it('what cannot be written is tried again, and said once', async () => {
  const { round, context, warned } = await after();
  full = new Error('No room.');
  await round();
  await round();
  expect([context().assessed, context().recovery?.items.length, warned]).toEqual([null, 8, [{ error: 'No room.' }]]);
  full = null;
  await round();
  expect(context().assessed?.round).toBe(1);
});

it('of a region that is home again, and was never written down, nothing is begun', async () => {
  const { context } = await after();
  const home = { ...context(), run: 'eden-2', mode: 'planned' as const, source: 'us-west-2', target: 'us-east-1' };
  const { due, files: wanted } = aftermathOf({ home: 'us-east-1' });
  const known = { runs: [context(), home], notes: [] };
  expect([due(context(), known), wanted(context(), known)]).toEqual([[], null]);
  expect(due(context(), { runs: [context()], notes: [] })).toHaveLength(8);
});
