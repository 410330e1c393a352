/** What a run could not do in a region that was silent is done when it answers: by the run's own steps. */
import { expect, it } from 'vitest';
import { initial } from '../../src/machine/replay.ts';
import type { Context, StepState } from '../../src/machine/types.ts';
import type { Owed } from '../../src/monitor/owed.ts';
import { owedSecuring, type SecuringWorld } from '../../src/monitor/owed-securing.ts';
import { type Answer, done, notDone, unknown } from '../../src/ports/answer.ts';
import { cordonSource } from '../../src/steps/cordon-source.ts';
import { denySource } from '../../src/steps/deny-source.ts';
import type { StepDefinition } from '../../src/steps/step.ts';
import { stopSource } from '../../src/steps/stop-source.ts';
import type { ConfiguredStep } from '../../src/steps/system.ts';
import { forbidden, silence } from '../steps/securing-world.ts';
import { system } from '../steps/system.ts';
import { makeWorld } from '../steps/world.ts';
import { plan } from '../support/machine.ts';

const STEPS = [cordonSource, stopSource, denySource];
const stop = new AbortController().signal;

type Rest = { steps?: StepDefinition[]; scripts?: ConfiguredStep[]; rows?: SecuringWorld['rows'] };

function secured(evidence: Record<string, object>, more: Partial<Context> = {}, rest: Rest = {}) {
  const { state, ports } = makeWorld();
  const { steps: owedSteps = STEPS, scripts = [], rows } = rest;
  const steps = Object.fromEntries(
    Object.entries(evidence).map(([id, seen]) => [
      id,
      { status: 'alreadyDone', attempt: 0, evidence: seen } as StepState,
    ]),
  );
  const context: Context = {
    ...initial().context,
    run: 'eden-1',
    mode: 'emergency',
    end: 'completed',
    plan: plan([], 'emergency'),
    steps,
    ...more,
  };
  const owed: Owed = { run: 'eden-1', source: 'east', target: 'west', context };
  const notes: string[] = [];
  const secure = owedSecuring({
    ports,
    system: system(undefined, { scripts }),
    steps: owedSteps,
    callMs: 10_000,
    note: async ({ type, data }) => notes.push(`${type} ${data['step']}`),
    ...(rows && { rows }),
  });
  return { state, ports, notes, secure: () => secure(owed, stop) };
}
const OWED = { reached: false, owed: true };

it('does what is owed and nothing else, in the order of the run, each after it was written down', async () => {
  const here = secured({
    'cordon-source': OWED,
    'stop-source': { reached: true, owed: false },
    'deny-source': OWED,
  });
  expect(await here.secure()).toEqual(['2 nodes take no more pods', 'NetworkPolicy regent-fence denies all traffic']);
  expect(here.state.calls).toEqual(['cordon east n1 n2', 'deny east regent-fence']);
  expect(here.notes).toEqual(['OWED_STEP_INTENDED cordon-source', 'OWED_STEP_INTENDED deny-source']);
});

it('what is so already is told and not ordered', async () => {
  const here = secured({ 'deny-source': OWED });
  here.state.secured.policies['east regent-fence'] = 'yes';
  expect(await here.secure()).toEqual(['NetworkPolicy regent-fence denies all traffic']);
  expect([here.state.calls, here.notes]).toEqual([[], []]);
});

it('waits for the run to end: until then its steps are the runner’s', async () => {
  const here = secured({ 'cordon-source': OWED }, { end: null });
  expect([await here.secure(), here.state.calls]).toEqual([null, []]);
});

it('is asked again while something is still owed', async () => {
  const here = secured({ 'cordon-source': OWED, 'stop-source': OWED });
  here.state.ending = true;
  expect(await here.secure()).toBeNull();
  here.state.ending = false;
  for (const one of Object.values(here.state.workloads['east']!)) one.pods = 0;
  expect(await here.secure()).toEqual(['2 nodes take no more pods', '3 workloads at 0, no pod left']);
});

it('is asked again when the region is silent again', async () => {
  const here = secured({ 'cordon-source': OWED });
  silence(here.ports, 'cluster', 'east');
  expect(await here.secure()).toBeNull();
});

