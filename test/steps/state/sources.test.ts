/** The sources as steps: where they stand in a runbook, what they are called, and what is called for them. */
import { describe, expect, it } from 'vitest';
import { withOwnSteps } from '../../../src/steps/own-steps.ts';
import { emergency } from '../../../src/steps/runbooks/emergency.ts';
import { planned } from '../../../src/steps/runbooks/planned.ts';
import { scriptCalls } from '../../../src/steps/scripts.ts';
import { withState } from '../../../src/steps/state/sources.ts';
import type { StateSource } from '../../../src/steps/state/types.ts';
import { nodesFor, stepsOf } from '../../../src/steps/step.ts';
import { noRules } from '../../support/no-rules.ts';
import { system } from '../system.ts';
import { served, source } from './stage.ts';

const state = (...sources: StateSource[]) => ({
  state: { rateBelow: null, boxMs: { planned: null, emergency: 300_000 }, sources },
});
const vms = source({ id: 'vms', title: 'VM state', runbooks: ['emergency'] });

describe('their places', () => {
  it('none: the runbook as it is', () => {
    expect(withState(planned, {})).toBe(planned);
    expect(withState(planned, state(vms))).toBe(planned);
  });
  it('behind the runbook’s own of the phase preparing, in the order they are written, each for itself', () => {
    for (const [runbook, ids, after] of [
      [planned, ['sync-crdt'], ['freeze-changes']],
      [emergency, ['sync-crdt', 'sync-vms'], []],
    ] as const) {
      const steps = stepsOf(withState(runbook, state(source(), vms))).filter(({ phase }) => phase === 'preparing');
      const own = stepsOf(runbook).filter(({ phase }) => phase === 'preparing');
      expect(steps.map(({ id }) => id)).toEqual([...own.map(({ id }) => id), ...ids]);
      for (const step of steps.slice(own.length)) expect(step.after).toEqual(after);
    }
  });
  it('are nodes with an effect that can be skipped and undone', () => {
    const made = system(undefined, state(source()));
    expect(nodesFor(withState(planned, made), made, 'east', 'west').find(({ id }) => id === 'sync-crdt')).toMatchObject(
      {
        title: 'Synchronise CRDT state',
        effect: true,
        noUndo: null,
        proves: false,
        repeat: 'idempotent',
        onFailure: 'hold',
        budgetMs: 1_830_000,
      },
    );
  });
  it('no call of it lasts 30 s', () => {
    for (const one of [source(), served()])
      expect(stepsOf(withState(planned, state(one))).find(({ id }) => id === 'sync-crdt')!.callMs ?? 0).toBeLessThan(
        30_000,
      );
  });
  it('an own step may come after one; another of the same id is refused', () => {
    const own = {
      id: 'tell',
      title: 'Tell',
      help: null,
      runbooks: ['planned'],
      phase: 'preparing',
      after: ['sync-crdt'],
      repeat: 'once',
      does: { exec: ['./tell.sh'] },
      check: null,
      undo: null,
      timeoutMs: 1000,
      usualMs: null,
      owed: false,
      onFailure: 'hold',
    } as never;
    const base = withState(planned, state(source()));
    const made = withOwnSteps(base, { ...noRules, scripts: [own] });
    expect(made.nodes.find(({ id }) => id === 'tell')).toMatchObject({ after: ['sync-crdt'] });
    expect(() =>
      withOwnSteps(base, { ...noRules, scripts: [{ ...(own as object), id: 'sync-crdt' } as never] }),
    ).toThrow('the id sync-crdt of “Tell” belongs to “Synchronise CRDT state” already');
    expect(() => withState(base, state(source({ title: 'Other' })))).toThrow(
      'state: the source crdt of “Other” would be the step sync-crdt, and that is “Synchronise CRDT state” already.',
    );
  });
});

it.each([
  ['scripts', source({ help: 'The services read it' })],
  ['endpoints', served({ repeat: 'once' })],
])('says to whoever is on call what it is about: %s', (_, one) => {
  const { about } = stepsOf(withState(planned, state(one))).find(({ id }) => id === 'sync-crdt')!;
  for (const text of [about!.does, about!.asks, ...about!.whenItStops]) {
    expect(text).toMatch(/^[A-Z“].*\.$/);
    expect(text).not.toMatch(/undefined|null| {2}/);
  }
  expect(about!.does).toContain('snapshot by `');
});

it('what is called stands in the plan, with its places filled in', () => {
  const regions = { east: { alias: 'a' }, west: { alias: 'b' }, north: { alias: 'c' }, south: { alias: 'd' } } as never;
  const exec = ['./state.sh', '{others}', '{source}', '{targetAlias}', '{run}'];
  const one = source({ stages: { ...source().stages, transfer: { exec } } });
  const calls = scriptCalls({ regions, scripts: [], ...state(one) }, 'west', 'north');
  expect(Object.keys(calls)).toEqual(
    ['snapshot', 'transfer', 'validate', 'apply'].map((stage) => `sync-crdt:${stage}`),
  );
  expect(calls['sync-crdt:transfer']).toEqual({
    does: { exec: ['./state.sh', 'b,a,d', 'west', 'c', '{run}'] },
    check: null,
    undo: null,
  });
});
