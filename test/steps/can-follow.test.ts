/** Within a run nobody is asked: only a server that can follow as it is does, and of any other nothing is touched. */
import { beforeEach, describe, expect, it } from 'vitest';
import { canFollow } from '../../src/steps/can-follow.ts';
import { makeStandby } from '../../src/steps/make-standby.ts';
import { makePlan } from '../../src/steps/planning.ts';
import { failback } from '../../src/steps/runbooks/failback.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import { nodesFor } from '../../src/steps/step.ts';
import type { FencePlan } from '../../src/steps/system.ts';
import { type Stage, stage, wordsOf } from './stage.ts';

let here: Stage;
/** East was left and is down; west serves on timeline 2. */
async function left(fence?: FencePlan) {
  here = await stage(fence);
  here.system.regions['east']!.reprotect = {
    exec: ['./standby.sh', '{verb}', '--region={source}'],
    strategy: 'auto',
    timeoutMs: 1000,
    inRun: true,
  };
  const { east, west } = here.state.servers;
  east!.down = true;
  Object.assign(west!, { role: 'primary', timeline: 2, streamingFrom: null, standbys: [] });
}
const says = (report: object) => {
  const look = { state: 'stopped', marked: false, follows: false, why: 'it wrote on', rewind: true };
  here.state.hook = {
    ok: true,
    status: 0,
    report: { ...look, divergedBytes: 4096, bytes: 1e6, ...report },
    output: '',
  };
};
/** As the plan has it, which is made before the region is left. */
const facts = async () => {
  const { east, west } = here.state.servers;
  const then = [{ ...east! }, { ...west! }];
  Object.assign(east!, { down: false, role: 'primary' });
  const nodes = nodesFor(planned, here.system, 'east', 'west');
  const asked = { runbook: 'planned', mode: 'planned' as const, source: 'east', target: 'west', nodes };
  const { values } = await makePlan(asked, here.system, here.ports, new AbortController().signal);
  Object.assign(east!, then[0]);
  Object.assign(west!, then[1]);
  return { values };
};
const looked = async (report: object = {}) => {
  says(report);
  const answer = await here.check(canFollow, await facts());
  here.left.evidence['can-follow'] = answer.evidence;
  return wordsOf(answer);
};
beforeEach(() => left());

it('may say look and rejoin, and nothing else: the others are not in the plan', async () => {
  const { values } = await facts();
  expect(Object.keys(values.scripts).sort()).toEqual(['reprotect:look', 'reprotect:rejoin']);
  expect(values.strategy).toBeUndefined();
});

it('goes by what can follow as it is, whatever the configured strategy is', async () => {
  here.system.regions['east']!.reprotect!.strategy = 'copy';
  expect(await looked({ follows: true, why: '' })).toBe('done: it can follow as it is: nothing is thrown away');
  expect(here.left.evidence['can-follow']).toMatchObject({ way: 'rejoin' });
  expect(wordsOf(await here.check(makeStandby, await facts()))).toMatch(/^notDone: run .*standby\.sh rejoin/);
});

it('replaces nothing where it wrote on by itself: it says which command asks', async () => {
  expect(await looked()).toBe(
    'notDone: east cannot follow as it is: it wrote on. Nothing was replaced: /dr reprotect east asks how',
  );
  expect(here.left.evidence['can-follow']).not.toHaveProperty('way');
  expect(await here.check(canFollow, await facts())).toMatchObject({ final: true });
});

describe('a server that runs', () => {
  it('is to be stopped by hand: a fence of SQL alone does not', async () => {
    await left({ strategy: 'sql' });
    here.state.servers['east']!.down = false;
    expect(await looked({ state: 'running' })).toBe(
      'notDone: Postgres in east still runs, for its fence is SQL alone. Stop it by hand, then /dr reprotect east',
    );
    await left();
    expect(await looked({ state: 'running' })).toMatch(/still runs\. Stop it by hand/);
    expect(await here.check(canFollow, await facts())).toMatchObject({ final: true });
  });
  it('is waited for where it is a standby or starts, and is no business where it streams', async () => {
    expect(await looked({ state: 'starting' })).toMatch(/^notDone: Postgres in east is starting/);
    Object.assign(here.state.servers['east']!, { down: false, role: 'standby', streamingFrom: null, timeline: 2 });
    expect(await looked({ state: 'running' })).toBe(
      'notDone: east is a standby and does not stream yet: /dr reprotect east',
    );
    here.state.servers['east']!.streamingFrom = 'west:5432';
    expect(await looked()).toBe('done: it streams already');
    expect(wordsOf(await here.check(makeStandby, await facts()))).toBe('done: it streams already');
  });
});

it('belongs to the runs that leave the region, where it says how and does not say no', () => {
  const ids = (source: string, target: string, runbook = planned) =>
    nodesFor(runbook, here.system, source, target).filter(({ id }) => /standby|follow/.test(id));
  expect(ids('east', 'west').map(({ id }) => id)).toEqual([
    'can-follow',
    'make-standby',
    'start-standby',
    'standby-follows',
  ]);
  expect(ids('east', 'west', failback)).toHaveLength(4);
  // The other region says nothing of it.
  expect(ids('west', 'east')).toEqual([]);
  for (const node of ids('east', 'west'))
    expect(node).toMatchObject({ phase: 'securing', onFailure: 'continue', proves: false });
  here.system.regions['east']!.reprotect!.inRun = false;
  expect(ids('east', 'west')).toEqual([]);
});