it('a refusal is told once and for all', async () => {
  const here = secured({ 'cordon-source': OWED, 'deny-source': OWED });
  here.ports.cluster.nodes = () => Promise.reject(forbidden('list nodes'));
  expect(await here.secure()).toEqual([
    'cordon-source failed: Kubernetes of east refused to list nodes (403 Forbidden).',
    'NetworkPolicy regent-fence denies all traffic',
  ]);
});

it('whoever may not write the journal orders nothing', async () => {
  const { state, ports } = makeWorld();
  const secure = owedSecuring({
    ports,
    system: system(),
    steps: STEPS,
    callMs: 1000,
    note: () => Promise.reject(new Error('another Regent leads now')),
  });
  const steps = { 'cordon-source': { status: 'alreadyDone', evidence: OWED } as unknown as StepState };
  const context: Context = { ...initial().context, end: 'completed', plan: plan([], 'emergency'), steps };
  await secure({ run: 'eden-1', source: 'east', target: 'west', context }, stop);
  expect(state.calls).toEqual([]);
});

/** A step of the owner's: what its check says of each attempt, and which attempts were run. */
function ownStep(says: (attempt: number, ran: number[]) => Answer, after: string[] = []) {
  const ran: number[] = [];
  const step: StepDefinition = {
    id: 'power-off',
    title: 'Power off the nodes of {source}',
    phase: 'securing',
    after,
    repeat: 'idempotent',
    budgetMs: 60_000,
    uses: [],
    check: async ({ attempt }) => says(attempt, ran),
    run: async ({ attempt }) => {
      ran.push(attempt);
      return undefined;
    },
  };
  return { ran, step, scripts: [{ id: 'power-off', owed: true } as ConfiguredStep] };
}
const OWN = { 'power-off': OWED };

it('the owner’s are looked at until they are over, and not ordered again meanwhile', async () => {
  let over = false;
  const own = ownStep((_, ran) =>
    ran.length === 0 ? notDone('3 on') : over ? done({ owed: false }, '3 nodes off') : unknown('running for 4 s'),
  );
  const here = secured(OWN, {}, { steps: [own.step], scripts: own.scripts });
  expect(await here.secure()).toBeNull();
  expect(await here.secure()).toBeNull();
  over = true;
  expect(await here.secure()).toEqual(['3 nodes off']);
  expect([own.ran, here.notes]).toEqual([[1], ['OWED_STEP_INTENDED power-off']]);
});

it('the owner’s that fail are tried again under a new attempt, three times in all, and that is told', async () => {
  const own = ownStep(() => notDone('it ended with 1'));
  const here = secured(OWN, {}, { steps: [own.step], scripts: own.scripts });
  for (let round = 0; round < 3; round += 1) expect(await here.secure()).toBeNull();
  expect(await here.secure()).toEqual(['power-off failed 3 times: it ended with 1']);
  expect(own.ran).toEqual([1, 2, 3]);
});

it('after a restart the attempt that was ordered is looked at by its own key', async () => {
  const asked: number[] = [];
  const own = ownStep((attempt) => {
    asked.push(attempt);
    return unknown('running for 9 s');
  });
  const row = (run: string, step: string) => ({ type: 'OWED_STEP_INTENDED', data: { run, step } });
  const rows = async () => [row('eden-1', 'power-off'), row('eden-1', 'power-off'), row('eden-0', 'power-off')];
  const here = secured(OWN, {}, { steps: [own.step], scripts: own.scripts, rows });
  expect(await here.secure()).toBeNull();
  expect([asked, own.ran]).toEqual([[2], []]);
});

it('what comes after something that is still owed waits with it', async () => {
  const own = ownStep(
    (_, ran) => (ran.length === 0 ? notDone('3 on') : done({ owed: false }, '3 nodes off')),
    ['stop-source'],
  );
  const here = secured({ 'stop-source': OWED, ...OWN }, {}, { steps: [stopSource, own.step], scripts: own.scripts });
  here.state.ending = true;
  expect(await here.secure()).toBeNull();
  expect(own.ran).toEqual([]);
  here.state.ending = false;
  for (const one of Object.values(here.state.workloads['east']!)) one.pods = 0;
  expect(await here.secure()).toEqual(['3 workloads at 0, no pod left', '3 nodes off']);
});
