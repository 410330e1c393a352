import { expect, it } from 'vitest';
import { databaseConnections } from '../../src/steps/database-connections.ts';
import { stage, wordsOf } from './stage.ts';

it.each([
  [1, 'done: 1 client is connected to Postgres in west'],
  [12, 'done: 12 clients are connected to Postgres in west'],
])('%d is enough', async (clients, words) => {
  const here = await stage();
  here.state.clients = { east: 3, west: clients };
  expect(wordsOf(await here.check(databaseConnections))).toBe(words);
});

it('none is waited for a minute, and then said', async () => {
  const here = await stage();
  here.state.clients = { east: 3 };
  here.left.ended['public-health'] = here.state.now - 59_999;
  expect(wordsOf(await here.check(databaseConnections))).toBe(
    'notDone: no client is connected to Postgres in west yet',
  );
  here.left.ended['public-health'] = here.state.now - 60_000;
  const answer = await here.check(databaseConnections);
  expect(wordsOf(answer)).toBe('done: no client is connected to Postgres in west');
  expect(answer.evidence).toEqual({
    clients: 0,
    warning: 'no client is connected to Postgres in west, 1 min after its services answered',
  });
});

it('does not guess where Postgres does not answer', async () => {
  const here = await stage();
  here.state.servers['west']!.down = true;
  await expect(here.check(databaseConnections)).rejects.toThrow('does not answer');
});

it('holds nothing that was never asked in public: then it says so at once', async () => {
  const here = await stage();
  here.state.clients = {};
  expect(wordsOf(await here.check(databaseConnections))).toMatch(/^done: no client/);
  expect(databaseConnections.budgetMs).toBeGreaterThan(60_000);
});
