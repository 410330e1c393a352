/** What the owner's own scripts do, what they say of it, and how it is undone. */
import { describe, expect, it } from 'vitest';
import type { PlanValues } from '../../src/machine/types.ts';
import type { HookResult } from '../../src/ports/hook.ts';
import type { JobState } from '../../src/ports/jobs.ts';
import type { ConfiguredStep } from '../../src/steps/system.ts';
import { CHECK, ended, KEY, said, set } from './own-steps.rig.ts';
import { wordsOf } from './stage.ts';

describe('a script', () => {
  it('that never ran is to be run: with what, and nothing is touched by asking', async () => {
    const on = await set();
    expect(await on.look()).toEqual({ is: 'notDone', why: 'run ./sync.sh --region=secondary eden-1', evidence: {} });
    expect([on.started, on.calls]).toEqual([[], []]);
  });

  it('is started as a job under the key of its attempt, with its time limit, and told where it is', async () => {
    const on = await set();
    expect(await on.run({ attempt: 2 })).toBeUndefined();
    expect(on.started).toEqual([
      {
        key: 'eden-1:sync-config:2',
        job: {
          exec: ['./sync.sh', '--region=secondary', 'eden-1'],
          env: {
            REGENT_RUN: 'eden-1',
            REGENT_STEP: 'sync-config',
            REGENT_SOURCE: 'east',
            REGENT_TARGET: 'west',
            REGENT_ATTEMPT: '2',
          },
          timeoutMs: 1_800_000,
        },
      },
    ]);
    on.jobs[KEY] = ended({ status: 3 });
    expect(wordsOf(await on.look())).toContain('it ended with 3');
    expect(wordsOf(await on.look({ attempt: 2 }))).toContain('running');
    expect(wordsOf(await on.look({ attempt: 3 }))).toContain('run ./sync.sh');
  });

  it.each([
    [{ is: 'running', sinceMs: 12_000, progress: null }, 'unknown: running for 12 s', undefined],
    [
      { is: 'running', sinceMs: 400, progress: { done: 1, total: 4, unit: 'bytes' } },
      'unknown: running for 0.4 s',
      undefined,
    ],
    [ended(), 'done: ended with 0 after 41 s', undefined],
    [ended({ report: { summary: '675 MB\ncopied', sha256: 'abc' } }), 'done: 675 MB copied', undefined],
    [ended({ report: { summary: 7, sha256: 'abc' } }), 'done: ended with 0 after 41 s', undefined],
    [
      ended({ status: 3, output: 'copying\nno space left\n' }),
      'unknown: it ended with 3 after 41 s: no space left',
      true,
    ],
    [ended({ status: 3, output: '{"half":1}' }), 'unknown: it ended with 3 after 41 s', true],
    [ended({ status: null }), 'unknown: it was ended by its time limit or a signal after 41 s', true],
    [
      { is: 'lost', output: 'copying' },
      'unknown: it was started, it runs no more, and nobody knows how it ended: copying',
      true,
    ],
  ] as [JobState, string, true | undefined][])('run once: %j', async (job, words, final) => {
    const on = await set();
    on.jobs[KEY] = job;
    const answer = await on.look();
    expect(wordsOf(answer)).toBe(words);
    expect('final' in answer ? answer.final : undefined).toBe(final);
    if (job.is !== 'running') expect(answer.evidence).toMatchObject({ job: KEY });
    else expect('progress' in answer ? answer.progress : null).toEqual(job.progress);
  });

  it('its report joins the evidence, under what we know better', async () => {
    const on = await set();
    on.jobs[KEY] = ended({ report: { bytes: 675, sha256: 'abc', tookMs: 1, exitStatus: 9 } });
    expect((await on.look()).evidence).toEqual({ bytes: 675, sha256: 'abc', job: KEY, exitStatus: 0, tookMs: 41_000 });
    on.jobs[KEY] = ended({ status: 3, report: { bytes: 10 }, output: 'x\nfull' });
    expect((await on.look()).evidence).toMatchObject({ bytes: 10, exitStatus: 3, output: 'x\nfull' });
  });

  it.each([
    [ended({ status: 3 }), 'notDone: it ended with 3 after 41 s'],
    [{ is: 'lost', output: '' }, 'notDone: it was started, it runs no more, and nobody knows how it ended'],
  ] as [JobState, string][])('that may run again says no, and for good: %j', async (job, words) => {
    const on = await set({ repeat: 'idempotent' });
    on.jobs[KEY] = job;
    const answer = await on.look();
    expect([wordsOf(answer), answer]).toMatchObject([words, { final: true }]);
  });

  it('is run as it stands in the plan that was approved', async () => {
    const on = await set();
    const values = (scripts: PlanValues['scripts']) => ({ values: { ...on.handed.values, scripts } });
    const other = { does: { exec: ['./other.sh'] }, check: null, undo: null };
    expect(wordsOf(await on.look(values({ 'sync-config': other })))).toBe('notDone: run ./other.sh');
    await expect(on.look(values({}))).rejects.toThrow('the plan does not know the step sync-config');
  });
});

