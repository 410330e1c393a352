/** Whether the last move has stood long enough before the way home begins. */
import { expect, it } from 'vitest';
import type { Moved } from '../../src/ports/records.ts';
import { soakPassed } from '../../src/steps/soak-passed.ts';
import { type Stage, stage, wordsOf } from './stage.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 23, 3, 0);
const moved = (minutesAgo: number, run = 'eden-7'): Moved => ({
  run,
  source: 'west',
  target: 'east',
  endedAt: NOW - minutesAgo * MINUTE,
});

async function asked(...moves: Moved[]): Promise<Stage> {
  const here = await stage(undefined, { failback: { soakMs: 30 * MINUTE, network: null } });
  here.state.now = NOW;
  here.state.moves = moves;
  return here;
}

it('is in the plan where the house asks for it, and can be waived', async () => {
  expect(soakPassed.when?.((await asked()).system)).toBe(true);
  expect(soakPassed.when?.((await stage()).system)).toBe(false);
  expect(soakPassed.rule).toBe(true);
});

it('done: the last move is over for long enough', async () => {
  const answer = await (await asked(moved(5, 'eden-6'), moved(40))).check(soakPassed);
  expect(wordsOf(answer)).toBe('done: eden-7 ended 40 min ago (30 min asked)');
  expect(answer.evidence).toEqual({ soakMinutesAsked: 30, minutesSince: 40, lastMove: 'eden-7: west → east' });
});

it.each([
  ['too early', [moved(12)], 'notDone: eden-7 ended 12 min ago, 18 min too early (30 min asked).'],
  [
    'nothing known',
    [],
    'notDone: No run is known that moved the system: since when east serves nobody can say (30 min asked).',
  ],
])('%s: held at once, nobody waits in front of it', async (_, moves, words) => {
  const answer = await (await asked(...moves)).check(soakPassed);
  expect(wordsOf(answer)).toBe(words);
  expect(answer).toMatchObject({ final: true });
});
