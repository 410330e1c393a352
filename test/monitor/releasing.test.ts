/** A fence given up by a person: written once, told once, and nothing is owed from that moment on, after a restart too. */
import { expect, it } from 'vitest';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import type { Context } from '../../src/machine/types.ts';
import { owedFence, settledRuns } from '../../src/monitor/owed.ts';
import { keptFence } from '../../src/monitor/releasing.ts';
import { Ledger } from '../../src/runner/ledger.ts';
import { handClock } from '../support/hand-clock.ts';

const LEFT = {
  run: 'eden-3',
  source: 'east',
  target: 'west',
  mode: 'emergency',
  end: 'completed',
  steps: { 'promote-postgres': { status: 'done' } },
} as unknown as Context;

it('is over at once, once, and stays so', async () => {
  const clock = handClock();
  const journal = sqliteJournal({ path: ':memory:' });
  const ledger = new Ledger(journal, clock);
  await ledger.open('test');
  const settled = new Set<string>();
  const owed = () => owedFence([LEFT], settled);
  const fence = keptFence({ note: (...args) => ledger.note(...args), owed, settled, clock });
  const now = fence.owed()!;
  expect([now.run, now.source]).toEqual(['eden-3', 'east']);
  expect(await fence.release(now, 'UANA', 'rebuilt', 'd1')).toBe(true);
  expect(fence.owed()).toBeNull();
  expect(await fence.release(now, 'UANA', 'rebuilt', 'd1')).toBe(false);
  const rows = await journal.read('system');
  expect(rows.filter(({ type }) => type === 'FENCE_RELEASED')).toMatchObject([
    { actor: 'person:UANA', data: { run: 'eden-3', region: 'east', by: 'UANA', reason: 'rebuilt' } },
  ]);
  expect((await journal.unsent()).map(({ slot, name }) => [slot, name])).toEqual([['released:eden-3', 'released']]);
  expect(owedFence([LEFT], settledRuns(rows))).toBeNull();
});
