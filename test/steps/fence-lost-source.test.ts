/** Fencing a region that may be gone: what answers is fenced, and what does not holds nobody up. */
import { describe, expect, it } from 'vitest';
import { fenceLostSource } from '../../src/steps/fence-lost-source.ts';
import type { FencePlan } from '../../src/steps/system.ts';
import { forbidden, silence } from './securing-world.ts';
import { stage, wordsOf } from './stage.ts';

const EXEC: FencePlan = { strategy: 'exec', stop: ['./power-off.sh', 'east'], start: ['./power-on.sh', 'east'] };
const NOBODY = { outcome: 'unreachable', how: 'ECONNREFUSED', connectionRefused: true } as const;
const SILENT = { outcome: 'unreachable', how: 'timed out', connectionRefused: false } as const;
const REFUSED = { outcome: 'refused', how: 'not accepting connections' } as const;

/** Nothing of the source answers. */
async function gone(fence?: FencePlan) {
  const here = await stage(fence);
  const back = (['cluster', 'database'] as const).map((system) => silence(here.ports, system, 'east'));
  return { ...here, back };
}
/** Time goes on by so much. */
const later = (here: Awaited<ReturnType<typeof stage>>, ms: number) => {
  here.state.now += ms;
};

describe('a region whose cluster answers', () => {
  it('is fenced there: the StatefulSet and the services that write to 0; SQL is not needed', async () => {
    const here = await stage();
    expect(wordsOf(await here.check(fenceLostSource))).toBe('notDone: StatefulSet postgres 1 → 0, task 2 → 0');
    expect(wordsOf(await here.does(fenceLostSource))).toBe('done: StatefulSet postgres at 0, no pod left');
    expect(here.left.before['fence-lost-source']).toMatchObject({ replicas: 1, writers: { task: 2 } });
    expect(here.left.evidence['fence-lost-source']).toMatchObject({
      reached: true,
      owed: false,
      orders: { statefulset: 'done', task: 'done', sql: 'not needed' },
    });
    expect(here.state.calls.sort()).toEqual(['scale east postgres 0', 'scale east task 0']);
  });

  it('waits for its pods while they end, and no longer than a node takes to be known as lost', async () => {
    const here = await stage();
    here.state.ending = true;
    expect(wordsOf(await here.does(fenceLostSource))).toBe('notDone: 1 pods of postgres ending');
    later(here, 14_999);
    expect((await here.check(fenceLostSource)).is).toBe('notDone');
    later(here, 1);
    expect(wordsOf(await here.check(fenceLostSource))).toBe(
      'done: StatefulSet postgres at 0, its pods do not end: their node seems lost. Postgres: no answer',
    );
    expect((await here.check(fenceLostSource)).evidence).toMatchObject({ owed: true, pods: 1 });
  });

  it('is not done while Postgres takes writes, however long its pods have been ending', async () => {
    const here = await stage();
    here.state.ending = true;
    await here.does(fenceLostSource);
    here.state.servers['east']!.down = false;
    later(here, 60_000);
    expect(wordsOf(await here.check(fenceLostSource))).toBe(
      'notDone: Postgres in east still accepts writes; 1 pods of postgres ending',
    );
  });

  it('undone gives back what was there', async () => {
    const here = await stage();
    await here.does(fenceLostSource);
    expect(await here.undo(fenceLostSource)).toEqual({ restored: ['statefulset', 'task'], notRestored: [] });
    expect([here.state.workloads['east']!['postgres']!.wanted, here.state.workloads['east']!['task']!.wanted]).toEqual([
      1, 2,
    ]);
  });

  it('undone is not undone while what we stopped there does not answer', async () => {
    const here = await stage();
    await here.does(fenceLostSource);
    silence(here.ports, 'cluster', 'east');
    await expect(here.undo(fenceLostSource)).rejects.toThrow('statefulset of east could not be given back');
  });
});

