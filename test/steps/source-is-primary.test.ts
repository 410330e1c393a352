import { expect, it } from 'vitest';
import { sourceIsPrimary } from '../../src/steps/source-is-primary.ts';
import { stage, wordsOf } from './stage.ts';

it('is so when one writes and the other streams from it', async () => {
  const answer = await (await stage()).check(sourceIsPrimary);
  expect(wordsOf(answer)).toBe('done: Postgres writes in east, west streams from it');
  expect(answer.evidence).toMatchObject({
    sourceRole: 'primary',
    targetRole: 'standby',
    targetStreamsFrom: 'east:5432',
  });
});

it.each([
  ['east', { role: 'standby' }, 'notDone: Postgres in east is a standby'],
  ['west', { role: 'primary' }, 'notDone: Postgres in west is itself a primary'],
  ['west', { streamingFrom: null }, 'notDone: Postgres in west is not streaming from anywhere'],
  ['west', { systemIdentifier: '42' }, 'notDone: the two databases are not copies of each other'],
  ['east', { systemIdentifier: '42' }, 'notDone: the two databases are not copies of each other'],
] as const)('is not so: %s %o', async (region, change, words) => {
  const here = await stage();
  Object.assign(here.state.servers[region]!, change);
  expect(wordsOf(await here.check(sourceIsPrimary))).toBe(words);
});

it('is not so when both were replaced by another database since the plan', async () => {
  const here = await stage();
  for (const one of Object.values(here.state.servers)) one.systemIdentifier = '42';
  expect((await here.check(sourceIsPrimary)).is).toBe('notDone');
});

it.each(['east', 'west'])('throws, which is unknown, when %s does not answer', async (region) => {
  const here = await stage();
  here.state.servers[region]!.down = true;
  await expect(here.check(sourceIsPrimary)).rejects.toThrow('does not answer');
});
