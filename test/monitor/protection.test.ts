/** Whether anything follows since the last move: seen, written down once, known after a restart. */
import { beforeEach, expect, it } from 'vitest';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import { initial } from '../../src/machine/replay.ts';
import { type Context, LOST_SECONDARY, REPROTECT } from '../../src/machine/types.ts';
import { lastMove, PROTECTED, Protection, UNPROTECTED } from '../../src/monitor/protection.ts';
import type { DatabaseView } from '../../src/ports/database.ts';
import { Ledger, SYSTEM } from '../../src/runner/ledger.ts';
import { handClock } from '../support/hand-clock.ts';

const run = (n: number, source: string, target: string, more: Partial<Context> = {}): Context => ({
  ...initial().context,
  run: `eden-${n}`,
  runbook: 'planned',
  source,
  target,
  end: 'completed',
  endedAt: n * 1000,
  ...more,
});

it('rests on the last run that moved the system, and on none while one does', () => {
  const moved = run(1, 'east', 'west');
  expect(lastMove([moved, run(2, 'east', 'west', { runbook: REPROTECT })])?.run).toBe('eden-1');
  expect(lastMove([moved, run(2, 'east', 'west', { runbook: LOST_SECONDARY })])?.run).toBe('eden-1');
  expect(lastMove([moved, run(2, 'west', 'east', { end: 'aborted' })])?.run).toBe('eden-1');
  expect(lastMove([moved, run(2, 'west', 'east', { end: null, endedAt: null })])).toBeNull();
  expect(lastMove([])).toBeNull();
});

let views: Record<string, Partial<DatabaseView> | Error>;
async function watching() {
  const clock = handClock();
  const journal = sqliteJournal({ path: ':memory:' });
  const ledger = new Ledger(journal, clock);
  await ledger.open('test');
  const made = () =>
    new Protection({
      database: {
        async observe(region) {
          const view = views[region]!;
          if (view instanceof Error) throw view;
          return view as DatabaseView;
        },
      },
      regions: ['east', 'west'],
      mayFollow: (region) => region === 'east',
      runs: () => [run(1, 'east', 'west', { mode: 'emergency' })],
      rows: () => journal.read(SYSTEM),
      note: (entry, delivery, announcements) => ledger.note(entry, delivery, announcements),
      callMs: 2000,
      clock,
      log: { info: () => {}, warn: () => {} },
      stop: new AbortController().signal,
    });
  const round = async (one: Protection) => {
    one.considered();
    await one.stopped();
  };
  const told = async () => (await journal.unsent()).map(({ slot }) => slot);
  const noted = async () => (await journal.read(SYSTEM)).map(({ type }) => type).filter((type) => type !== 'LEADING');
  return { made, round, told, noted };
}
beforeEach(() => {
  views = { west: { role: 'primary', timeline: 2 }, east: new Error('no answer') };
});

it('is unprotected since the end of the run until something streams on its timeline; a restart knows it', async () => {
  const { made, round, told, noted } = await watching();
  const one = made();
  await one.start();
  expect(one.now()).toBeNull();
  await round(one);
  await round(one);
  const bare = { region: 'east', target: 'west', run: 'eden-1', since: 1000, mayFollow: true };
  expect([one.now(), await noted()]).toEqual([bare, [UNPROTECTED]]);

  // Connected is not following.
  views['east'] = { role: 'standby', streamingFrom: 'west:5432', timeline: 1 };
  const again = made();
  await again.start();
  expect(again.now()).toEqual(bare);
  await round(again);
  expect([again.now(), await told()]).toEqual([bare, []]);

  views['east'] = { role: 'standby', streamingFrom: 'west:5432', timeline: 2 };
  await round(again);
  expect([again.now(), await told(), await noted()]).toEqual([null, ['protected:eden-1'], [UNPROTECTED, PROTECTED]]);
  const third = made();
  await third.start();
  await round(third);
  expect([third.now(), await noted()]).toEqual([null, [UNPROTECTED, PROTECTED]]);
});

it('is no news where nothing was missing, and not judged while the primary does not answer', async () => {
  const { made, round, told, noted } = await watching();
  const one = made();
  await one.start();
  const west = views['west']!;
  views['west'] = new Error('no answer');
  await round(one);
  expect([one.now(), await noted()]).toEqual([null, []]);
  views = { west, east: { role: 'standby', streamingFrom: 'west:5432', timeline: 2 } };
  await round(one);
  expect([one.now(), await told(), await noted()]).toEqual([null, [], [PROTECTED]]);
});
