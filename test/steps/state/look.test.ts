/** How a source's synchronisation stands: stage by stage, what it comes to, and what is said where it does not come off. */
import { describe, expect, it } from 'vitest';
import { IntegrationError } from '../../../src/lib/errors.ts';
import type { JobState } from '../../../src/ports/jobs.ts';
import { wordsOf } from '../stage.ts';
import { BEGAN, ended, MINUTE, moved, onStage, said, served, source } from './stage.ts';

const running = (progress: ReturnType<typeof moved> | null = null): JobState => ({
  is: 'running',
  sinceMs: 12_000,
  progress,
});
const CARRIED = ['snapshot', 'transfer', 'validate'];

describe('before its intent', () => {
  it('says what is to be run, and asks nobody', async () => {
    const on = onStage();
    on.own = { ...on.own!, underWay: false };
    on.job('snapshot', ended());
    expect(wordsOf(await on.look())).toBe('notDone: run ./state.sh snapshot');
    // The same where there is no run at all.
    on.own = undefined;
    expect(wordsOf(await on.look())).toBe('notDone: run ./state.sh snapshot');
  });
  it('an emergency whose time is over does not begin', async () => {
    const on = onStage();
    on.own = { ...on.own!, underWay: false };
    on.now = BEGAN + 5 * MINUTE;
    expect(wordsOf(await on.look())).toBe('done: not synchronised: CRDT state (not begun in time)');
    await on.after();
    on.evidence = { over: { snapshot: {} } };
    expect(wordsOf(await on.look())).toBe('done: not synchronised: CRDT state (no time left for transfer)');
  });
});

describe('a stage', () => {
  it('is started under a key of its attempt, told where it is, and given what is left of the box', async () => {
    const on = await onStage().after('snapshot');
    await on.run();
    expect(on.started).toEqual([
      {
        key: 'eden-1:sync-crdt:transfer:2',
        job: {
          exec: ['./state.sh', 'transfer'],
          env: {
            REGENT_RUN: 'eden-1',
            REGENT_STEP: 'sync-crdt',
            REGENT_STAGE: 'transfer',
            REGENT_SOURCE: 'east',
            REGENT_TARGET: 'west',
            REGENT_ATTEMPT: '2',
            REGENT_TIME_LIMIT_MS: '240000',
          },
          timeoutMs: 4 * MINUTE,
        },
      },
    ]);
  });
  it('has its own time where that is less, or where there is no box', async () => {
    for (const told of [
      { of: source({ timeoutMs: MINUTE }) },
      { mode: 'planned', of: source({ timeoutMs: MINUTE }) },
    ] as const) {
      const on = onStage(told);
      await on.run();
      expect(on.started[0]!.job.timeoutMs).toBe(MINUTE);
    }
  });
  it('that is over is told, and another attempt asked for', async () => {
    const on = onStage().job('snapshot', ended({ report: { rows: 2 } }));
    expect(await on.look()).toEqual({
      is: 'notDone',
      why: 'snapshot is done, transfer comes next',
      final: true,
      again: true,
      evidence: {
        over: { snapshot: { rows: 2, job: 'eden-1:sync-crdt:snapshot:1', exitStatus: 0, tookMs: 9000 } },
        failed: 0,
        underWay: true,
      },
    });
  });
  it('that runs says which it is, and below which rate it is slow where something is carried', async () => {
    const on = await onStage().after('snapshot');
    on.job('transfer', running(moved(412e6)));
    expect(await on.look()).toMatchObject({
      is: 'unknown',
      why: 'transfer: running for 12 s',
      progress: { done: 412e6, total: 900e6, unit: 'bytes', part: 'transfer', rateBelow: 100e6 },
    });
    on.job('transfer', running({ done: 3, total: 9, unit: 'rows' } as never));
    expect(await on.look()).toMatchObject({ progress: { part: 'transfer', unit: 'rows' } });
    expect(((await on.look()) as { progress: object }).progress).not.toHaveProperty('rateBelow');
    on.job('transfer', running());
    expect(await on.look()).toMatchObject({ progress: { done: 0, total: null, unit: '', part: 'transfer' } });
  });
});

