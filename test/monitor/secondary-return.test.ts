/** A region that was taken out of service stays on show until it streams again, and people are told of that once. */
import { beforeEach, expect, it } from 'vitest';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { initial } from '../../src/machine/replay.ts';
import { type Context, LOST_SECONDARY } from '../../src/machine/types.ts';
import { outOf, RETURNED, SecondaryReturn } from '../../src/monitor/secondary-return.ts';
import type { DatabaseView } from '../../src/ports/database.ts';
import { Ledger, SYSTEM } from '../../src/runner/ledger.ts';
import { handClock } from '../support/hand-clock.ts';

const run = (n: number, source: string, target: string, more: Partial<Context> = {}): Context => ({
  ...initial().context,
  run: `eden-${n}`,
  runbook: LOST_SECONDARY,
  source,
  target,
  end: 'completed',
  endedAt: n * 1000,
  ...more,
});
const names = (runs: Context[], returned: string[] = []) =>
  outOf(runs, new Set(returned)).map((one) => `${one.region} ${one.run}`);

it('is told from the runs: the newest for each region, until another run has moved it', () => {
  expect(names([run(1, 'west', 'east'), run(2, 'north', 'east')])).toEqual(['west eden-1', 'north eden-2']);
  expect(names([run(1, 'west', 'east'), run(2, 'west', 'east')])).toEqual(['west eden-2']);
  expect(names([run(1, 'west', 'east'), run(2, 'east', 'west', { runbook: 'planned' })])).toEqual([]);
  expect(
    names([run(1, 'west', 'east', { end: 'aborted' }), run(2, 'north', 'east', { end: null, endedAt: null })]),
  ).toEqual([]);
  expect(names([run(1, 'west', 'east')], ['eden-1'])).toEqual([]);
});

let view: Partial<DatabaseView> | Error;
async function watching() {
  const clock = handClock();
  const journal = sqliteJournal({ path: ':memory:' });
  const ledger = new Ledger(journal, clock);
  await ledger.open('test');
  let asked = 0;
  const dns = [{ name: 'api.example.com', old: ['192.0.2.1', '192.0.2.2'] }];
  const made = () =>
    new SecondaryReturn({
      database: {
        async observe() {
          asked += 1;
          if (view instanceof Error) throw view;
          return view as DatabaseView;
        },
      },
      runs: () => [run(1, 'west', 'east', { plan: { values: { dns } } as never })],
      rows: () => journal.read(SYSTEM),
      note: (entry, delivery, announcements) => ledger.note(entry, delivery, announcements),
      callMs: 2000,
      clock,
      log: { info: () => {}, warn: () => {} },
      stop: new AbortController().signal,
    });
  const told = async () => (await journal.unsent()).map(({ slot, facts }) => ({ slot, facts }));
  const round = async (one: SecondaryReturn) => {
    one.considered();
    await one.stopped();
  };
  return { made, told, round, asked: () => asked, journal };
}
beforeEach(() => {
  view = new Error('no answer');
});

it('says once that it streams again, with what is left to put back; a restart does not repeat it', async () => {
  const { made, told, round, asked, journal } = await watching();
  const watch = made();
  await watch.start();
  await round(watch);
  view = { role: 'standby', streamingFrom: null };
  await round(watch);
  expect([watch.out().map(({ region }) => region), await told()]).toEqual([['west'], []]);

  view = { role: 'standby', streamingFrom: 'east:5432' };
  await round(watch);
  expect(watch.out()).toEqual([]);
  const records = [{ name: 'api.example.com', values: ['192.0.2.1', '192.0.2.2'] }];
  expect(await told()).toMatchObject([
    { slot: 'returned:eden-1', facts: { region: 'west', target: 'east', role: 'standby', records } },
  ]);
  await round(watch);
  const again = made();
  await again.start();
  await round(again);
  expect(asked()).toBe(3);
  expect((await journal.read(SYSTEM)).filter(({ type }) => type === RETURNED)).toHaveLength(1);
});
