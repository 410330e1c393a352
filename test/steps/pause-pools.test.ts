/** Clients are held back at every pooler or at none, once, and never those somebody else holds back. */
import { expect, it } from 'vitest';
import { pausePools } from '../../src/steps/pause-pools.ts';
import { pooled } from './pooling-world.ts';
import { stage, wordsOf } from './stage.ts';

const POOLERS = {
  pauseMs: 30_000,
  waitMs: 10_000,
  of: { east: ['pool-a:6432', 'pool-b:6432'], west: ['pool-b:6432', 'pool-w:6432'] },
};
const set = async () => {
  const here = await stage(undefined, { poolers: POOLERS });
  for (const name of ['pool-a:6432', 'pool-b:6432', 'pool-w:6432'])
    here.state.poolers[name] = pooled(['vault', 'jobs']);
  return here;
};
const underWay = { own: { underWay: true, intendedAt: 0, phaseAt: 0, isLeft: false } };
const resumed = (calls: string[]) => calls.filter((call) => call.startsWith('resume'));

it('pauses every pooler of the region that is left, once all say that no connection is open', async () => {
  const here = await set();
  expect(wordsOf(await here.check(pausePools))).toBe(
    'notDone: PAUSE pool-a:6432 (vault, jobs), pool-b:6432 (vault, jobs)',
  );
  expect(wordsOf(await here.does(pausePools))).toBe(
    'done: 2 poolers paused, 8 clients waiting; let go after 30 s at the latest',
  );
  expect(here.state.calls).toEqual(['pause pool-a:6432 vault,jobs', 'pause pool-b:6432 vault,jobs']);
  here.state.poolers['pool-b:6432']!.databases[1]!.connections = 1;
  expect((await here.check(pausePools, underWay)).is).toBe('notDone');
});

it('where one cannot, all let their clients go; that is final, and says why', async () => {
  const here = await set();
  here.state.poolers['pool-b:6432']!.busy = true;
  here.left.before['pause-pools'] = (await here.check(pausePools)).evidence;
  await here.run(pausePools);
  expect(resumed(here.state.calls)).toEqual(['resume pool-a:6432 vault,jobs', 'resume pool-b:6432 vault,jobs']);
  expect(await here.check(pausePools, underWay)).toMatchObject({
    is: 'notDone',
    final: true,
    again: false,
    why: 'Transactions at the pooler pool-b:6432 did not end within 10 s. Clients are not held back.',
  });
});

it('what was paused before is somebody else’s: it is neither paused nor let go', async () => {
  const here = await set();
  here.state.poolers['pool-a:6432']!.databases[0]!.paused = true;
  await here.does(pausePools);
  expect(here.state.calls).toEqual(['pause pool-a:6432 jobs', 'pause pool-b:6432 vault,jobs']);
  expect(await here.undo(pausePools)).toEqual({
    resumed: [
      { pooler: 'pool-a:6432', databases: ['jobs'] },
      { pooler: 'pool-b:6432', databases: ['vault', 'jobs'] },
    ],
    silent: [],
  });
  expect(here.state.poolers['pool-a:6432']!.databases[0]!.paused).toBe(true);
});

it('is not begun while one does not answer; going back is not held up by one', async () => {
  const here = await set();
  here.state.poolers['pool-a:6432']!.down = true;
  expect(wordsOf(await here.check(pausePools))).toBe('unknown: pool-a:6432: the pooler pool-a:6432 does not answer');
  here.state.poolers['pool-a:6432']!.down = false;
  await here.does(pausePools);
  here.state.poolers['pool-a:6432']!.down = true;
  expect(await here.undo(pausePools)).toMatchObject({ silent: ['pool-a:6432'] });
  expect(resumed(here.state.calls)).toEqual(['resume pool-b:6432 vault,jobs']);
});

it('is part of a plan only where poolers are configured; a region without any has nothing to pause', async () => {
  const here = await set();
  const { poolers: _, ...none } = here.system;
  expect([pausePools.when!(none), pausePools.when!(here.system)]).toEqual([false, true]);
  here.system.poolers!.of = { west: ['pool-w:6432'] };
  expect(wordsOf(await here.check(pausePools))).toBe('done: east has no poolers');
});