describe('the whole of it', () => {
  const whole = async (
    took: number,
    rateBelow: number | null = 100e6,
    unit = 'bytes',
    report: object | null = null,
  ) => {
    const on = await onStage({ rateBelow }).after('snapshot');
    on.job('transfer', ended({ tookMs: took, report: report as never, progress: { done: 900e6, total: 900e6, unit } }));
    await on.next();
    await on.after('validate');
    return await on.job('apply', ended()).look();
  };
  it('says how much, how fast, and that both ends agree', async () => {
    const answer = await whole(9000);
    expect(wordsOf(answer)).toBe('done: 900 MB · 100 MB/s · checksums equal at both ends');
    expect(answer.evidence).toMatchObject({ wholeMs: 36_000, bytes: 900e6, bytesPerSecond: 100e6, checksum: 'ab' });
    expect(answer.evidence).not.toHaveProperty('slow');
    expect(Object.keys(answer.evidence['over'] as object)).toEqual([...CARRIED, 'apply']);
  });
  it('says that it was slow', async () => {
    const answer = await whole(23_684);
    expect(wordsOf(answer)).toBe('done: 900 MB · 38 MB/s, below 100 MB/s · checksums equal at both ends');
    expect(answer.evidence).toMatchObject({ slow: true });
    expect(wordsOf(await whole(23_684, null))).toBe('done: 900 MB · 38 MB/s · checksums equal at both ends');
  });
  it('of what took no time, or is not counted in bytes, no rate is told', async () => {
    expect(wordsOf(await whole(900))).toBe('done: 900 MB · checksums equal at both ends');
    expect(wordsOf(await whole(9000, 1, 'rows'))).toBe('done: 900000000 rows · checksums equal at both ends');
  });
});

describe('checksums', () => {
  const validated = async (checksum: unknown, mode: 'planned' | 'emergency') => {
    const on = await onStage({ mode }).after('snapshot', 'transfer');
    return await on.job('validate', ended({ report: { checksum } })).look();
  };
  it.each([
    [
      'differ',
      { from: 'ab', to: 'cd' },
      'damaged on the way: checksum ab where it was taken, cd where it arrived; not applied',
    ],
    ['one is missing', { from: 'ab' }, 'validate said no checksum of both ends'],
    ['one is empty', { from: '', to: '' }, 'validate said no checksum of both ends'],
    ['are no texts', { from: 1, to: 1 }, 'validate said no checksum of both ends'],
    ['are missing', undefined, 'validate said no checksum of both ends'],
    ['are nothing', null, 'validate said no checksum of both ends'],
  ])('%s: it is carried again, never applied', async (_, checksum, words) => {
    const answer = await validated(checksum, 'planned');
    expect(wordsOf(answer)).toBe(`notDone: ${words}`);
    // The snapshot is as good as it was.
    expect(answer).toMatchObject({ final: true, again: true, evidence: { over: { snapshot: {} }, failed: 1 } });
    expect(Object.keys(answer.evidence['over'] as object)).toEqual(['snapshot']);
  });
  it('in an emergency it is cut there', async () => {
    expect(wordsOf(await validated({ from: 'ab', to: 'cd' }, 'emergency'))).toBe(
      'done: not synchronised: CRDT state (damaged on the way: not applied)',
    );
    expect(wordsOf(await validated(undefined, 'emergency'))).toBe(
      'done: not synchronised: CRDT state (not proven whole: not applied)',
    );
  });
});