describe('a script with a check', () => {
  const yes = said({ status: 0 });
  const no = said({ ok: false, status: 1, output: '2 keys differ' });
  const nobody = said({ ok: false, status: 2 });
  const running: JobState = { is: 'running', sinceMs: 1000, progress: { done: 1, total: 2, unit: 'rows' } };
  const never: JobState = { is: 'never' };
  const lost: JobState = { is: 'lost', output: '' };
  const failed = ended({ status: 3 });
  const NO_SPACE = 'it ended with 3 after 41 s';
  const LOST = 'it was started, it runs no more, and nobody knows how it ended';

  it.each([
    // The check decides.
    ['once', never, yes, 'done: ./synced.sh west says yes', false],
    ['once', never, no, 'notDone: run ./sync.sh --region=secondary eden-1', false],
    ['once', never, nobody, 'unknown: ./synced.sh west ended with 2', false],
    ['once', ended(), yes, 'done: ./synced.sh west says yes', false],
    ['once', failed, yes, 'done: ./synced.sh west says yes', false],
    ['once', lost, yes, 'done: ./synced.sh west says yes', false],
    // It came to its end and is not seen: never a reason to run it twice.
    ['once', ended(), no, 'unknown: ./synced.sh west says no: 2 keys differ', false],
    ['verifiable', ended(), no, 'notDone: ./synced.sh west says no: 2 keys differ', false],
    ['idempotent', ended(), nobody, 'unknown: ./synced.sh west ended with 2', false],
    // It failed.
    ['once', failed, no, `unknown: ${NO_SPACE}`, true],
    ['verifiable', failed, no, `notDone: ${NO_SPACE}`, true],
    ['verifiable', failed, nobody, `unknown: ${NO_SPACE}`, true],
    ['idempotent', failed, no, `notDone: ${NO_SPACE}`, true],
    ['idempotent', failed, nobody, `notDone: ${NO_SPACE}`, true],
    ['once', lost, no, `unknown: ${LOST}`, true],
    ['verifiable', lost, no, `unknown: ${LOST}`, true],
    ['idempotent', lost, no, `notDone: ${LOST}`, true],
  ] as [ConfiguredStep['repeat'], JobState, HookResult, string, boolean][])(
    '%s, %j, %j: %s',
    async (repeat, job, answer, words, final) => {
      const on = await set({ ...CHECK, repeat });
      on.jobs[KEY] = job;
      on.answers(answer);
      const seen = await on.look();
      expect([wordsOf(seen), 'final' in seen]).toEqual([words, final]);
    },
  );

  it('is not asked while the script runs: half done is not done', async () => {
    const on = await set(CHECK);
    on.jobs[KEY] = running;
    on.answers(yes);
    const answer = await on.look();
    expect([wordsOf(answer), answer]).toMatchObject(['unknown: running for 1.0 s', { progress: { done: 1 } }]);
    expect(on.calls).toEqual([]);
  });

  it('is asked with the run’s names in its environment, for less than a call’s time', async () => {
    const on = await set({ check: { exec: ['./synced.sh', '{run}'] } });
    on.answers(yes);
    await on.look();
    expect(on.calls).toMatchObject([
      { call: { exec: ['./synced.sh', 'eden-1'], env: { REGENT_STEP: 'sync-config', REGENT_ATTEMPT: '1' } } },
    ]);
    expect(on.calls[0]!.timeoutMs).toBeLessThan(30_000);
  });

  it('that cannot be asked does not hide what the script itself says', async () => {
    const on = await set(CHECK);
    on.jobs[KEY] = failed;
    on.answers(new Error('no such file'));
    expect(wordsOf(await on.look())).toBe(`unknown: ${NO_SPACE}`);
    on.jobs[KEY] = never;
    expect(wordsOf(await on.look())).toBe('unknown: no such file');
  });

  it('both say what they saw, and the script’s own words come first', async () => {
    const on = await set(CHECK);
    on.jobs[KEY] = ended({ report: { summary: '675 keys copied', keys: 675 } });
    on.answers(said({ status: 0, report: { summary: 'the same', differ: 0 } }));
    const answer = await on.look();
    expect(wordsOf(answer)).toBe('done: 675 keys copied');
    expect(answer.evidence).toMatchObject({ keys: 675, differ: 0, exitStatus: 0, asked: './synced.sh west' });
    on.jobs[KEY] = ended();
    expect(wordsOf(await on.look())).toBe('done: the same');
  });

  it.each([
    [said({}), 'done: GET https://x.example.com/eden-1 says yes'],
    [said({ report: { done: true } }), 'done: GET https://x.example.com/eden-1 says yes'],
    [said({ report: { done: false, summary: '2 keys differ' } }), 'notDone: run'],
    [said({ ok: false, status: 404 }), 'notDone: run'],
    [said({ ok: false, status: 409 }), 'notDone: run'],
    [
      said({ ok: false, status: 503, output: 'not\ntoday' }),
      'unknown: GET https://x.example.com/eden-1 answered 503: today',
    ],
    [
      said({ ok: false, status: null, output: 'no answer within 20 s' }),
      'unknown: GET https://x.example.com/eden-1 was cut off: no answer within 20 s',
    ],
  ] as [HookResult, string][])('at an address: %j', async (answer, words) => {
    const on = await set({ check: { url: 'https://x.example.com/{run}' } });
    on.answers(answer);
    expect(wordsOf(await on.look())).toContain(words);
    expect(on.calls[0]!.call).toEqual({ http: { url: 'https://x.example.com/eden-1', method: 'GET' } });
  });
});