describe('a region of which nothing answers', () => {
  it('is sent every order once all the same, and is owed the fence', async () => {
    const here = await gone();
    const tried: string[] = [];
    const { scale } = here.ports.cluster;
    here.ports.cluster.scale = (region, kind, name, replicas, signal) => {
      tried.push(`${name} ${replicas}`);
      return scale(region, kind, name, replicas, signal);
    };
    expect(wordsOf(await here.check(fenceLostSource))).toBe(
      'notDone: east does not answer: try every fence all the same',
    );
    expect(wordsOf(await here.does(fenceLostSource))).toBe(
      'done: east does not answer: nothing could be ordered there; the fence is owed and asserted as soon as it answers',
    );
    expect(tried.sort()).toEqual(['postgres 0', 'task 0']);
    expect(here.left.evidence['fence-lost-source']).toMatchObject({ reached: false, owed: true });
    expect(here.state.calls).toEqual([]);
  });

  it('undone: what nobody confirmed is named, and holds nobody up', async () => {
    const here = await gone();
    await here.does(fenceLostSource);
    expect(await here.undo(fenceLostSource)).toMatchObject({
      restored: [],
      notRestored: ['statefulset', 'task', 'sql'].map((name) => expect.stringMatching(`^${name}: `)),
    });
    for (const back of here.back) back();
    expect(await here.undo(fenceLostSource)).toMatchObject({
      restored: ['statefulset', 'task', 'sql'],
      notRestored: [],
    });
  });

  it('does not wait for questions that hang', async () => {
    const here = await stage();
    const never = () => new Promise<never>(() => {});
    Object.assign(here.ports.cluster, { workload: never, deployments: never, scale: never });
    Object.assign(here.ports.database, { observe: never, attemptWrite: never });
    expect(wordsOf(await here.check(fenceLostSource))).toContain('east does not answer');
  });
});

describe('a database that answers while its cluster does not', () => {
  it('is closed by SQL at last: soft, and the real fence is owed', async () => {
    const here = await stage();
    silence(here.ports, 'cluster', 'east');
    expect(wordsOf(await here.check(fenceLostSource))).toBe(
      'notDone: Postgres in east accepts writes: close its databases to connections',
    );
    const answer = await here.does(fenceLostSource);
    expect(wordsOf(answer)).toContain('done: a fresh session in east was refused');
    expect(answer.evidence).toMatchObject({ reached: true, owed: true, closedDatabases: ['eden'] });
    expect(here.state.calls).toEqual(['close east']);
  });

  it('that takes writes all the same is never done', async () => {
    const here = await stage();
    silence(here.ports, 'cluster', 'east');
    here.ports.database.closeConnections = async () => ({ ended: 0, prepared: 0 });
    expect((await here.does(fenceLostSource)).is).toBe('notDone');
  });

  it('a right that is missing is no reason to wait', async () => {
    const here = await stage();
    here.ports.cluster.workload = () => Promise.reject(forbidden('read statefulset'));
    here.ports.cluster.scale = () => Promise.reject(forbidden('scale statefulset'));
    const answer = await here.does(fenceLostSource);
    expect([answer.is, here.state.calls]).toEqual(['done', ['close east']]);
    expect(here.left.evidence['fence-lost-source']?.['orders']).toMatchObject({
      statefulset: expect.stringContaining('not sent: Kubernetes of east refused'),
    });
    // What was surely never sent needs nothing given back.
    expect(await here.undo(fenceLostSource)).toEqual({ restored: ['sql'], notRestored: [] });
  });

  it('that is a standby is left alone', async () => {
    const here = await stage();
    here.state.servers['east']!.role = 'standby';
    expect(wordsOf(await here.check(fenceLostSource))).toBe('done: Postgres in east is a standby and takes no writes');
  });

  it('where nobody listens any more: done, and owed, for it may be started again', async () => {
    const here = await stage();
    silence(here.ports, 'cluster', 'east');
    Object.assign(here.state.servers['east']!, { down: true, attempt: NOBODY });
    here.ports.database.attemptWrite = async () => NOBODY;
    const answer = await here.check(fenceLostSource);
    expect(wordsOf(answer)).toBe('done: nobody listens at Postgres in east');
    expect(answer.evidence).toMatchObject({ reached: true, owed: true });
  });
});

