/** The fence is what a write that tries to get round it could not do. */
import { describe, expect, it } from 'vitest';
import type { WriteAttempt } from '../../src/ports/database.ts';
import { proveFence } from '../../src/steps/prove-fence.ts';
import type { StepDefinition } from '../../src/steps/step.ts';
import type { FencePlan } from '../../src/steps/system.ts';
import { forbidden } from './securing-world.ts';
import { stage, wordsOf } from './stage.ts';

const ACCEPTED: WriteAttempt = { outcome: 'accepted', how: 'BEGIN READ WRITE' };
const REFUSED: WriteAttempt = { outcome: 'refused', how: 'read-only' };
const NOBODY: WriteAttempt = { outcome: 'unreachable', how: 'ECONNREFUSED', connectionRefused: true };
const SILENT: WriteAttempt = { outcome: 'unreachable', how: 'timed out', connectionRefused: false };

const SET: FencePlan = { strategy: 'statefulset', name: 'postgres' };
const EXEC: FencePlan = { strategy: 'exec', stop: ['./stop.sh'], start: null };
const HTTP: FencePlan = { strategy: 'http', stop: 'https://ops/stop', start: null };
const SQL: FencePlan = { strategy: 'sql' };

/** As an emergency asks it. */
const inEmergency: StepDefinition = {
  ...proveFence,
  check: (handed) => proveFence.check({ ...handed, mode: 'emergency' }),
};

const asked = async (fence: FencePlan, attempt: WriteAttempt, pods: number | null = 0, step = proveFence) => {
  const here = await stage(fence);
  here.state.servers['east']!.attempt = attempt;
  const set = here.state.workloads['east']!['postgres']!;
  if (pods === null) delete here.state.workloads['east']!['postgres'];
  else Object.assign(set, { wanted: 0, pods });
  return await here.check(step);
};

describe('a write that is taken', () => {
  it.each([SET, EXEC, HTTP, SQL])('is a fence that does not hold ($strategy)', async (fence) => {
    expect(wordsOf(await asked(fence, ACCEPTED))).toBe(
      'notDone: a write got through the fence of east (BEGIN READ WRITE)',
    );
  });
});

describe('a write that is refused', () => {
  it.each([SET, EXEC, HTTP])('means that a server runs which was to be stopped ($strategy)', async (fence) => {
    expect(wordsOf(await asked(fence, REFUSED))).toBe(
      'notDone: Postgres in east still answers (read-only): it was to be stopped',
    );
  });
  it('is all that a fence of SQL can show, and it says so', async () => {
    const answer = await asked(SQL, REFUSED);
    expect(wordsOf(answer)).toBe('done: a fresh session was refused (read-only); SQL only, the server still runs');
    expect(answer.evidence).toMatchObject({ attempt: 'refused', strategy: 'sql', strength: 'soft' });
  });
});

describe('a write that finds nobody listening', () => {
  it.each([SET, EXEC, HTTP])('is proof of a stopped server ($strategy)', async (fence) => {
    expect(wordsOf(await asked(fence, NOBODY, 1))).toBe('done: a write from a fresh session found nobody listening');
  });
  it('is no proof of a fence that leaves the server up', async () => {
    expect(wordsOf(await asked(SQL, NOBODY))).toBe('unknown: east does not answer: ECONNREFUSED');
  });
});

describe('a write without an answer', () => {
  it('is proof only with the cluster’s word that no pod is left', async () => {
    const answer = await asked(SET, SILENT);
    expect(wordsOf(answer)).toBe('done: no pod of postgres is left, a write from a fresh session was not answered');
    expect(answer.evidence).toMatchObject({ pods: 0, strength: 'strong' });
  });
  it.each([
    [SET, 1],
    [SET, null],
    [EXEC, 0],
    [HTTP, 0],
  ] as const)('else proves nothing', async (fence, pods) => {
    expect(wordsOf(await asked(fence, SILENT, pods))).toBe(
      'unknown: east does not answer, which proves nothing: timed out',
    );
  });
});

describe('in an emergency', () => {
  it.each([SET, EXEC, HTTP, SQL])('silence is not waited for: a person weighs it ($strategy)', async (fence) => {
    const answer = await asked(fence, SILENT, 1, inEmergency);
    expect(answer).toMatchObject({ is: 'unknown', final: true });
  });
  it('nor are questions that hang, or a cluster that refuses', async () => {
    const here = await stage(SET);
    here.ports.database.attemptWrite = () => new Promise(() => {});
    here.ports.cluster.workload = () => Promise.reject(forbidden('read statefulset'));
    expect(await here.check(inEmergency)).toMatchObject({ is: 'unknown', final: true });
  });
  it('the cluster is asked while the write waits for its answer: two silences take the time of one', async () => {
    const here = await stage(SET);
    const asked = Promise.withResolvers<void>();
    const { workload } = here.ports.cluster;
    here.ports.cluster.workload = (...args) => {
      asked.resolve();
      return workload(...args);
    };
    here.ports.database.attemptWrite = () => asked.promise.then(() => NOBODY);
    expect((await here.check(inEmergency)).is).toBe('done');
  });
  it('a server that only refuses is for a person to weigh too', async () => {
    const answer = await asked(SET, REFUSED, 1, inEmergency);
    expect(answer).toMatchObject({ is: 'unknown', final: true, evidence: { strength: 'soft' } });
    expect(wordsOf(answer)).toBe(
      'unknown: Postgres in east refuses writes (read-only) and still runs: it was to be stopped',
    );
  });
  it('a write that is taken is no matter of opinion, and what is proven is proven', async () => {
    expect((await asked(SET, ACCEPTED, 1, inEmergency)).is).toBe('notDone');
    expect((await asked(SET, NOBODY, 1, inEmergency)).is).toBe('done');
    expect((await asked(SET, SILENT, 0, inEmergency)).is).toBe('done');
    expect((await asked(SQL, REFUSED, 1, inEmergency)).is).toBe('done');
  });
});
