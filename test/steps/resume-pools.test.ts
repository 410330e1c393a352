/** Who waits goes on where writes are taken, nobody keeps a connection to the old server, and no end leaves one waiting. */
import { describe, expect, it } from 'vitest';
import { pausePools } from '../../src/steps/pause-pools.ts';
import { releasePools } from '../../src/steps/release-pools.ts';
import { reconnectPools, resumePools } from '../../src/steps/resume-pools.ts';
import { pooled } from './pooling-world.ts';
import { stage, wordsOf } from './stage.ts';

const POOLERS = { pauseMs: 30_000, waitMs: 10_000, of: { east: ['pool-e:6432'], west: ['pool-w:6432'] } };
const set = async () => {
  const here = await stage(undefined, { poolers: POOLERS });
  for (const name of ['pool-e:6432', 'pool-w:6432']) here.state.poolers[name] = pooled(['vault']);
  return here;
};
/** In the middle of a move: clients wait. */
const held = async () => {
  const here = await set();
  await here.does(pausePools);
  here.state.calls.length = 0;
  return here;
};
const east = (here: Awaited<ReturnType<typeof set>>) => here.state.poolers['pool-e:6432']!;

describe('letting them go on', () => {
  it('reconnects, then resumes; poolers of the target reconnect too', async () => {
    const here = await held();
    expect(wordsOf(await here.check(resumePools))).toBe(
      'notDone: RECONNECT and RESUME pool-e:6432 (vault); RECONNECT pool-w:6432 (vault)',
    );
    expect(wordsOf(await here.does(resumePools))).toBe('done: 2 poolers: no connection from before is kept');
    expect(here.state.calls.sort()).toEqual([
      'reconnect pool-e:6432 vault',
      'reconnect pool-w:6432 vault',
      'resume pool-e:6432 vault',
    ]);
    expect(east(here).databases[0]!.paused).toBe(false);
  });

  it('a connection made since is new; one that ends with its transaction is waited for no longer; another one is', async () => {
    const here = await set();
    here.left.before['resume-pools'] = (await here.check(resumePools)).evidence;
    east(here).connections = [
      { id: 'old.vault', database: 'vault', ending: true },
      { id: 'new', database: 'vault', ending: false },
    ];
    here.state.poolers['pool-w:6432']!.connections = [];
    expect((await here.check(resumePools)).is).toBe('done');
    east(here).connections[0]!.ending = false;
    expect(wordsOf(await here.check(resumePools))).toBe('notDone: RECONNECT pool-e:6432 (vault)');
  });

  it('one that is led by a name this run moves waits until it has', async () => {
    const here = await held();
    east(here).databases[0]!.host = here.system.records[0]!.name;
    await here.does(resumePools);
    expect(here.state.calls).toEqual(['reconnect pool-w:6432 vault']);
    expect(wordsOf(await here.check(resumePools))).toBe(
      'done: 2 poolers: no connection from before is kept; pool-e:6432 waits for DNS',
    );
    await here.does(reconnectPools);
    expect(here.state.calls.slice(1)).toEqual(['reconnect pool-e:6432 vault', 'resume pool-e:6432 vault']);
  });

  it('a pooler of the region that is gone holds up no emergency, and any other is unknown', async () => {
    const here = await held();
    east(here).down = true;
    const emergency = { mode: 'emergency' as const };
    expect(wordsOf(await here.check(resumePools, emergency))).toBe(
      'notDone: RECONNECT pool-w:6432 (vault); pool-e:6432: the pooler pool-e:6432 does not answer',
    );
    await here.run(resumePools);
    expect(wordsOf(await here.check(resumePools, emergency))).toBe(
      'done: 1 pooler: no connection from before is kept; pool-e:6432 of east does not answer: nothing waits for it',
    );
    expect((await here.check(resumePools)).is).toBe('unknown');
  });
});

describe('at every end', () => {
  it('nobody is asked where nobody was held back', async () => {
    const here = await set();
    east(here).down = true;
    expect(wordsOf(await here.check(releasePools))).toBe('done: nobody was held back');
  });

  it('what is paused still is let go, what somebody else paused stays', async () => {
    const here = await set();
    east(here).databases.push({ ...east(here).databases[0]!, name: 'theirs', paused: true });
    await here.does(pausePools);
    expect(wordsOf(await here.check(releasePools))).toBe('notDone: RESUME pool-e:6432 (vault)');
    expect(wordsOf(await here.does(releasePools))).toBe('done: no pooler holds clients back');
    expect(east(here).databases.map(({ name, paused }) => [name, paused])).toEqual([
      ['vault', false],
      ['theirs', true],
    ]);
  });

  it('one that does not answer is asked again; in an emergency it is owed', async () => {
    const here = await held();
    east(here).down = true;
    expect((await here.check(releasePools)).is).toBe('unknown');
    const emergency = await here.check(releasePools, { mode: 'emergency' });
    expect(wordsOf(emergency)).toBe(
      'done: clients are let go as soon as it answers: pool-e:6432: the pooler pool-e:6432 does not answer',
    );
    expect(emergency.evidence).toEqual({ held: [], silent: ['pool-e:6432'] });
  });
});