describe('the fence of the house, a script', () => {
  it('is run even where nothing answers: it may switch machines off', async () => {
    const here = await gone(EXEC);
    expect(wordsOf(await here.check(fenceLostSource))).toBe('notDone: run ./power-off.sh east');
    const answer = await here.does(fenceLostSource);
    expect([answer.is, answer.evidence['owed']]).toEqual(['done', true]);
    expect(here.state.calls).toEqual(['hook ./power-off.sh east']);
    expect(here.left.evidence['fence-lost-source']?.['orders']).toMatchObject({ exec: 'done', sql: 'not needed' });
  });

  it('is seen by a port that refuses', async () => {
    const here = await stage(EXEC);
    here.state.onHook = () => Object.assign(here.state.servers['east']!, { down: true, attempt: NOBODY });
    const answer = await here.does(fenceLostSource);
    expect(wordsOf(answer)).toBe('done: nobody listens at Postgres in east (./power-off.sh east)');
    expect(answer.evidence['owed']).toBe(false);
  });

  it('that failed leaves SQL, and says what it printed', async () => {
    const here = await stage(EXEC);
    Object.assign(here.state.hook, { ok: false, status: 3, output: 'no route to the power controller' });
    const answer = await here.does(fenceLostSource);
    expect([answer.is, answer.evidence['owed']]).toEqual(['done', true]);
    expect(here.left.evidence['fence-lost-source']?.['orders']).toMatchObject({
      exec: 'the fence hook ended with 3: no route to the power controller',
      sql: 'done',
    });
    expect(here.state.calls).toContain('close east');
  });

  it('undone starts it again; without a configured start it says who has to', async () => {
    const here = await stage(EXEC);
    await here.does(fenceLostSource);
    await here.undo(fenceLostSource);
    expect(here.state.calls).toContain('hook ./power-on.sh east');
    const other = await stage({ ...EXEC, start: null });
    await other.does(fenceLostSource);
    await expect(other.undo(fenceLostSource)).rejects.toThrow('start its Postgres by hand');
  });
});

describe('fencing by SQL alone', () => {
  it('is the whole fence, and not owed', async () => {
    const here = await stage({ strategy: 'sql' });
    const answer = await here.does(fenceLostSource);
    expect([answer.is, answer.evidence['owed']]).toEqual(['done', false]);
    expect(here.state.calls.sort()).toEqual(['close east', 'scale east task 0']);
    expect(await here.undo(fenceLostSource)).toEqual({ restored: ['task', 'sql'], notRestored: [] });
    expect(here.state.servers['east']!.closedDatabases).toEqual([]);
  });

  it('of a server that is silent is owed', async () => {
    const here = await stage({ strategy: 'sql' });
    here.ports.database.attemptWrite = async () => SILENT;
    silence(here.ports, 'database', 'east');
    const answer = await here.does(fenceLostSource);
    expect(wordsOf(answer)).toContain('the fence is owed and asserted as soon as it does');
  });
});

it('refused for another reason, the server still runs', async () => {
  const here = await stage();
  silence(here.ports, 'cluster', 'east');
  here.state.servers['east']!.attempt = REFUSED;
  expect(wordsOf(await here.check(fenceLostSource))).toContain('SQL only, the server still runs');
});

it('keeps where the log of the source stood when it was last seen, however often it is asked', async () => {
  const here = await stage();
  const health = (lsn: string) => ({ database: { at: 0, lsn, bytesPerSecond: 0 } }) as never;
  here.state.watch['east'] = health('0/3000100');
  here.state.ending = true;
  await here.does(fenceLostSource);
  here.state.watch['east'] = health('0/9000000');
  expect((await here.check(fenceLostSource)).evidence['leftAtLsn']).toBe('0/3000100');
});
