/** The owner's own steps: where they stand in a run, what they start, and what they say of it. */
import { describe, expect, it } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import type { Evidence, PlanValues } from '../../src/machine/types.ts';
import type { HookCall, HookResult } from '../../src/ports/hook.ts';
import type { Job, JobState } from '../../src/ports/jobs.ts';
import { withOwnSteps } from '../../src/steps/own-steps.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import { nodesFor, type Ports, type Runbook, type StepFacts, stepsOf } from '../../src/steps/step.ts';
import type { ConfiguredStep } from '../../src/steps/system.ts';
import { stage, wordsOf } from './stage.ts';
import { system } from './system.ts';

const configured = (more: Partial<ConfiguredStep> = {}): ConfiguredStep => ({
  id: 'sync-config',
  title: 'Copy configuration to {target}',
  help: null,
  runbooks: ['planned'],
  phase: 'preparing',
  after: [],
  repeat: 'once',
  does: { exec: ['./sync.sh', '--region={alias}', '{run}'] },
  check: null,
  undo: null,
  timeoutMs: 1_800_000,
  onFailure: 'hold',
  ...more,
});
const CHECK: Partial<ConfiguredStep> = { check: { exec: ['./synced.sh', '{target}'] } };
const ENDPOINT: Partial<ConfiguredStep> = {
  does: { start: 'https://ops.example.com/{targetAlias}/sync?token=t', status: null },
};
const WITH_STATUS: Partial<ConfiguredStep> = {
  does: { start: 'https://ops.example.com/sync', status: 'https://ops.example.com/status?of={run}' },
};

const said = (more: Partial<HookResult>): HookResult => ({ ok: true, status: 200, report: null, output: '', ...more });
const KEY = 'eden-1:sync-config:1';

