/** What a region looked like, kept where somebody will look for it: whole, or with what is silent said in it. */
import { describe, expect, it } from 'vitest';
import { keepEvidence } from '../../src/steps/keep-evidence.ts';
import { recordFailure } from '../../src/steps/record-failure.ts';
import { forbidden, silence } from './securing-world.ts';
import { stage, wordsOf } from './stage.ts';

const fileIn = (here: Awaited<ReturnType<typeof stage>>, name: string) =>
  JSON.parse(here.state.secured.files[`eden-1/${name}`] ?? 'null') as Record<string, Record<string, unknown>>;

describe.each([
  { step: recordFailure, name: 'at-failure-east.json' },
  { step: keepEvidence, name: 'left-east.json' },
])('$step.id', ({ step, name }) => {
  it('keeps roles, positions and the cluster, and its digest goes into the journal', async () => {
    const here = await stage();
    here.state.secured.snapshot = { pods: [{ name: 'api-1' }], logs: [{ pod: 'api-1', lines: ['oops'] }] };
    const answer = await here.does(step);
    expect(wordsOf(answer)).toBe(`done: 1 kB in evidence/eden-1/${name}`);
    expect(answer.evidence).toMatchObject({
      reached: true,
      owed: false,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(fileIn(here, name)).toMatchObject({
      run: 'eden-1',
      region: 'east',
      leftFor: 'west',
      complete: true,
      postgres: { east: { role: 'primary', lsn: '0/3000000', timeline: 1 }, west: { role: 'standby' } },
      redis: { east: { role: 'master' } },
      cluster: { pods: [{ name: 'api-1' }], logs: [{ pod: 'api-1', lines: ['oops'] }] },
    });
    expect(here.state.calls).toEqual([`keep eden-1/${name}`]);
  });

  it('of a region that is gone keeps what is known from here, says what is silent, and is owed', async () => {
    const here = await stage();
    const back = (['cluster', 'database', 'cache'] as const).map((system) => silence(here.ports, system, 'east'));
    const answer = await here.does(step);
    expect(answer).toMatchObject({ is: 'done', evidence: { reached: false, owed: true } });
    expect(fileIn(here, name)).toMatchObject({
      complete: false,
      postgres: { east: { silent: 'database does not answer.' }, west: { role: 'standby' } },
      cluster: { silent: 'cluster does not answer.' },
    });
    // It answers again: the picture is taken anew, and then it is whole.
    for (const again of back) again();
    expect(wordsOf(await here.check(step))).toBe('notDone: east answers now: keep it anew');
    await here.run(step);
    expect((await here.check(step)).evidence).toMatchObject({ reached: true, owed: false });
  });

  it('a right that is missing costs only what it is for', async () => {
    const here = await stage();
    here.ports.cluster.snapshot = () => Promise.reject(forbidden('read pods/log'));
    here.ports.cluster.nodes = () => Promise.reject(forbidden('list nodes'));
    expect((await here.does(step)).is).toBe('done');
    expect(fileIn(here, name)).toMatchObject({
      postgres: { east: { role: 'primary' } },
      cluster: { silent: expect.stringContaining('403 Forbidden') },
    });
  });

  it('of a cluster that is silent no picture is waited for; one that refuses is there', async () => {
    const here = await stage();
    let taken = 0;
    here.ports.cluster.snapshot = async () => {
      taken += 1;
      return '{}';
    };
    here.ports.cluster.nodes = () => Promise.reject(forbidden('list nodes'));
    await here.run(step);
    expect(taken).toBe(1);
    const back = silence(here.ports, 'cluster', 'east');
    here.ports.cluster.snapshot = () => Promise.reject(new Error('asked'));
    await here.run(step);
    expect(fileIn(here, name)['cluster']).toEqual({ silent: 'cluster does not answer.' });
    back();
  });

  it('is not done when the file cannot be written', async () => {
    const here = await stage();
    here.ports.evidence.keep = () => Promise.reject(new Error('no room (ENOSPC)'));
    await expect(here.run(step)).rejects.toThrow('no room');
    expect((await here.check(step)).is).toBe('notDone');
  });

  it('undone keeps the file: it harms nobody', async () => {
    const here = await stage();
    await here.does(step);
    await here.undo(step);
    expect(fileIn(here, name)).not.toBeNull();
  });
});

it('a system without Redis asks none', async () => {
  const here = await stage(undefined, { cache: null });
  here.ports.cache.observe = () => Promise.reject(new Error('asked'));
  await here.does(keepEvidence);
  expect(fileIn(here, 'left-east.json')['redis']).toBeNull();
});
