/** A runbook as data for one system: what is left out, how it is called, whose policy its gates have. */
import { describe, expect, it } from 'vitest';
import { done } from '../../src/ports/answer.ts';
import { defineCheck, defineGate, defineStep, nodesFor, type Runbook, stepsOf } from '../../src/steps/step.ts';
import { system } from './system.ts';

const first = defineCheck({
  id: 'first',
  title: 'Look at {source} and {target}, at {source}',
  phase: 'validating',
  budgetMs: 1000,
  uses: [],
  proves: true,
  check: async () => done({}),
});
const optional = defineStep({
  id: 'optional',
  title: 'Only with a cache',
  phase: 'promoting',
  after: ['first'],
  repeat: 'once',
  budgetMs: 1000,
  uses: ['cache'],
  when: ({ cache }) => cache !== null,
  check: async () => done({}),
  run: async () => undefined,
  undo: { impossible: 'It is gone.' },
});
const last = defineStep({
  id: 'last',
  title: 'Leave {source}',
  phase: 'promoting',
  after: ['optional', 'first'],
  repeat: 'idempotent',
  onFailure: 'rollback',
  budgetMs: 1000,
  clock: 'writes-stop',
  uses: [],
  check: async () => done({}),
  run: async () => undefined,
  undo: async () => ({}),
});
const runbook: Runbook = {
  name: 'planned',
  nodes: [
    first,
    defineGate({ id: 'promote', title: 'Leave {source}?', phase: 'promoting', after: ['first', 'optional'] }),
    optional,
    last,
  ],
};

describe('nodesFor', () => {
  it('keeps the order, and says of each what the machine must know', () => {
    const nodes = nodesFor(runbook, system(), 'east', 'west');
    expect(nodes.map((node) => node.id)).toEqual(['first', 'promote', 'optional', 'last']);
    expect(nodes[0]).toEqual({
      kind: 'step',
      id: 'first',
      title: 'Look at east and west, at east',
      phase: 'validating',
      after: [],
      repeat: 'idempotent',
      effect: false,
      noUndo: null,
      proves: true,
      rule: false,
      onFailure: 'hold',
      budgetMs: 1000,
      clock: null,
    });
    expect(nodes[2]).toMatchObject({ effect: true, noUndo: 'It is gone.', repeat: 'once', proves: false });
    expect(nodes[3]).toMatchObject({ effect: true, noUndo: null, onFailure: 'rollback', clock: 'writes-stop' });
  });

  it('leaves out what this system has not, and waits for it nowhere', () => {
    const nodes = nodesFor(runbook, system(undefined, { cache: null }), 'east', 'west');
    expect(nodes.map((node) => [node.id, node.after])).toEqual([
      ['first', []],
      ['promote', ['first']],
      ['last', ['first']],
    ]);
  });

  it('gives each gate the policy of the configuration, and the regions their names', () => {
    const own = system();
    own.gates.promote = { ...own.gates.promote, votes: 2, required: false, approvers: ['user:U1'] };
    expect(nodesFor(runbook, own, 'west', 'east')[1]).toEqual({
      kind: 'gate',
      id: 'promote',
      title: 'Leave west?',
      phase: 'promoting',
      after: ['first', 'optional'],
      standsInFor: null,
      ...own.gates.promote,
    });
  });

  it('takes budgets from the configuration', () => {
    const [node] = nodesFor(runbook, system(undefined, { budgets: { first: 7 } }), 'east', 'west');
    expect(node).toMatchObject({ budgetMs: 7 });
  });
});

it('stepsOf leaves the gates out', () => {
  expect(stepsOf(runbook).map((step) => step.id)).toEqual(['first', 'optional', 'last']);
});