describe('over its time, in an emergency', () => {
  const cut = async (after: string[], stage: string, job: JobState) => {
    const on = await onStage().after(...after);
    on.now = BEGAN + 5 * MINUTE + 10;
    return await on.job(stage, job).look();
  };
  const killed = (progress: ReturnType<typeof moved> | null) => ended({ status: null, progress });
  it.each([
    [[], 'snapshot', killed(null), 'cut short in snapshot'],
    [['snapshot'], 'transfer', killed(moved(412e6)), '412 of 900 MB'],
    [['snapshot'], 'transfer', killed(moved(412e6, null)), '412 MB'],
    [['snapshot'], 'transfer', killed(null), 'cut short in transfer'],
    [['snapshot'], 'transfer', { is: 'lost', output: '', progress: moved(412e6) }, '412 of 900 MB'],
    [['snapshot', 'transfer'], 'validate', killed(null), 'cut short in validate'],
    [CARRIED, 'apply', killed(moved(412e6)), 'cut short in apply, so applied in part: 412 of 900 MB'],
    [CARRIED, 'apply', { is: 'never' }, 'no time left for apply'],
  ] as [string[], string, JobState, string][])('%j %s', async (after, stage, job, words) => {
    const answer = await cut(after, stage, job);
    expect(wordsOf(answer)).toBe(`done: not synchronised: CRDT state (${words})`);
    expect(answer.evidence).toMatchObject({
      notSynchronised: stage,
      warning: `not synchronised: CRDT state (${words})`,
    });
  });
  it('what ended well in time counts', async () => {
    expect(wordsOf(await cut(CARRIED, 'apply', ended()))).toMatch(/^done: 900 MB/);
  });
  it('what is being ended is waited for, and not for long', async () => {
    const on = await onStage().after('snapshot');
    on.job('transfer', running(moved(412e6)));
    on.now = BEGAN + 5 * MINUTE + 4999;
    expect((await on.look()).is).toBe('unknown');
    on.now += 1;
    expect(wordsOf(await on.look())).toBe('done: not synchronised: CRDT state (412 of 900 MB)');
  });
  it('nobody is asked over the network any more: silence holds nothing up', async () => {
    const on = await onStage({ of: served() });
    on.answer = async () => said({ report: { state: 'running', done: 412e6, total: 900e6, unit: 'bytes' } });
    on.evidence = { over: { snapshot: {} } };
    await on.look();
    on.now = BEGAN + 5 * MINUTE + 5000;
    on.answer = () => new Promise(() => {});
    expect(wordsOf(await on.look())).toBe('done: not synchronised: CRDT state (412 of 900 MB)');
  });
  it('nothing is begun for which there is no time', async () => {
    const on = onStage();
    on.now = BEGAN + 5 * MINUTE;
    await on.run();
    expect(on.started).toEqual([]);
  });
});

describe('a planned run', () => {
  it('has no box unless there is one', async () => {
    const on = onStage({ mode: 'planned' }).job('snapshot', running());
    on.now = BEGAN + 3600 * MINUTE;
    expect((await on.look()).is).toBe('unknown');
  });
  it('holds when its box is over, and not twice for that', async () => {
    const on = onStage({ mode: 'planned', boxMs: { planned: 10 * MINUTE, emergency: MINUTE } });
    await on.after('snapshot');
    on.job('transfer', ended({ status: null, progress: moved(412e6) }));
    on.now = BEGAN + 10 * MINUTE;
    const answer = await on.next();
    expect(wordsOf(answer)).toBe('notDone: the time box of 10:00 is over: 412 of 900 MB');
    expect(answer).toMatchObject({ final: true, again: false });
    await on.run();
    expect(on.started[0]!.job.timeoutMs).toBe(30 * MINUTE);
  });
});

describe('what fails', () => {
  const failing = ended({ status: 3, output: 'no space left' });
  it('three times in all, whatever the stage: then people are asked', async () => {
    const on = onStage({ mode: 'planned' });
    expect(await on.job('snapshot', failing).next()).toMatchObject({ is: 'notDone', again: true });
    await on.after('snapshot');
    expect(await on.job('transfer', failing).next()).toMatchObject({ again: true, evidence: { failed: 2 } });
    const answer = await on.job('transfer', failing).next();
    expect(answer).toMatchObject({ again: false, evidence: { over: { snapshot: {} } } });
    expect(wordsOf(answer)).toBe('notDone: transfer: it ended with 3 after 9.0 s: no space left');
  });
  it('in an emergency there is no fourth time either, and the run goes on', async () => {
    const on = onStage();
    for (const again of [true, true]) expect(await on.job('snapshot', failing).next()).toMatchObject({ again });
    expect(wordsOf(await on.job('snapshot', failing).next())).toBe(
      'done: not synchronised: CRDT state (snapshot: it ended with 3 after 9.0 s: no space left)',
    );
  });
  it('whose start was refused says so, though it runs only once: nothing was sent', async () => {
    const on = onStage({ mode: 'planned', of: source({ repeat: 'once' }) });
    on.startFails = new IntegrationError('There is no such file.', {
      code: 'hook-not-started',
      system: 'hook',
      operation: 'start',
      effect: 'none',
    });
    await expect(on.run()).rejects.toThrow('no such file');
    expect(await on.look()).toMatchObject({
      is: 'notDone',
      why: 'snapshot: There is no such file.',
      final: true,
      again: false,
    });
  });
  it('that must run once and did is unknown: asked again, it says the same', async () => {
    const on = onStage({ mode: 'planned', of: source({ repeat: 'once' }) }).job('snapshot', failing);
    const answer = await on.look();
    expect(answer).toMatchObject({ is: 'unknown', final: true });
    on.evidence = answer.evidence;
    expect(await on.look()).toEqual(answer);
  });
});

