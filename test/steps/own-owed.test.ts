/** Own steps on the region that is left: where nobody there answers they are owed, and a no or a refusal is none of that. */
import { describe, expect, it } from 'vitest';
import { ConfigError, IntegrationError } from '../../src/lib/errors.ts';
import type { HookResult } from '../../src/ports/hook.ts';
import type { JobState } from '../../src/ports/jobs.ts';
import { owedOwnSteps, withOwnSteps } from '../../src/steps/own-steps.ts';
import { emergency } from '../../src/steps/runbooks/emergency.ts';
import { stepsOf } from '../../src/steps/step.ts';
import type { ConfiguredStep } from '../../src/steps/system.ts';
import { stage, wordsOf } from './stage.ts';
import { system } from './system.ts';

const powerOff = (more: Partial<ConfiguredStep> = {}): ConfiguredStep => ({
  id: 'power-off',
  title: 'Power off the nodes of {source}',
  help: 'Shoots what may still run there.',
  runbooks: ['emergency'],
  phase: 'securing',
  after: [],
  repeat: 'idempotent',
  does: { exec: ['./off.sh', '{source}'] },
  check: { exec: ['./off.sh', '{source}', '--check'] },
  undo: null,
  timeoutMs: 60_000,
  onFailure: 'hold',
  usualMs: 20_000,
  owed: true,
  ...more,
});
const ended = (status: number, output = ''): JobState => ({ is: 'ended', status, tookMs: 900, report: null, output });
const said = (status: number | null, output = ''): HookResult => ({ ok: status === 0, status, report: null, output });
const answered = (status: number | null): HookResult => ({ ...said(status), ok: status === 200 });
const ENDPOINT = { check: { url: 'https://power.example.com/off' } };

/** The step with this answer of its check, and this job where there is one. */
async function look(answer: HookResult | Error, more: Partial<ConfiguredStep> = {}, job?: JobState) {
  const on = await stage(undefined, { scripts: [powerOff(more)] });
  const step = stepsOf(withOwnSteps(emergency, on.system)).find(({ id }) => id === 'power-off')!;
  if (job) on.state.jobs['eden-1:power-off:1'] = job;
  return await step.check({
    ...on.ports,
    hook: {
      run: async () => {
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    run: 'eden-1',
    requestedBy: 'UANA',
    attempt: 1,
    source: 'east',
    target: 'west',
    values: on.values,
    mode: 'emergency',
    bounds: on.plan.bounds,
    system: on.system,
    signal: new AbortController().signal,
    evidenceOf: () => null,
    beforeOf: () => null,
    endedOf: () => null,
  });
}

const unreached = new IntegrationError('The endpoint could not be called: connect ECONNREFUSED.', {
  code: 'hook-not-started',
  system: 'hook',
  operation: 'http',
  effect: 'none',
});

describe('the region does not answer', () => {
  it.each([
    ['a script that ends with another status than 0 and 1', said(2, 'no answer within 2 s'), {}],
    ['a script that is cut off', said(null), {}],
    ['an address that is cut off', answered(null), ENDPOINT],
    ['an address that fails', answered(503), ENDPOINT],
    ['an address nobody listens at', unreached, ENDPOINT],
  ] as const)('%s: done for this run, and owed', async (_, answer, more) => {
    const seen = await look(answer, more);
    expect(wordsOf(seen)).toBe(
      'done: east does not answer: nothing could be ordered there; it is done as soon as it answers',
    );
    expect(seen.evidence).toMatchObject({ reached: false, owed: true });
  });

  it('any more: what was begun there, and failed or ended, is owed as well', async () => {
    for (const job of [ended(1, 'no answer'), ended(0)])
      expect((await look(said(2), {}, job)).evidence).toMatchObject({ owed: true });
    // Of what still runs nothing is said before it is over.
    const running = await look(said(2), {}, { is: 'running', sinceMs: 5000, progress: null });
    expect(wordsOf(running)).toBe('unknown: running for 5.0 s');
  });

  it('is no reason for a step that is not owed', async () => {
    expect((await look(said(2), { owed: false })).is).toBe('unknown');
  });
});

describe('the region answers', () => {
  it('yes: done, and nothing is owed', async () => {
    const seen = await look(said(0));
    expect(seen).toMatchObject({ is: 'done', evidence: { reached: true, owed: false } });
  });
  it('no: it is to be run; what failed there is said, and not owed', async () => {
    expect(wordsOf(await look(said(1)))).toBe('notDone: run ./off.sh east');
    expect(wordsOf(await look(said(1), {}, ended(1, 'the controller refused')))).toMatch(
      /^notDone: it ended with 1 .*the controller refused$/,
    );
  });
  it.each([
    ['a program that is not there', said(127), {}],
    ['a program that may not be run', new ConfigError('The script is not in hooks.allow.', { code: 'hook' }), {}],
    ['an address that refuses', answered(403), ENDPOINT],
  ] as const)('%s: that is no silence, and people are asked', async (_, answer, more) => {
    expect((await look(answer, more)).is).toBe('unknown');
  });
});

it('are told apart from the others, and say so to whoever reads about them', () => {
  const own = system(undefined, { scripts: [powerOff(), powerOff({ id: 'other', owed: false })] });
  const [step, ...more] = owedOwnSteps(withOwnSteps(emergency, own), own);
  expect([step?.id, more]).toEqual(['power-off', []]);
  expect(step?.usualMs).toBe(20_000);
  expect(step?.about?.asks).toMatch(/Where \{source\} does not answer, the run goes on: it is owed then/);
});
