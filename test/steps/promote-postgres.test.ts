/** Ordered, then observed; and only of the database the plan named. */
import { expect, it } from 'vitest';
import { promotePostgres } from '../../src/steps/promote-postgres.ts';
import { stage, wordsOf } from './stage.ts';

it('is done when the standby has left recovery', async () => {
  const here = await stage();
  expect(wordsOf(await here.check(promotePostgres))).toBe('notDone: standby on timeline 1 → primary');
  const answer = await here.does(promotePostgres);
  expect(wordsOf(answer)).toBe('done: west left recovery, timeline 2');
  expect(answer.evidence).toEqual({
    role: 'primary',
    timeline: 2,
    systemIdentifier: '7300000000000000001',
    lsn: '0/3000000',
  });
});

it('is not done by an order that was taken: only by what is seen', async () => {
  const here = await stage();
  here.ports.database.promote = async () => {};
  expect((await here.does(promotePostgres)).is).toBe('notDone');
});

it.each(['primary', 'standby'] as const)('is unknown where another database answers as %s', async (role) => {
  const here = await stage();
  Object.assign(here.state.servers['west']!, { systemIdentifier: '42', role });
  expect(wordsOf(await here.check(promotePostgres))).toBe(
    'unknown: the server that answers for west is another database (42)',
  );
});

it('throws, which is unknown, where nobody answers', async () => {
  const here = await stage();
  here.state.servers['west']!.down = true;
  await expect(here.check(promotePostgres)).rejects.toThrow('Postgres in west does not answer');
});

it('has no way back, and asks its proofs again right before the intent', () => {
  expect(promotePostgres.undo).toEqual({ impossible: 'The standby has left recovery; going back is a failback.' });
  expect(promotePostgres.requires?.steps).toEqual([
    'prove-fence',
    'prove-replicated',
    'target-standby',
    'loss-measured',
  ]);
});
