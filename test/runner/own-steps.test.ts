/**
 * The owner's scripts under the runner, over real processes: whenever Regent dies, a script that must run once has run
 * once, and its outcome is what it says itself.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scriptJobs } from '../../src/integrations/hook/jobs.ts';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import type { Progress } from '../../src/ports/answer.ts';
import type { Jobs } from '../../src/ports/jobs.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { StepWork } from '../../src/runner/step-work.ts';
import { systemClock } from '../../src/runner/time.ts';
import { withOwnSteps } from '../../src/steps/own-steps.ts';
import { makePlan } from '../../src/steps/planning.ts';
import type { Runbook } from '../../src/steps/step.ts';
import type { ConfiguredStep } from '../../src/steps/system.ts';
import type { HandClock } from '../support/hand-clock.ts';
import { noRules } from '../support/no-rules.ts';
import { rig, scripted } from '../support/runner.ts';

const RUN = 'eden-1';
/** Real time: processes know no other. Nothing here waits for it but for what they do. */
const clock = { ...systemClock, advance: () => never(), until: () => never(), sleepers: () => 0 } as HandClock;
const never = (): Promise<never> => Promise.reject(new Error('time is not in hand here'));

describe('a script that must run once', () => {
  let dir: string;
  let journal: Journal;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'regent-own-'));
    journal = sqliteJournal({ path: ':memory:' });
  });
  afterEach(async () => {
    await journal.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const ran = (): number =>
    existsSync(join(dir, 'ran')) ? readFileSync(join(dir, 'ran'), 'utf8').trim().split('\n').length : 0;
  const write = (body: string) => writeFileSync(join(dir, 'sync.sh'), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const real = () =>
    scriptJobs({ allow: ['sync.sh'], baseDir: dir, env: [], killAfterMs: 200, directory: join(dir, 'jobs') });

  const configured = (more: Partial<ConfiguredStep>): ConfiguredStep => ({
    id: 'sync',
    title: 'Copy configuration',
    help: null,
    runbooks: ['planned'],
    phase: 'preparing',
    after: [],
    repeat: 'once',
    does: { exec: ['./sync.sh'] },
    check: null,
    undo: null,
    timeoutMs: 20_000,
    onFailure: 'hold',
    ...more,
  });

  /** One Regent after another over the same journal: each with its own token, and its own way to die. */
  async function regent(jobs: Jobs, more: Partial<ConfiguredStep> = {}) {
    const scripts = [configured(more)];
    const base: Runbook = { name: 'planned', nodes: [scripted('scale')] };
    const self = await rig({ ...withOwnSteps(base, { ...noRules, scripts }), journal, clock, ports: { jobs } });
    self.system.scripts = scripts;
    self.system.pollMs = 20;
    if (self.ledger.view(RUN) === undefined) {
      await self.begin();
      const asked = { runbook: 'planned', mode: 'planned' as const, source: 'east', target: 'west' };
      const plan = await makePlan(
        { ...asked, nodes: self.c.nodes },
        self.system,
        self.world.ports,
        new AbortController().signal,
      );
      await self.append({ type: 'PLANNED', plan });
    }
    const seen: (Progress | null)[] = [];
    const die = new AbortController();
    const world = {
      ...self.world,
      // Whoever comes next waits this long.
      callMs: 1500,
      stop: die.signal,
      onProgress: (_run: string, _step: string, progress: Progress | null) => void seen.push(progress),
    };
    const work = () => new StepWork(world, RUN, world.steps.get('sync')!);
    return { ...self, work, die: () => die.abort(), seen, state: () => self.ledger.view(RUN)!.snapshot.context };
  }
  const story = async (of: { story(): Promise<string[]> }) => (await of.story()).slice(2);
  const ended = async (key = `${RUN}:sync:1`) =>
    expect
      .poll(async () => (await real().look(key, new AbortController().signal)).is, { timeout: 20_000 })
      .toBe('ended');

  test('nobody dies: started, looked at, done, with what it reported', async () => {
    write(
      `echo x >> ran; echo '{"done":1,"total":2,"unit":"rows"}'; while [ ! -e go ]; do sleep 0.02; done; echo '{"rows":2,"summary":"2 rows copied"}'`,
    );
    const one = await regent(real());
    const work = one.work().perform(1);
    await expect.poll(() => one.seen.some((progress) => progress?.done === 1)).toBe(true);
    writeFileSync(join(dir, 'go'), '');
    await work;
    expect(await story(one)).toEqual(['STEP_INTENDED sync 1', 'STEP_DONE sync 1']);
    expect(one.state().steps['sync']).toMatchObject({
      summary: '2 rows copied',
      evidence: { rows: 2, exitStatus: 0, job: 'eden-1:sync:1' },
    });
    expect([ran(), one.seen.at(-1)]).toEqual([1, null]);
  });

  /** Jobs whose Regent dies before, while or after it starts one: nothing comes back from the call. */
  const dying = (die: () => void, when: 'before' | 'after'): Jobs => ({
    ...real(),
    async start(key, job, signal) {
      if (when === 'after') await real().start(key, job, signal);
      die();
      return await never();
    },
  });
  async function killed(when: 'before' | 'after', more: Partial<ConfiguredStep> = {}) {
    let die = () => {};
    const one = await regent(
      dying(() => die(), when),
      more,
    );
    die = one.die;
    await one.work().perform(1);
    expect(await story(one)).toEqual(['STEP_INTENDED sync 1']);
    // The next one waits until nothing of the call can still be under way.
    const next = await regent(real(), more);
    expect(next.state().steps['sync']).toMatchObject({ status: 'intended', attempt: 1 });
    return next;
  }

  test('killed between its intent and its start: it did not run, which is sure, so it is run', async () => {
    write('echo x >> ran');
    const next = await killed('before');
    await next.work().settle(1);
    expect([await story(next), ran()]).toEqual([['STEP_INTENDED sync 1', 'STEP_NOT_DONE sync 1'], 0]);
    await next.work().perform(2);
    expect([(await story(next)).slice(2), ran()]).toEqual([['STEP_INTENDED sync 2', 'STEP_DONE sync 2'], 1]);
  });

  test('killed between its start and the answer: it has run, and is not run again', async () => {
    write(`echo x >> ran; echo '{"rows":2}'`);
    const next = await killed('after');
    await ended();
    await next.work().settle(1);
    expect([await story(next), ran()]).toEqual([['STEP_INTENDED sync 1', 'STEP_DONE sync 1'], 1]);
    expect(next.state().steps['sync']!.evidence).toMatchObject({ rows: 2 });
  });

  test('killed while it runs: the next one sees it run, and end', async () => {
    write(
      `echo x >> ran; echo '{"done":1,"total":2,"unit":"rows"}'; while [ ! -e go ]; do sleep 0.02; done; echo '{"rows":2}'`,
    );
    const next = await killed('after');
    const work = next.work().settle(1);
    await expect.poll(() => next.seen.some((progress) => progress?.done === 1), { timeout: 20_000 }).toBe(true);
    writeFileSync(join(dir, 'go'), '');
    await work;
    expect([await story(next), ran()]).toEqual([['STEP_INTENDED sync 1', 'STEP_DONE sync 1'], 1]);
  });

  test('it failed: nobody may send it twice but a person, who says that it is not done', async () => {
    write('echo x >> ran; [ $(wc -l < ran) -gt 1 ] || { echo "no space left"; exit 3; }');
    const next = await killed('after');
    await ended();
    await next.work().settle(1);
    expect(await story(next)).toEqual(['STEP_INTENDED sync 1', 'STEP_UNKNOWN sync 1']);
    expect(next.state().holds).toMatchObject([{ kind: 'step', ref: 'sync' }]);
    expect(next.state().steps['sync']!.why).toMatch(/^it ended with 3 after .*: no space left$/);
    // Asked again it says the same; marked as not done it is run under another key.
    await next.append({ type: 'STEP_RETRIED', step: 'sync', by: 'UOPS' });
    await next.work().settle(1);
    expect([next.state().steps['sync']!.status, ran()]).toEqual(['unknown', 1]);
    await next.append({ type: 'STEP_MARKED', step: 'sync', as: 'notDone', by: 'UOPS', reason: 'looked' });
    await next.work().perform(2);
    expect([(await story(next)).at(-1), ran()]).toEqual(['STEP_DONE sync 2', 2]);
  });

  test('what may run again is: under another key, three times in all', async () => {
    write('echo x >> ran; exit 3');
    const one = await regent(real(), { repeat: 'idempotent' });
    for (const attempt of [1, 2, 3]) await one.work().perform(attempt);
    expect(await story(one)).toEqual([1, 2, 3].flatMap((n) => [`STEP_INTENDED sync ${n}`, `STEP_NOT_DONE sync ${n}`]));
    expect([one.state().holds.length, ran()]).toEqual([1, 3]);
  });

  test('over its time limit it is ended, and that is seen well before its budget', async () => {
    write('echo x >> ran; exec sleep 600');
    const one = await regent(real(), { timeoutMs: 300 });
    await one.work().perform(1);
    expect(await story(one)).toEqual(['STEP_INTENDED sync 1', 'STEP_UNKNOWN sync 1']);
    expect(one.state().steps['sync']!.why).toContain('ended by its time limit');
  });

  test('it cannot be started: that is no riddle', async () => {
    const one = await regent(real());
    await one.work().perform(1);
    expect(await story(one)).toEqual(['STEP_INTENDED sync 1', 'STEP_NOT_DONE sync 1']);
    expect(one.state().steps['sync']!.why).toContain('there is no such file');
  });
});
