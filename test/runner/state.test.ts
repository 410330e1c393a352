/**
 * State that is carried to the target, by real scripts under the engine: the stages one after the other, the sources side
 * by side, and whenever Regent dies, no stage starts twice.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hooks } from '../../src/integrations/hook/hooks.ts';
import { scriptJobs } from '../../src/integrations/hook/jobs.ts';
import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import type { Mode } from '../../src/machine/types.ts';
import type { Progress } from '../../src/ports/answer.ts';
import type { Jobs } from '../../src/ports/jobs.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { Engine } from '../../src/runner/engine.ts';
import { withState } from '../../src/steps/state/sources.ts';
import { STAGES, type StateSource, type StateSync } from '../../src/steps/state/types.ts';
import { nodesFor, type Runbook } from '../../src/steps/step.ts';
import { rig, scripted } from '../support/runner.ts';
import { clock, never, PATIENCE, RUN, SCRIPT, SIGNAL } from './state.rig.ts';

describe('state that is carried', () => {
  let dir: string;
  let journal: Journal;
  const alive: { die(): Promise<void> }[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'regent-state-'));
    for (const end of ['here', 'there']) mkdirSync(join(dir, end));
    for (const id of ['crdt', 'vms']) writeFileSync(join(dir, 'here', id), `the state of ${id}`);
    writeFileSync(join(dir, 'state.sh'), SCRIPT, { mode: 0o755 });
    journal = sqliteJournal({ path: ':memory:' });
  });
  afterEach(async () => {
    for (const one of alive.splice(0)) await one.die();
    await journal.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const put = (name: string) => writeFileSync(join(dir, name), '');
  const remove = (name: string) => rmSync(join(dir, name), { force: true });
  const ran = () => (existsSync(join(dir, 'ran')) ? readFileSync(join(dir, 'ran'), 'utf8').trim().split('\n') : []);
  const there = (id: string) =>
    existsSync(join(dir, 'there', id)) ? readFileSync(join(dir, 'there', id), 'utf8') : null;
  const options = () => ({ allow: ['state.sh'], baseDir: dir, env: [], killAfterMs: 200 });
  const real = () => scriptJobs({ ...options(), directory: join(dir, 'jobs') });

  const source = (id: string, more: Partial<StateSource> = {}): StateSource => ({
    id,
    title: id === 'crdt' ? 'CRDT state' : 'VM state',
    help: null,
    runbooks: ['planned', 'emergency'],
    stages: Object.fromEntries(
      STAGES.map((stage) => [stage, { exec: ['./state.sh', stage, id] }]),
    ) as StateSource['stages'],
    repeat: 'idempotent',
    timeoutMs: 20_000,
    ...more,
  });
  type Told = { mode?: Mode; sources?: StateSource[]; jobs?: Jobs } & Partial<Omit<StateSync, 'sources'>>;

  /** One Regent after another over the same journal; `go` begins its engine. */
  async function regent({ mode = 'planned', sources = [source('crdt')], jobs = real(), ...more }: Told = {}) {
    const state: StateSync = { rateBelow: null, boxMs: { planned: null, emergency: 20_000 }, sources, ...more };
    const base: Runbook = { name: mode, nodes: [scripted('scale'), scripted('promote', { phase: 'promoting' })] };
    const runbook = withState(base, { state });
    const ports = { jobs, hook: hooks({ ...options(), timeoutMs: 5000 }), clock };
    const self = await rig({ nodes: runbook.nodes, journal, clock, ports });
    Object.assign(self.system, { state, pollMs: 20 });
    if (self.ledger.view(RUN) === undefined)
      await self.ledger.begin(
        'eden',
        'person:UREQ',
        () => ({
          type: 'REQUESTED',
          organization: 'eden',
          runbook: mode,
          mode,
          source: 'east',
          target: 'west',
          reason: 'maintenance',
          requestedBy: 'UREQ',
          objectives: self.system.objectives,
          nodes: nodesFor(runbook, self.system, 'east', 'west'),
        }),
        null,
      );
    const stop = new AbortController();
    const seen: { step: string; progress: Progress | null }[] = [];
    const engine = new Engine({
      ...self.world,
      // Whoever comes next waits this long for a call that may still be under way.
      callMs: 1500,
      stop: stop.signal,
      onProgress: (_, step, progress) => void seen.push({ step, progress }),
      runbooks: { [mode]: runbook },
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    const one = {
      ...self,
      seen,
      go: async () => {
        await engine.start();
      },
      die: async () => {
        stop.abort();
        await engine.stopped();
      },
      state: () => self.ledger.view(RUN)!.snapshot.context,
      step: (id = 'sync-crdt') => self.ledger.view(RUN)!.snapshot.context.steps[id],
      own: async (id = 'sync-crdt') => (await self.story()).filter((line) => line.split(' ')[1] === id),
      ends: () => expect.poll(() => one.state().end, PATIENCE).toBe('completed'),
      holds: () => expect.poll(() => one.state().holds.map(({ ref }) => ref), PATIENCE).toEqual(['sync-crdt']),
      has: (line: string) => expect.poll(() => ran(), PATIENCE).toContain(line),
      look: async (stage: string, attempt: number) =>
        (await real().look(`${RUN}:sync-crdt:${stage}:${attempt}`, SIGNAL)).is,
    };
    alive.push(one);
    return one;
  }

  const WHOLE = ['snapshot crdt', 'transfer crdt', 'validate crdt', 'apply crdt'];

  test('snapshot, transfer, validate, apply, each with an intent and an outcome of its own', async () => {
    const one = await regent();
    await one.go();
    await one.ends();
    expect(ran()).toEqual(WHOLE);
    expect(there('crdt')).toBe('the state of crdt');
    expect(await one.own()).toEqual([
      ...[1, 2, 3].flatMap((n) => [`STEP_INTENDED sync-crdt ${n}`, `STEP_NOT_DONE sync-crdt ${n}`]),
      'STEP_INTENDED sync-crdt 4',
      'STEP_DONE sync-crdt 4',
    ]);
    const { evidence, summary } = one.step()!;
    expect(evidence).toMatchObject({
      bytes: 9e6,
      checksum: expect.stringMatching(/^[0-9a-f]{12}$/),
      over: {
        snapshot: { job: 'eden-1:sync-crdt:snapshot:1', exitStatus: 0 },
        transfer: { job: 'eden-1:sync-crdt:transfer:2', amount: 9e6, unit: 'bytes' },
        validate: { job: 'eden-1:sync-crdt:validate:3', checksum: { from: evidence!['checksum'] } },
        apply: { job: 'eden-1:sync-crdt:apply:4' },
      },
    });
    expect(summary).toBe('9.0 MB · checksums equal at both ends');
  });

  test('several go side by side', async () => {
    put('wait.transfer.crdt');
    put('wait.transfer.vms');
    const one = await regent({ sources: [source('crdt'), source('vms')] });
    await one.go();
    // Both are there at once: neither waits for the other.
    for (const line of ['transfer crdt', 'transfer vms']) await one.has(line);
    remove('wait.transfer.vms');
    await expect.poll(() => one.step('sync-vms')?.status, PATIENCE).toBe('done');
    expect(one.step()?.status).toBe('intended');
    remove('wait.transfer.crdt');
    await one.ends();
    expect([there('crdt'), there('vms')]).toEqual(['the state of crdt', 'the state of vms']);
  });

  test('how far it is, and which stage', async () => {
    put('slow.crdt');
    const one = await regent({ rateBelow: 100e6 });
    await one.go();
    await expect
      .poll(() => one.seen, PATIENCE)
      .toContainEqual({
        step: 'sync-crdt',
        progress: { done: 4e6, total: 9e6, unit: 'bytes', part: 'transfer', rateBelow: 100e6 },
      });
    remove('slow.crdt');
    await one.ends();
    expect(one.seen.findLast(({ step }) => step === 'sync-crdt')?.progress).toBe(null);
  });

  describe('Regent dies', () => {
    for (const [at, attempt] of [...STAGES.entries()].map(([index, stage]) => [stage, index + 1] as const))
      test(`while ${at} runs: the next one goes on with it`, async () => {
        put(`wait.${at}.crdt`);
        const one = await regent();
        await one.go();
        await one.has(`${at} crdt`);
        await one.die();
        expect(await one.look(at, attempt)).toBe('running');
        const next = await regent();
        await next.go();
        remove(`wait.${at}.crdt`);
        await next.ends();
        expect([ran(), there('crdt')]).toEqual([WHOLE, 'the state of crdt']);
      });

    test('while a stage runs that ends meanwhile: it is not run again', async () => {
      put('wait.transfer.crdt');
      const one = await regent();
      await one.go();
      await one.has('transfer crdt');
      await one.die();
      remove('wait.transfer.crdt');
      await expect.poll(() => one.look('transfer', 2), PATIENCE).toBe('ended');
      const next = await regent();
      await next.go();
      await next.ends();
      expect(ran()).toEqual(WHOLE);
    });

    /** Jobs whose Regent dies before or after one of them starts: nothing comes back from the call. */
    const dying = (which: string, when: 'before' | 'after', die: () => void): Jobs => ({
      ...real(),
      async start(key, job, signal) {
        const isIt = key.includes(which);
        if (!isIt || when === 'after') await real().start(key, job, signal);
        if (!isIt) return;
        die();
        return await never();
      },
    });
    test.each(['before', 'after'] as const)('right %s the start of a stage', async (when) => {
      let die = () => {};
      const one = await regent({ jobs: dying(':validate:', when, () => die()) });
      let dead: Promise<void> | null = null;
      die = () => {
        dead ??= one.die();
      };
      await one.go();
      await expect.poll(() => dead, PATIENCE).not.toBe(null);
      await dead;
      expect((await one.own()).at(-1)).toBe('STEP_INTENDED sync-crdt 3');
      const next = await regent();
      await next.go();
      await next.ends();
      expect([ran(), there('crdt')]).toEqual([WHOLE, 'the state of crdt']);
    });

    test('in an emergency: the time box goes on, and is over when the next one comes', async () => {
      put('slow.crdt');
      const told: Told = { mode: 'emergency', boxMs: { planned: null, emergency: 3000 } };
      const one = await regent(told);
      await one.go();
      await expect.poll(() => one.seen.some(({ progress }) => progress?.done === 4e6), PATIENCE).toBe(true);
      await one.die();
      // It dies by itself, with nobody there.
      await expect.poll(() => one.look('transfer', 2), PATIENCE).toBe('ended');
      const next = await regent(told);
      await next.go();
      await next.ends();
      expect(next.step()).toMatchObject({ status: 'done', summary: 'not synchronised: CRDT state (4.0 of 9.0 MB)' });
      expect(ran()).toEqual(['snapshot crdt', 'transfer crdt']);
    });
  });

  test('paused between two stages, the next one is not begun', async () => {
    put('wait.transfer.crdt');
    const one = await regent();
    await one.go();
    await one.has('transfer crdt');
    await one.append({ type: 'PAUSED', by: 'UOPS', reason: null });
    remove('wait.transfer.crdt');
    await expect.poll(() => one.step()?.status, PATIENCE).toBe('notDone');
    expect(one.step()).toMatchObject({ why: 'transfer is done, validate comes next', evidence: { underWay: true } });
    expect(ran()).toEqual(WHOLE.slice(0, 2));
    await one.append({ type: 'RESUMED', by: 'UOPS' });
    await one.ends();
    expect(ran()).toEqual(WHOLE);
  });

  test('aborted, what runs is seen to end, and nothing is applied', async () => {
    put('wait.transfer.crdt');
    const one = await regent();
    await one.go();
    await one.has('transfer crdt');
    await one.append({ type: 'ABORTED', by: 'UOPS', reason: 'not today' });
    remove('wait.transfer.crdt');
    await expect.poll(() => one.state().end, PATIENCE).toBe('rolledBack');
    expect([ran(), there('crdt'), one.step()!.status]).toEqual([WHOLE.slice(0, 2), null, 'undone']);
  });

  describe('a stage fails', () => {
    test('and is run again, with the stages before it left alone', async () => {
      put('fail.transfer.crdt');
      const one = await regent();
      await one.go();
      await one.ends();
      expect(ran()).toEqual(['snapshot crdt', 'transfer crdt', ...WHOLE.slice(1)]);
      expect(one.step()!.evidence).toMatchObject({
        failed: 1,
        over: { transfer: { job: expect.stringMatching(/:3$/) } },
      });
    });
    test('every time: three times in all, then the run holds; and a retry goes on with that stage', async () => {
      const one = await regent();
      writeFileSync(join(dir, 'state.sh'), SCRIPT.replace('rm "fail', ': "fail'), { mode: 0o755 });
      put('fail.validate.crdt');
      await one.go();
      await one.holds();
      expect(ran()).toEqual([...WHOLE.slice(0, 2), ...Array(3).fill('validate crdt')]);
      expect(one.step()).toMatchObject({
        status: 'notDone',
        why: expect.stringMatching(/^validate: it ended with 3 after .*: no space left$/),
      });
      remove('fail.validate.crdt');
      await one.append({ type: 'STEP_RETRIED', step: 'sync-crdt', by: 'UOPS' });
      await one.ends();
      expect(ran().slice(-2)).toEqual(['validate crdt', 'apply crdt']);
    });
    test('once: nobody runs it a second time but a person who says that it is not done', async () => {
      put('fail.apply.crdt');
      const one = await regent({ sources: [source('crdt', { repeat: 'once' })] });
      await one.go();
      await one.holds();
      expect([one.step()!.status, ran()]).toEqual(['unknown', WHOLE]);
      await one.append({ type: 'STEP_RETRIED', step: 'sync-crdt', by: 'UOPS' });
      await one.holds();
      await expect.poll(() => one.step()!.status, PATIENCE).toBe('unknown');
      expect(ran()).toEqual(WHOLE);
      await one.append({ type: 'STEP_MARKED', step: 'sync-crdt', as: 'notDone', by: 'UOPS', reason: 'looked' });
      await one.ends();
      expect([ran(), there('crdt')]).toEqual([[...WHOLE, 'apply crdt'], 'the state of crdt']);
    });
    test('in an emergency: the run goes on and says what it goes on without', async () => {
      put('fail.snapshot.crdt');
      const one = await regent({ mode: 'emergency', sources: [source('crdt', { repeat: 'once' })] });
      await one.go();
      await one.ends();
      const warning = expect.stringMatching(
        /^not synchronised: CRDT state \(snapshot: it ended with 3 after .*: no space left\)$/,
      );
      expect(one.step()).toMatchObject({ status: 'done', evidence: { warning, notSynchronised: 'snapshot' } });
    });
    test('in an emergency, it cannot even be started: the same', async () => {
      const stages = { ...source('crdt').stages, transfer: { exec: ['./gone.sh'] } };
      const one = await regent({ mode: 'emergency', sources: [source('crdt', { stages })] });
      await one.go();
      await one.ends();
      expect(one.step()!.summary).toMatch(/^not synchronised: CRDT state \(transfer: .*gone\.sh/);
      expect(ran()).toEqual(['snapshot crdt']);
    });
  });

  describe('it is damaged on the way', () => {
    test('it is carried once more, and applied only when it arrived whole', async () => {
      put('damage.crdt');
      const one = await regent();
      await one.go();
      await one.ends();
      expect(ran()).toEqual(['snapshot crdt', 'transfer crdt', 'validate crdt', ...WHOLE.slice(1)]);
      expect(there('crdt')).toBe('the state of crdt');
    });
    test('once: the run holds, and it is not applied; a retry carries it once more', async () => {
      put('damage.crdt');
      const one = await regent({ sources: [source('crdt', { repeat: 'once' })] });
      await one.go();
      await one.holds();
      expect(one.step()).toMatchObject({
        status: 'notDone',
        why: expect.stringMatching(
          /^damaged on the way: checksum \S+ where it was taken, \S+ where it arrived; not applied$/,
        ),
      });
      expect([ran(), there('crdt')]).toEqual([WHOLE.slice(0, 3), null]);
      await one.append({ type: 'STEP_RETRIED', step: 'sync-crdt', by: 'UOPS' });
      await one.ends();
      expect(there('crdt')).toBe('the state of crdt');
    });
    test('in an emergency it is not applied, and the run goes on', async () => {
      put('damage.crdt');
      const one = await regent({ mode: 'emergency' });
      await one.go();
      await one.ends();
      expect([ran(), there('crdt')]).toEqual([WHOLE.slice(0, 3), null]);
      expect(one.step()!.summary).toBe('not synchronised: CRDT state (damaged on the way: not applied)');
    });
  });

  describe('the time box', () => {
    test('of an emergency ends what runs, and the run goes on', async () => {
      put('slow.crdt');
      const one = await regent({
        mode: 'emergency',
        sources: [source('crdt'), source('vms')],
        boxMs: { planned: null, emergency: 3000 },
      });
      await one.go();
      await one.ends();
      expect(one.step()).toMatchObject({
        status: 'done',
        evidence: { warning: 'not synchronised: CRDT state (4.0 of 9.0 MB)', notSynchronised: 'transfer' },
      });
      expect(await one.look('transfer', 2)).toBe('ended');
      // What was in time is there.
      expect([one.step('sync-vms')!.evidence!['warning'], there('vms'), there('crdt')]).toEqual([
        undefined,
        'the state of vms',
        null,
      ]);
    });
    test('of a planned run ends what runs, and the run holds; a person may let it have its time', async () => {
      put('slow.crdt');
      const one = await regent({ boxMs: { planned: 2500, emergency: 300_000 } });
      await one.go();
      await one.holds();
      expect(one.step()).toMatchObject({ status: 'notDone', why: 'the time box of 2.5 s is over: 4.0 of 9.0 MB' });
      remove('slow.crdt');
      await one.append({ type: 'STEP_RETRIED', step: 'sync-crdt', by: 'UOPS' });
      await one.ends();
      expect(there('crdt')).toBe('the state of crdt');
    });
  });
});