describe('the run goes on by another plan', () => {
  it('that waits for this attempt: the next one goes on with its job', async () => {
    const on = await onStage({ mode: 'planned' }).after('snapshot');
    on.job('transfer', running(moved(412e6)));
    on.own = { ...on.own!, isLeft: true };
    expect(await on.next()).toMatchObject({ is: 'notDone', why: 'transfer goes on', final: true, again: true });
    on.own = { ...on.own, isLeft: false };
    await on.run();
    expect(on.started).toEqual([]);
    expect(await on.look()).toMatchObject({ is: 'unknown', progress: { done: 412e6, part: 'transfer' } });
    on.jobs['eden-1:sync-crdt:transfer:2'] = ended({ progress: moved(900e6) });
    expect(await on.next()).toMatchObject({ why: 'transfer is done, validate comes next' });
    // What comes next is its own.
    await on.run();
    expect(on.started.map(({ key }) => key)).toEqual(['eden-1:sync-crdt:validate:4']);
  });
});

describe('endpoints', () => {
  it('are sent a key, and asked by it', async () => {
    const on = onStage({ of: served() });
    await on.run();
    expect(on.calls).toEqual([
      {
        http: {
          url: 'https://ops.example.com/snapshot',
          method: 'POST',
          body: {
            key: 'eden-1:sync-crdt:snapshot:1',
            run: 'eden-1',
            step: 'sync-crdt',
            stage: 'snapshot',
            source: 'east',
            target: 'west',
            timeLimitMs: 240_000,
          },
          headers: { 'Idempotency-Key': 'eden-1:sync-crdt:snapshot:1' },
        },
      },
    ]);
    on.answer = async () => said({ report: { state: 'done', rows: 2, done: 900e6, total: 900e6, unit: 'bytes' } });
    expect(await on.look()).toMatchObject({
      why: 'snapshot is done, transfer comes next',
      // It does not say how long it took: from its intent until it was seen.
      evidence: { over: { snapshot: { rows: 2, tookMs: MINUTE, amount: 900e6, unit: 'bytes' } } },
    });
    expect(on.calls.at(-1)).toEqual({
      http: { url: 'https://ops.example.com/is?key=eden-1%3Async-crdt%3Asnapshot%3A1', method: 'GET' },
    });
  });
  it('that refuse are a failure; that say failed say why', async () => {
    const on = onStage({ of: served(), mode: 'planned' });
    on.answer = async () => said({ ok: false, status: 503 });
    await expect(on.run()).rejects.toThrow('POST https://ops.example.com/snapshot answered 503');
    on.answer = async () => said({ report: { state: 'never' } });
    expect(wordsOf(await on.look())).toBe('notDone: snapshot: POST https://ops.example.com/snapshot answered 503');
    on.attempt = 2;
    on.answer = async () => said({ report: { state: 'failed', why: 'no space left' } });
    expect(wordsOf(await on.look())).toBe('notDone: snapshot: no space left');
  });
  it('compare checksums like scripts', async () => {
    const on = onStage({ of: served(), mode: 'planned' });
    on.evidence = { over: { snapshot: {}, transfer: {} } };
    on.answer = async () => said({ report: { state: 'done', checksum: { from: 'ab', to: 'cd' } } });
    expect(wordsOf(await on.look())).toContain('damaged on the way');
  });
});

describe('undone', () => {
  it('it is left as it is, once nothing of it runs', async () => {
    const on = onStage().job('snapshot', running());
    await expect(on.undo()).rejects.toThrow('its snapshot still runs');
    on.job('snapshot', ended());
    expect(await on.undo()).toEqual({ kept: true });
  });
});
