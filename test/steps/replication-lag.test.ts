import { expect, it } from 'vitest';
import { replicationLag } from '../../src/steps/replication-lag.ts';
import { stage, wordsOf } from './stage.ts';

const asked = async (lag: { seconds: number; bytes?: number; caughtUp?: boolean }) => {
  const here = await stage();
  Object.assign(here.state.lag, lag);
  return await here.check(replicationLag);
};

it('is within the bound, with its unit and the bound beside it', async () => {
  const answer = await asked({ seconds: 0.2041, bytes: 1400 });
  expect(wordsOf(answer)).toBe('done: lag 0.2 s, 1.4 kB (bound 5 s)');
  expect(answer.evidence).toMatchObject({ lagBytes: 1400, lagSeconds: 0.204, boundSeconds: 5 });
});
it('is good exactly at the bound and not above it', async () => {
  expect((await asked({ seconds: 5 })).is).toBe('done');
  expect(wordsOf(await asked({ seconds: 5.1 }))).toBe('notDone: lag 5.1 s, 0 B (bound 5 s): above the bound');
});
it('is not known to be small when the standby had not caught up: what was measured is a lower bound', async () => {
  expect(wordsOf(await asked({ seconds: 1, caughtUp: false }))).toBe('notDone: west had not caught up after 1.0 s');
});
it('throws, which is unknown, when either does not answer', async () => {
  const here = await stage();
  here.state.servers['east']!.down = true;
  await expect(here.check(replicationLag)).rejects.toThrow('Postgres in east does not answer');
});