describe('a check of the owner’s', () => {
  const ONLY: Partial<ConfiguredStep> = { does: null, phase: 'assessing', ...CHECK };
  it('changes nothing and has nothing to undo', async () => {
    const { step } = await set(ONLY);
    expect([step.run, step.undo, step.repeat]).toEqual([undefined, undefined, 'idempotent']);
  });
  it.each([
    [said({ status: 0 }), 'done: ./synced.sh west says yes', []],
    [
      said({ ok: false, status: 1, output: 'no' }),
      'notDone: ./synced.sh west says no: no',
      ['./synced.sh west says no: no'],
    ],
    [said({ ok: false, status: 5 }), 'unknown: ./synced.sh west ended with 5', ['./synced.sh west ended with 5']],
    [new Error('no such file'), 'unknown: no such file', ['no such file']],
  ] as [HookResult | Error, string, string[]][])('%j', async (answer, words, trouble) => {
    const on = await set(ONLY);
    on.answers(answer);
    const seen = await on.look();
    expect([wordsOf(seen), seen.evidence['trouble']]).toEqual([words, trouble]);
  });
});

describe('undoing', () => {
  it('nothing of it needs it: it says that it was left', async () => {
    const on = await set();
    on.jobs[KEY] = ended();
    expect(await on.undo()).toEqual({ kept: true });
  });
  it('it cannot be', async () => {
    const on = await set({ undo: 'Sent mail stays sent.' });
    expect(on.step.undo).toEqual({ impossible: 'Sent mail stays sent.' });
  });
  it('by a script, which must end well', async () => {
    const on = await set({ undo: { exec: ['./back.sh', '{run}', '{source}'] } });
    on.answers(said({ status: 0, report: { restored: 675 } }));
    expect(await on.undo()).toEqual({ restored: 675, status: 0 });
    expect(on.calls).toMatchObject([
      { call: { exec: ['./back.sh', 'eden-1', 'east'], env: { REGENT_RUN: 'eden-1' } } },
    ]);
    expect(on.calls[0]!.timeoutMs).toBeLessThan(on.step.callMs!);
    on.answers(said({ ok: false, status: 2, output: 'busy' }));
    await expect(on.undo()).rejects.toThrow('./back.sh eden-1 east ended with 2: busy');
  });
  it('by an endpoint, which is sent the key', async () => {
    const on = await set({ undo: { url: 'https://ops.example.com/back?token=t' } });
    on.answers(said({}));
    await on.undo();
    expect(on.calls).toMatchObject([
      {
        call: {
          http: { method: 'POST', body: { key: KEY, step: 'sync-config' }, headers: { 'Idempotency-Key': KEY } },
        },
      },
    ]);
    on.answers(said({ ok: false, status: 500 }));
    await expect(on.undo()).rejects.toThrow('POST https://ops.example.com/back?… answered 500');
  });
  it('never while it still runs', async () => {
    const on = await set({ undo: { exec: ['./back.sh'] } });
    on.jobs[KEY] = { is: 'running', sinceMs: 1, progress: null };
    on.answers(said({ status: 0 }));
    await expect(on.undo()).rejects.toThrow('it still runs');
    expect(on.calls).toEqual([]);
  });
});
