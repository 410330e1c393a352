/** Open transactions are given their time, and never more than that. */
import { expect, it } from 'vitest';
import { drainConnections } from '../../src/steps/drain-connections.ts';
import { type Stage, stage, wordsOf } from './stage.ts';
import { system } from './system.ts';

const READ_ONLY_SINCE = 1_000_000;

/** A source that has been read-only for so long. */
async function after(ms: number, more: Parameters<typeof stage>[1] = {}): Promise<Stage> {
  const here = await stage(undefined, { drainMs: 10_000, ...more });
  here.left.ended['read-only-source'] = READ_ONLY_SINCE;
  here.state.now = READ_ONLY_SINCE + ms;
  return here;
}
const busy = (here: Stage, writing = 2) => {
  here.state.open['east'] = { writing, oldestSeconds: 41 };
  return here;
};

it('is done at once where no transaction that has written is open', async () => {
  const answer = await (await after(200)).check(drainConnections);
  expect(wordsOf(answer)).toBe('done: no transaction that has written is open');
  expect(answer.evidence).toEqual({ writing: 0, oldestSeconds: 0, waitedSeconds: 0.2, limitSeconds: 10 });
});

it('waits for them until the time is over, and not a moment longer', async () => {
  const words = async (ms: number, writing?: number) =>
    wordsOf(await busy(await after(ms), writing).check(drainConnections));
  expect(await words(9_999)).toBe('notDone: 2 transactions open, the oldest for 41 s; given 10 s');
  expect(await words(10_000)).toBe(
    'done: 2 transactions open, the oldest for 41 s: not committed after 10 s, they end with the fence',
  );
  expect(await words(10_000, 1)).toMatch(/^done: 1 transaction open.* it ends with the fence$/);
});

it('asks the source, where they are, and not the target', async () => {
  const here = await after(0);
  here.state.open['west'] = { writing: 5, oldestSeconds: 1 };
  expect((await here.check(drainConnections)).is).toBe('done');
});

it('does not know what a silent source has open, and does not wait for it longer either', async () => {
  const here = await after(9_999);
  here.state.servers['east']!.down = true;
  await expect(here.check(drainConnections)).rejects.toThrow('does not answer');
  here.state.now += 1;
  const answer = await here.check(drainConnections);
  expect(wordsOf(answer)).toBe('done: east did not say what is open; whatever is, ends with the fence');
  expect(answer.evidence).toMatchObject({ writing: null, waitedSeconds: 10 });
});

it('gives up a question that hangs when the time is over', async () => {
  const here = await after(0, { drainMs: 30 });
  here.ports.database.openTransactions = (_region, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  await expect(here.check(drainConnections)).rejects.toThrow();
  here.state.now += 30;
  expect((await here.check(drainConnections)).is).toBe('done');
});

it('ends within its own budget, however long the house would wait', async () => {
  const here = busy(await after(31_000, { drainMs: 600_000, budgets: { 'drain-connections': 60_000 } }));
  expect((await here.check(drainConnections)).is).toBe('done');
});

it('waits only in systems that give it time', () => {
  expect(drainConnections.when?.(system(undefined, { drainMs: 0 }))).toBe(false);
  expect(drainConnections.when?.(system())).toBe(true);
});

it('before the source is read-only nothing is over', async () => {
  const here = busy(await stage());
  here.state.now = 5_000_000;
  expect((await here.check(drainConnections)).is).toBe('notDone');
});
