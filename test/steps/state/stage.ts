/** One source of state, with the outside world and the journal in hand. */
import type { Evidence, ScriptCalls } from '../../../src/machine/types.ts';
import type { Answer } from '../../../src/ports/answer.ts';
import type { HookCall, HookResult } from '../../../src/ports/hook.ts';
import type { Job, JobState } from '../../../src/ports/jobs.ts';
import { withState } from '../../../src/steps/state/sources.ts';
import { STAGES, type StateSource, type StateSync, stageIdOf, stepIdOf } from '../../../src/steps/state/types.ts';
import { type Ports, type Runbook, type StepFacts, stepsOf } from '../../../src/steps/step.ts';
import { system } from '../system.ts';

export const MINUTE = 60_000;
/** When the phase began. */
export const BEGAN = 1_000_000;

export const source = (more: Partial<StateSource> = {}): StateSource => ({
  id: 'crdt',
  title: 'CRDT state',
  help: null,
  runbooks: ['planned', 'emergency'],
  stages: Object.fromEntries(STAGES.map((stage) => [stage, { exec: ['./state.sh', stage] }])) as StateSource['stages'],
  repeat: 'idempotent',
  timeoutMs: 30 * MINUTE,
  ...more,
});
/** The same as endpoints. */
export const served = (more: Partial<StateSource> = {}): StateSource =>
  source({
    stages: Object.fromEntries(
      STAGES.map((stage) => [
        stage,
        { start: `https://ops.example.com/${stage}`, status: 'https://ops.example.com/is' },
      ]),
    ) as StateSource['stages'],
    ...more,
  });

export const ended = (more: Partial<JobState & { is: 'ended' }> = {}): JobState => ({
  is: 'ended',
  status: 0,
  tookMs: 9000,
  report: null,
  output: '',
  ...more,
});
export const moved = (done: number, total: number | null = 900e6) => ({ done, total, unit: 'bytes' });
export const said = (more: Partial<HookResult>): HookResult => ({
  ok: true,
  status: 200,
  report: null,
  output: '',
  ...more,
});

type Told = { of?: StateSource; mode?: 'planned' | 'emergency' } & Partial<Omit<StateSync, 'sources'>>;

/** A step under way in its first attempt; each part of it may be set. */
export function onStage({ of = source(), mode = 'emergency', ...more }: Told = {}) {
  const state: StateSync = {
    rateBelow: 100e6,
    boxMs: { planned: null, emergency: 5 * MINUTE },
    sources: [of],
    ...more,
  };
  const runbook: Runbook = { name: mode, nodes: [] };
  const [step] = stepsOf(withState(runbook, { state }));
  const jobs: Record<string, JobState> = {};
  const started: { key: string; job: Job }[] = [];
  const calls: HookCall[] = [];
  const self = {
    step: step!,
    jobs,
    started,
    calls,
    /** What the journal knows, and the time. */
    evidence: null as Evidence | null,
    attempt: 1,
    now: BEGAN + MINUTE,
    own: { underWay: true, intendedAt: BEGAN, phaseAt: BEGAN, isLeft: false } as StepFacts['own'],
    answer: (async () => said({})) as (call: HookCall) => Promise<HookResult>,
    startFails: null as Error | null,
    handed: (): Ports & StepFacts => ({
      ...({
        clock: { now: () => self.now },
        hook: {
          run: async (call: HookCall) => {
            calls.push(call);
            return await self.answer(call);
          },
        },
        jobs: {
          start: async (key: string, job: Job) => {
            if (self.startFails) throw self.startFails;
            started.push({ key, job });
          },
          look: async (key: string) => jobs[key] ?? { is: 'never' },
        },
      } as unknown as Ports),
      run: 'eden-1',
      requestedBy: 'UANA',
      attempt: self.attempt,
      source: 'east',
      target: 'west',
      values: {
        scripts: Object.fromEntries(
          STAGES.map((stage): [string, ScriptCalls] => [
            stageIdOf(of, stage),
            { does: of.stages[stage], check: null, undo: null },
          ]),
        ),
      } as StepFacts['values'],
      mode,
      bounds: { lagSeconds: 0, loss: null },
      system: { ...system(), state },
      signal: new AbortController().signal,
      evidenceOf: (id) => (id === stepIdOf(of) ? self.evidence : null),
      beforeOf: () => ({}),
      endedOf: () => null,
      ...(self.own ? { own: self.own } : {}),
    }),
    look: (): Promise<Answer> => self.step.check(self.handed()),
    run: () => self.step.run!(self.handed()),
    undo: () => (typeof self.step.undo === 'function' ? self.step.undo({ ...self.handed(), before: {} }) : null),
    /** This job of the newest attempt. */
    job: (stage: string, is: JobState) => {
      jobs[`eden-1:sync-crdt:${stage}:${self.attempt}`] = is;
      return self;
    },
    /** As the runner does it: the outcome is written, and the next attempt intended. */
    async next(): Promise<Answer> {
      const answer = await self.look();
      self.evidence = answer.evidence;
      self.attempt += 1;
      return answer;
    },
    /** These stages are over; `transfer` has carried 900 MB in 9 s. */
    async after(...stages: string[]) {
      for (const stage of stages) {
        const report = stage === 'validate' ? { checksum: { from: 'ab', to: 'ab' } } : null;
        self.job(stage, ended({ report, progress: stage === 'transfer' ? moved(900e6) : null }));
        await self.next();
      }
      return self;
    },
  };
  return self;
}
