/** Four ways to take from the source's Postgres its ability to accept writes, and back. */
import { describe, expect, it } from 'vitest';
import { fenceSource } from '../../src/steps/fence-source.ts';
import { stage, wordsOf } from './stage.ts';

const REFUSED = { outcome: 'unreachable', how: 'connect ECONNREFUSED', connectionRefused: true } as const;

describe('fencing by the StatefulSet', () => {
  it('scales it to zero and keeps what was there before', async () => {
    const here = await stage();
    expect(wordsOf(await here.check(fenceSource))).toBe('notDone: StatefulSet postgres 1 → 0');
    expect(wordsOf(await here.does(fenceSource))).toBe('done: StatefulSet postgres at 0, no pod left');
    expect(here.left.before['fence-source']).toEqual({
      standbyLsn: '0/3000000',
      standbyStreamed: true,
      replicas: 1,
      pods: 1,
    });
    expect(here.state.calls).toEqual(['checkpoint east', 'scale east postgres 0']);
  });

  it('is not done while a pod is still ending: it may still write', async () => {
    const here = await stage();
    here.state.ending = true;
    expect(wordsOf(await here.does(fenceSource))).toBe('notDone: 1 pods of postgres ending');
  });

  it('is unknown where there is no such StatefulSet', async () => {
    const here = await stage();
    delete here.state.workloads['east']!['postgres'];
    expect(wordsOf(await here.check(fenceSource))).toBe('unknown: east has no StatefulSet postgres');
  });

  it('throws, which is unknown, where the standby does not say how far it is', async () => {
    const here = await stage();
    here.state.servers['west']!.down = true;
    await expect(here.check(fenceSource)).rejects.toThrow('Postgres in west does not answer');
  });

  it('goes on when the checkpoint beforehand fails: the stop comes first', async () => {
    const here = await stage();
    here.ports.database.checkpoint = () => Promise.reject(new Error('no'));
    expect((await here.does(fenceSource)).is).toBe('done');
  });

  it('run twice leaves the same', async () => {
    const here = await stage();
    await here.does(fenceSource);
    await here.run(fenceSource);
    expect((await here.check(fenceSource)).is).toBe('done');
  });

  it('undone restores the replicas there were, and sees the server answer', async () => {
    const here = await stage();
    here.state.workloads['east']!['postgres']!.wanted = 2;
    await here.does(fenceSource);
    expect(await here.undo(fenceSource)).toEqual({ role: 'primary' });
    expect(here.state.workloads['east']!['postgres']!.wanted).toBe(2);
  });

  it('undone is not undone before the server answers', async () => {
    const here = await stage();
    await here.does(fenceSource);
    const observe = here.ports.database.observe;
    here.ports.database.observe = (region, signal) =>
      region === 'east' ? Promise.reject(new Error('still starting')) : observe(region, signal);
    await expect(here.undo(fenceSource)).rejects.toThrow('still starting');
  });
});

describe.each([
  {
    name: 'a script',
    fence: { strategy: 'exec', stop: ['./stop.sh', 'east'], start: ['./start.sh', 'east'] } as const,
    stop: 'hook ./stop.sh east',
    start: 'hook ./start.sh east',
    ref: './stop.sh east',
  },
  {
    name: 'an endpoint',
    fence: { strategy: 'http', stop: 'https://ops/stop', start: 'https://ops/start' } as const,
    stop: 'hook POST https://ops/stop',
    start: 'hook POST https://ops/start',
    ref: 'https://ops/stop',
  },
])('fencing by $name', ({ fence, stop, start, ref }) => {
  const own = (f: typeof fence) => (f.strategy === 'exec' ? { ...f, stop: [...f.stop], start: [...f.start] } : f);
  const prepared = async () => {
    const here = await stage(own(fence));
    here.state.onHook = () => {
      const east = here.state.servers['east']!;
      east.down = !east.down;
      east.attempt = east.down ? REFUSED : { outcome: 'accepted', how: 'BEGIN READ WRITE' };
    };
    return here;
  };

  it('is done when nobody listens any more, and keeps what it said of the control file', async () => {
    const here = await prepared();
    here.state.hook.report = { state: 'shut down', checkpoint: '0/3000028', other: 1 };
    expect(wordsOf(await here.check(fenceSource))).toBe(`notDone: run ${ref}`);
    expect(wordsOf(await here.does(fenceSource))).toBe(`done: stopped by ${ref}`);
    expect(here.left.evidence['fence-source']).toMatchObject({
      controlState: 'shut down',
      shutdownCheckpoint: '0/3000028',
      attempt: 'unreachable',
    });
    expect(here.state.calls).toEqual(['checkpoint east', stop]);
  });

  it('keeps nothing of a report that says something else', async () => {
    const here = await prepared();
    here.state.hook.report = { state: 7, checkpoint: null };
    await here.does(fenceSource);
    expect(here.left.evidence['fence-source']).toMatchObject({ controlState: null, shutdownCheckpoint: null });
  });

  it('throws with the last words of a hook that failed', async () => {
    const here = await prepared();
    Object.assign(here.state.hook, { ok: false, status: 3, output: 'pg_ctl: no such process' });
    await expect(here.run(fenceSource)).rejects.toThrow('the fence hook ended with 3: pg_ctl: no such process');
    Object.assign(here.state.hook, { status: null });
    await expect(here.run(fenceSource)).rejects.toThrow('ended with no status');
  });

  it('is unknown while there is no answer, and not done while the server refuses: it was to be stopped', async () => {
    const here = await prepared();
    here.state.servers['east']!.attempt = { outcome: 'unreachable', how: 'timed out', connectionRefused: false };
    expect(wordsOf(await here.check(fenceSource))).toBe('unknown: timed out');
    here.state.servers['east']!.attempt = { outcome: 'refused', how: 'read-only' };
    expect(wordsOf(await here.check(fenceSource))).toBe(`notDone: run ${ref}`);
  });

  it('undone starts it again', async () => {
    const here = await prepared();
    await here.does(fenceSource);
    expect(await here.undo(fenceSource)).toEqual({ role: 'primary' });
    expect(here.state.calls.at(-1)).toBe(start);
  });
});

it('undone without a configured start says who has to', async () => {
  const here = await stage({ strategy: 'exec', stop: ['./stop.sh'], start: null });
  await expect(here.undo(fenceSource)).rejects.toThrow('no start is configured for east: start its Postgres by hand');
});

describe('fencing by SQL alone', () => {
  it('closes the databases, says that it is soft, and counts what survives', async () => {
    const here = await stage({ strategy: 'sql' });
    here.state.servers['east']!.prepared = 2;
    expect(wordsOf(await here.does(fenceSource))).toBe(
      'done: eden refuse connections; the server itself still runs (soft)',
    );
    expect(here.left.evidence['fence-source']).toMatchObject({ endedBackends: 4, preparedTransactions: 2 });
  });

  it('undone opens them again', async () => {
    const here = await stage({ strategy: 'sql' });
    await here.does(fenceSource);
    expect(await here.undo(fenceSource)).toEqual({ role: 'primary' });
    expect(here.state.servers['east']!.closedDatabases).toEqual([]);
  });
});
