/** One of the owner's own steps on the stage, with the calls it made and the jobs it started. */
import type { Evidence } from '../../src/machine/types.ts';
import type { HookCall, HookResult } from '../../src/ports/hook.ts';
import type { Job, JobState } from '../../src/ports/jobs.ts';
import { withOwnSteps } from '../../src/steps/own-steps.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import { type Ports, type StepFacts, stepsOf } from '../../src/steps/step.ts';
import type { ConfiguredStep } from '../../src/steps/system.ts';
import { stage } from './stage.ts';

export const configured = (more: Partial<ConfiguredStep> = {}): ConfiguredStep => ({
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
export const CHECK: Partial<ConfiguredStep> = { check: { exec: ['./synced.sh', '{target}'] } };
export const ENDPOINT: Partial<ConfiguredStep> = {
  does: { start: 'https://ops.example.com/{targetAlias}/sync?token=t', status: null },
};
export const WITH_STATUS: Partial<ConfiguredStep> = {
  does: { start: 'https://ops.example.com/sync', status: 'https://ops.example.com/status?of={run}' },
};

export const said = (more: Partial<HookResult>): HookResult => ({
  ok: true,
  status: 200,
  report: null,
  output: '',
  ...more,
});
export const KEY = 'eden-1:sync-config:1';

/** One own step on the stage; `left` is what the journal knows of it. */
export async function set(
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
export const ended = (more: Partial<JobState & { is: 'ended' }> = {}): JobState => ({
  is: 'ended',
  status: 0,
  tookMs: 41_000,
  report: null,
  output: '',
  ...more,
});