/** One own step on the stage; `left` is what the journal knows of it. */
async function set(
  more: Partial<ConfiguredStep> = {},
  left: { before?: Evidence; endedAt?: number; attempt?: number } = {},
) {
  const on = await stage(undefined, { scripts: [configured(more)] });
  const step = stepsOf(withOwnSteps(planned, on.system)).find(({ id }) => id === 'sync-config')!;
  const calls: { call: HookCall; timeoutMs: number }[] = [];
  let answers: (HookResult | Error)[] = [];
  const started: { key: string; job: Job }[] = [];
  const ports: Ports = {
    ...on.ports,
    hook: {
      run: async (call, timeoutMs) => {
        calls.push({ call, timeoutMs });
        const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    jobs: {
      ...on.ports.jobs,
      start: async (key, job, signal) => {
        started.push({ key, job });
        await on.ports.jobs.start(key, job, signal);
      },
    },
  };
  const handed: Ports & StepFacts = {
    ...ports,
    run: 'eden-1',
    requestedBy: 'UANA',
    attempt: left.attempt ?? 1,
    source: 'east',
    target: 'west',
    values: on.values,
    mode: 'planned',
    bounds: on.plan.bounds,
    system: on.system,
    signal: new AbortController().signal,
    evidenceOf: () => null,
    beforeOf: () => left.before ?? null,
    endedOf: () => left.endedAt ?? null,
  };
  return {
    step,
    started,
    jobs: on.state.jobs,
    calls,
    handed,
    /** What scripts and endpoints answer, in turn; the last one stays. */
    answers: (...list: (HookResult | Error)[]) => {
      answers = list;
    },
    look: (facts: Partial<StepFacts> = {}) => step.check({ ...handed, ...facts }),
    run: (facts: Partial<StepFacts> = {}) => step.run!({ ...handed, ...facts }),
    undo: () => {
      if (typeof step.undo !== 'function') throw new Error('no undo');
      return step.undo({ ...handed, before: {} });
    },
  };
}
const ended = (more: Partial<JobState & { is: 'ended' }> = {}): JobState => ({
  is: 'ended',
  status: 0,
  tookMs: 41_000,
  report: null,
  output: '',
  ...more,
});

describe('their places', () => {
  const placed = (...steps: Partial<ConfiguredStep>[]): Runbook =>
    withOwnSteps(planned, system(undefined, { scripts: steps.map(configured) }));
  const order = (runbook: Runbook) => runbook.nodes.map((node) => node.id);
  const node = (runbook: Runbook, id: string) => runbook.nodes.find((one) => one.id === id)!;

  it('none: the runbook as it is', () => {
    expect(withOwnSteps(planned, system())).toEqual(planned);
  });

  it('behind the runbook’s own of their phase, in the order they are written', () => {
    const phases = ['validating', 'assessing', 'preparing', 'promoting', 'redirecting', 'verifying'] as const;
    const runbook = placed(
      ...phases.map((phase) => ({ id: `own-${phase}`, phase })),
      { id: 'second', phase: 'preparing' },
      { id: 'own-securing', phase: 'securing' },
      { id: 'own-closing', phase: 'closing' },
      { id: 'own-end', phase: 'atEnd' },
    );
    const steps = stepsOf(runbook);
    const ranks = [
      'validating',
      'assessing',
      'preparing',
      'promoting',
      'redirecting',
      'verifying',
      'securing',
      'closing',
      'atEnd',
    ];
    for (const phase of phases) {
      const own = steps.findIndex(({ id }) => id === `own-${phase}`);
      const theirs = stepsOf(planned)
        .filter((step) => step.phase === phase)
        .map(({ id }) => id);
      for (const id of theirs) expect(order(runbook).indexOf(id)).toBeLessThan(order(runbook).indexOf(`own-${phase}`));
      // Nothing of a later phase stands before it.
      expect(steps.slice(0, own).every((one) => ranks.indexOf(one.phase) <= ranks.indexOf(phase))).toBe(true);
    }
    expect(order(runbook)[order(runbook).indexOf('own-preparing') + 1]).toBe('second');
    const late = order(runbook).filter((id) => /^own-(securing|closing|end)$/.test(id));
    expect([late, order(runbook).at(-1)]).toEqual([['own-securing', 'own-closing', 'own-end'], 'own-end']);
    // All that was there is there, in its order.
    expect(order(runbook).filter((id) => order(planned).includes(id))).toEqual(order(planned));
  });

  it('what only asks before people decide is asked before they are', () => {
    const asks = { does: null, ...CHECK };
    const runbook = placed(
      { id: 'a', phase: 'validating', ...asks },
      { id: 'b', phase: 'assessing', ...asks },
      { id: 'c', phase: 'preparing', ...asks },
      { id: 'd', phase: 'assessing' },
    );
    const own = (node(planned, 'promote') as { after: string[] }).after;
    expect(node(runbook, 'promote')).toMatchObject({ after: [...own, 'a', 'b'] });
    expect(node(runbook, 'dns')).toEqual(node(planned, 'dns'));
    // The runbook itself is not touched.
    expect(node(planned, 'promote')).toMatchObject({ after: own });
  });

  it('nothing of its own promotes before the target is proven to take writes, unless it says what it waits for', () => {
    const at = (more: Partial<ConfiguredStep>) => node(placed({ phase: 'promoting', ...more }), 'sync-config').after;
    expect(at({})).toEqual(['prove-target-writable']);
    expect(at({ after: ['prove-fence'] })).toEqual(['prove-fence']);
    expect(at({ does: null, ...CHECK })).toEqual([]);
    const other: Runbook = { name: 'planned', nodes: planned.nodes.filter(({ id }) => id !== 'prove-target-writable') };
    const all = stepsOf(other)
      .filter(({ phase }) => phase === 'promoting')
      .map(({ id }) => id);
    const alone = withOwnSteps(other, system(undefined, { scripts: [configured({ phase: 'promoting' })] }));
    expect(node(alone, 'sync-config').after).toEqual(all);
  });

  it.each([
    [
      'an id the runbook has',
      [{ id: 'switch-dns' }],
      'the id switch-dns of “Copy configuration to {target}” belongs to “Point DNS at {target}” already',
    ],
    [
      'an id twice',
      [{}, { title: 'Another' }],
      'the id sync-config of “Another” belongs to “Copy configuration to {target}” already',
    ],
    ['a gate’s id', [{ id: 'promote' }], 'belongs to “Approve promotion” already'],
    [
      'after no step',
      [{ after: ['scale-up'] }],
      '(sync-config) is to come after scale-up, and there is no step scale-up',
    ],
    ['after a gate', [{ after: ['promote'] }], 'there is no step promote'],
    [
      'after a later phase',
      [{ after: ['switch-dns'] }],
      'switch-dns, which belongs to a later phase (redirecting; its own is preparing)',
    ],
    ['after itself', [{ after: ['sync-config'] }], 'itself'],
    [
      'in a circle',
      [{ after: ['b'] }, { id: 'b', after: ['c'] }, { id: 'c', after: ['sync-config'] }],
      'itself, by way of other steps',
    ],
  ] as [string, Partial<ConfiguredStep>[], string][])('refused: %s', (_, steps, words) => {
    const make = () => placed(...steps);
    expect(make).toThrow(words);
    expect(make).toThrow(expect.objectContaining({ name: 'ConfigError' }));
  });

  it('may come after one another, also one that is written later', () => {
    const runbook = placed({ after: ['b', 'scale-up-target'] }, { id: 'b' });
    expect(node(runbook, 'sync-config').after).toEqual(['b', 'scale-up-target']);
  });
});

describe('as data', () => {
  const nodeOf = (more: Partial<ConfiguredStep>) => {
    const own = system(undefined, { scripts: [configured(more)] });
    return nodesFor(withOwnSteps(planned, own), own, 'east', 'west').find(({ id }) => id === 'sync-config')!;
  };
  it('has the time its script is given, and some more to see it end', () => {
    expect(nodeOf({})).toMatchObject({
      title: 'Copy configuration to west',
      effect: true,
      repeat: 'once',
      noUndo: null,
      onFailure: 'hold',
      budgetMs: 1_830_000,
    });
    expect(nodeOf({ onFailure: 'rollback', repeat: 'idempotent' })).toMatchObject({
      onFailure: 'rollback',
      repeat: 'idempotent',
    });
    expect(nodeOf({ undo: 'Sent mail stays sent.' })).toMatchObject({ noUndo: 'Sent mail stays sent.' });
    expect(nodeOf({ does: null, ...CHECK, timeoutMs: 60_000 })).toMatchObject({ effect: false, budgetMs: 60_000 });
  });
  it('no call of it lasts 30 s', async () => {
    for (const more of [{}, ENDPOINT, { undo: { exec: ['./back.sh'] } }, { does: null }] as Partial<ConfiguredStep>[])
      expect((await set({ ...CHECK, ...more })).step.callMs ?? 10_000).toBeLessThan(30_000);
  });
  it.each([
    ['a script', {}],
    ['a script with a check', { ...CHECK, repeat: 'verifiable' }],
    ['an endpoint', { ...ENDPOINT, check: { url: 'https://x.example.com/synced?token=t' } }],
    ['an endpoint with a status', WITH_STATUS],
    ['a check', { does: null, ...CHECK }],
  ] as [string, Partial<ConfiguredStep>][])('says to whoever is on call what it is about: %s', async (_, more) => {
    const { about } = (await set({ help: 'Services of the target read it', ...more })).step;
    expect(about!.does).toMatch(/^Services of the target read it\. \w/);
    for (const text of [about!.does, about!.asks, ...about!.whenItStops]) {
      expect(text).toMatch(/^[A-Z“].*\.$/);
      expect(text).not.toMatch(/undefined|null|token=| {2}/);
    }
    expect(about!.whenItStops.length).toBeGreaterThan(1);
  });
});

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

describe('an endpoint', () => {
  const yes = said({ status: 0 });
  const no = said({ ok: false, status: 1 });
  const TO_DO = 'notDone: run POST https://ops.example.com/secondary/sync?…';

  it('is sent what it is to do, with a key that makes it happen once', async () => {
    const on = await set({ ...ENDPOINT, ...CHECK });
    on.answers(said({}));
    await on.run();
    const body = { key: KEY, run: 'eden-1', step: 'sync-config', source: 'east', target: 'west' };
    expect(on.calls.map(({ call }) => call)).toEqual([
      {
        http: {
          url: 'https://ops.example.com/secondary/sync?token=t',
          method: 'POST',
          body,
          headers: { 'Idempotency-Key': KEY },
        },
      },
    ]);
    expect(on.calls[0]!.timeoutMs).toBeLessThan(on.step.callMs!);
  });

  describe('that can be asked', () => {
    it.each([
      [{ state: 'never' }, 'notDone: run POST https://ops.example.com/sync', undefined],
      [{ state: 'running' }, 'unknown: it is running', undefined],
      [
        { state: 'running', done: 3, total: 9, unit: 'rows', summary: 'table 2 of 4' },
        'unknown: table 2 of 4',
        undefined,
      ],
      [{ state: 'done' }, 'done: ops.example.com/status says done', undefined],
      [{ state: 'done', summary: '9 rows', rows: 9 }, 'done: 9 rows', undefined],
      [{ state: 'failed', why: 'disk full' }, 'unknown: disk full', true],
      [{ state: 'failed' }, 'unknown: ops.example.com/status says failed', true],
    ] as [HookResult['report'], string, true | undefined][])('%j', async (report, words, final) => {
      const on = await set(WITH_STATUS);
      on.answers(said({ report }));
      const answer = await on.look();
      expect([wordsOf(answer), 'final' in answer ? answer.final : undefined]).toEqual([words, final]);
      expect(on.calls.map(({ call }) => call)).toEqual([
        { http: { url: `https://ops.example.com/status?of=eden-1&key=${encodeURIComponent(KEY)}`, method: 'GET' } },
      ]);
      if (report?.['done'] === 3) expect(answer).toMatchObject({ progress: { done: 3, total: 9, unit: 'rows' } });
      if (report?.['rows'] === 9) expect(answer.evidence).toMatchObject({ rows: 9, key: KEY });
    });

    it.each([
      [said({ ok: false, status: 500 }), 'answered 500'],
      [said({ ok: false, status: 404 }), 'answered 404'],
      [said({ ok: false, status: null }), 'was cut off'],
      [said({ report: { state: 'half' } }), 'does not say in what state it is'],
      [said({}), 'does not say in what state it is'],
    ])('and says nothing: nobody knows. %j', async (answer, words) => {
      const on = await set(WITH_STATUS);
      on.answers(answer);
      await expect(on.look()).rejects.toThrow(words);
    });

    it('and may run again: failed is a no, and for good', async () => {
      const on = await set({ ...WITH_STATUS, repeat: 'idempotent' });
      on.answers(said({ report: { state: 'failed', why: 'disk full' } }));
      expect(await on.look()).toMatchObject({ is: 'notDone', why: 'disk full', final: true });
    });
  });

  describe('that cannot be asked', () => {
    const only = (more: Partial<ConfiguredStep> = {}, left = {}) => set({ ...ENDPOINT, ...CHECK, ...more }, left);
    it('its check decides before it is sent anything', async () => {
      const on = await only();
      for (const [answer, words] of [
        [yes, 'done: ./synced.sh west says yes'],
        [no, TO_DO],
        [said({ ok: false, status: 2 }), 'unknown: ./synced.sh west ended with 2'],
      ] as const) {
        on.answers(answer);
        expect(wordsOf(await on.look())).toBe(words);
      }
    });

    it.each([
      [
        'once, not so yet: it may still be at it',
        'once',
        'unknown: it was sent, and not so yet: ./synced.sh west says no',
      ],
      ['what may be repeated', 'verifiable', TO_DO],
    ] as const)('after it was sent: %s', async (_, repeat, words) => {
      const on = await only({ repeat }, { before: {} });
      on.answers(no);
      expect(wordsOf(await on.look())).toBe(words);
      on.answers(yes);
      expect((await on.look()).is).toBe('done');
    });

    it('its second attempt is to be sent, and then asked about', async () => {
      const before = await only({}, { before: {}, attempt: 2, endedAt: 5 });
      before.answers(no);
      expect(wordsOf(await before.look())).toBe(TO_DO);
      const after = await only({}, { before: {}, attempt: 2 });
      after.answers(no);
      expect((await after.look()).is).toBe('unknown');
    });

    const nothingSent = new IntegrationError('nobody listens', {
      code: 'hook-not-started',
      system: 'hook',
      operation: 'http',
      effect: 'none',
    });
    it.each([
      [
        'refused',
        said({ ok: false, status: 500, output: 'no' }),
        { is: 'unknown', why: 'POST https://ops.example.com/secondary/sync?… answered 500: no', final: true },
      ],
      ['never reached', nothingSent, { is: 'notDone', why: 'nobody listens' }],
      [
        'cut off',
        said({ ok: false, status: null, output: 'no answer' }),
        { is: 'unknown', why: 'it was sent, and not so yet: ./synced.sh west says no' },
      ],
    ] as const)('once, %s: what that means is known at once', async (_, answer, seen) => {
      const on = await only({}, { before: {} });
      on.answers(answer);
      await expect(on.run()).rejects.toThrow();
      on.answers(no);
      const { evidence, ...rest } = await on.look();
      expect(rest).toEqual(seen);
      expect(evidence).toMatchObject({ status: 1 });
    });
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
