/** A runner over a real journal in memory, with time in hand and steps made for the test. */

import { sqliteJournal } from '../../src/integrations/sqlite-journal/journal.ts';
import type { RunEvent } from '../../src/machine/types.ts';
import { type Answer, done, notDone, unknown } from '../../src/ports/answer.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { Engine } from '../../src/runner/engine.ts';
import { eventOf, Ledger, type NewEvent } from '../../src/runner/ledger.ts';
import { StepWork, type StepWorld } from '../../src/runner/step-work.ts';
import { switchOf, type Wish } from '../../src/runner/switching.ts';
import {
  type GateDefinition,
  nodesFor,
  type Ports,
  type Runbook,
  type StepDefinition,
  stepsOf,
} from '../../src/steps/step.ts';
import type { System } from '../../src/steps/system.ts';
import { type HandClock, handClock } from './hand-clock.ts';
import { everyGate, noRules } from './no-rules.ts';

type GatePolicy = System['gates']['promote'];
export const policy = (more: Partial<GatePolicy> = {}): GatePolicy => ({
  votes: 1,
  approvers: ['user:UANA'],
  requesterMayVote: false,
  timeoutMs: 300_000,
  onTimeout: 'escalate',
  escalateTo: ['user:UBOSS'],
  required: true,
  ...more,
});

/** A step whose answers are listed: the last one stays. `calls` is what it was asked to do. */
export type Scripted = StepDefinition & { answers: (Answer | Error | 'hang')[]; calls: string[] };
type Script = Partial<StepDefinition> & { answers?: Scripted['answers']; act?: () => void | Promise<void> };

export const YES = done({ seen: 'yes' }, 'as wanted');
export const NO = notDone('not so yet', { seen: 'no' });
export const MAYBE = unknown('nobody answers');

/** Waits for ever, heeding its signal or not. */
export const hanging = (signal?: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));

/** By default: not done before `run`, done after it; `act` is what else the call does. */
export function scripted(id: string, { answers, act, ...more }: Script = {}): Scripted {
  let acted = false;
  const made: Scripted = {
    id,
    title: id,
    phase: 'preparing',
    repeat: 'idempotent',
    budgetMs: 60_000,
    uses: [],
    answers: answers ?? [],
    calls: [],
    async check({ signal }) {
      made.calls.push('check');
      const answer = (made.answers.length > 1 ? made.answers.shift() : made.answers[0]) ?? (acted ? YES : NO);
      if (answer === 'hang') return await hanging(signal);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async run() {
      made.calls.push('run');
      await act?.();
      acted = true;
      return { sent: true };
    },
    async undo() {
      made.calls.push('undo');
      acted = false;
      return { restored: true };
    },
    ...more,
  };
  return made;
}
/** A step that only asks. */
export function asking(id: string, script: Script = {}): Scripted {
  const made = scripted(id, { phase: 'validating', ...script });
  delete made.run;
  delete made.undo;
  return made;
}

export type Rig = Awaited<ReturnType<typeof rig>>;
type Options = {
  nodes: (StepDefinition | GateDefinition)[];
  /** Of the emergency it may go on as. */
  emergency?: (StepDefinition | GateDefinition)[];
  gates?: Partial<System['gates']>;
  journal?: Journal;
  clock?: HandClock;
  ports?: Partial<Ports>;
};

/** A ledger that leads and a run that is requested; the engine starts when told. */
export async function rig({ nodes, emergency = [], gates = {}, clock = handClock(), ports = {}, journal }: Options) {
  const own = journal ?? sqliteJournal({ path: ':memory:' });
  const runbook: Runbook = { name: 'planned', nodes };
  const runbooks = { planned: runbook, emergency: { name: 'emergency', nodes: emergency } };
  const fence = { strategy: 'statefulset', name: 'postgres' } as const;
  const system: System = {
    organization: 'eden',
    environment: 'staging',
    objectives: { rtoMs: 1_800_000, rpoMs: 300_000 },
    namespace: 'eden',
    regions: { east: { alias: 'primary', fence }, west: { alias: 'secondary', fence } },
    deployments: [],
    cache: null,
    records: [],
    gates: { ...everyGate(policy()), ...gates },
    budgets: {},
    pollMs: 1000,
    lagWithinMs: 1000,
    contacts: {},
    ...noRules,
  };
  const stop = new AbortController();
  const logged: { level: string; fields: object; message: string }[] = [];
  const logs = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const ledger = new Ledger(own, clock);
  await ledger.open('test');
  const world: StepWorld = {
    ledger,
    clock,
    system,
    ports: {
      database: { observe: async () => ({ systemIdentifier: '7' }) },
      dns: { plan: async () => ({ batches: [] }) },
      watch: { health: () => null },
      clock,
      ...ports,
    } as unknown as Ports,
    steps: new Map(Object.values(runbooks).flatMap((one) => stepsOf(one).map((step) => [step.id, step]))),
    callMs: 10_000,
    stop: stop.signal,
  };
  const engine = new Engine({
    ...world,
    runbooks,
    log: { info: logs('info'), warn: logs('warn'), error: logs('error') },
  });
  const run = 'eden-1';
  const self = {
    journal: own,
    ledger,
    clock,
    engine,
    system,
    world,
    logged,
    get c() {
      return ledger.view(run)!.snapshot.context;
    },
    begin: (delivery: string | null = null, more: { forceAfterMs?: number } = {}) =>
      ledger.begin(
        'eden',
        'person:UREQ',
        () => ({
          type: 'REQUESTED',
          organization: 'eden',
          runbook: 'planned',
          mode: 'planned',
          source: 'east',
          target: 'west',
          reason: 'maintenance',
          requestedBy: 'UREQ',
          objectives: system.objectives,
          nodes: nodesFor(runbook, system, 'east', 'west'),
          ...more,
        }),
        delivery,
      ),
    append: (event: NewEvent, delivery: string | null = null) => ledger.append(run, 'person:UOPS', event, delivery),
    /** Somebody lets it go on as an emergency. */
    switches: (wish: Partial<Wish> = {}) =>
      ledger.append(run, 'person:UOPS', ({ context }) => [
        switchOf(context, runbooks.emergency, system, {
          by: 'UOPS',
          reason: 'east is dark',
          vote: false,
          byName: null,
          ...wish,
        }),
      ]),
    work: (id: string) => new StepWork(world, run, world.steps.get(id)!),
    /** What has happened, as written: `STEP_DONE scale 1`. */
    async story(): Promise<string[]> {
      return (await own.read(run))
        .map(eventOf)
        .map((event: RunEvent) =>
          [
            event.type,
            ...('step' in event ? [event.step] : []),
            ...('gate' in event ? [event.gate] : []),
            ...('attempt' in event ? [event.attempt] : []),
          ].join(' '),
        );
    },
    async last(): Promise<RunEvent> {
      return eventOf((await own.read(run)).at(-1)!);
    },
    halt: async () => {
      stop.abort();
      await engine.stopped();
    },
  };
  return self;
}

/** Requested and planned, with nothing under way: for one step at a time. */
export async function planned(options: Options): Promise<Rig> {
  const self = await rig(options);
  await self.begin();
  const { makePlan } = await import('../../src/steps/planning.ts');
  const { nodes } = self.c;
  const asked = { runbook: 'planned', mode: 'planned' as const, source: 'east', target: 'west', nodes };
  const plan = await makePlan(asked, self.system, self.world.ports, new AbortController().signal);
  await self.append({ type: 'PLANNED', plan });
  return self;
}
