/** Taking a region out of service that does not serve: nothing is promoted, stopped or fenced, and what protects is said. */
import { beforeEach, describe, expect, it } from 'vitest';
import { LOST_SECONDARY } from '../../../src/machine/types.ts';
import { notPrimary } from '../../../src/steps/not-primary.ts';
import { makePlan, recordsWithout } from '../../../src/steps/planning.ts';
import { protectionKnown } from '../../../src/steps/protection-known.ts';
import { leaveDns, lostSecondary, ONLY_DECLARED } from '../../../src/steps/runbooks/lost-secondary.ts';
import { nodesFor, type StepFacts } from '../../../src/steps/step.ts';
import { type Stage, stage, wordsOf } from '../stage.ts';

let here: Stage;
/** West is left, east serves on. */
const facts: Partial<StepFacts> = { source: 'west', target: 'east' };
const nodes = (without: string[] = []) => nodesFor(lostSecondary, here.system, 'west', 'east', without);
const planned = () =>
  makePlan(
    { runbook: LOST_SECONDARY, mode: 'planned', source: 'west', target: 'east', nodes: nodes() },
    here.system,
    here.ports,
    new AbortController().signal,
  );
/** East answers for both regions while it serves; west for itself. */
function shared() {
  here.system.records[0]!.values = { east: ['192.0.2.1', '192.0.2.2'], west: ['192.0.2.2'] };
  here.state.records['A api.example.com'] = { ttl: 60, values: ['192.0.2.1', '192.0.2.2'] };
}
beforeEach(async () => {
  here = await stage();
});

it('has one gate, no promotion, no fence; the failure is asked about only where it is declared', () => {
  expect(nodes().map(({ id, phase }) => `${phase} ${id}`)).toEqual([
    'validating not-primary',
    'validating failure-confirmed',
    'assessing record-failure',
    'redirecting declare',
    'redirecting leave-dns',
    'securing protection-known',
  ]);
  const left = nodes(ONLY_DECLARED);
  expect(left.map(({ id }) => id)).toEqual(['not-primary', 'declare', 'leave-dns', 'protection-known']);
  expect(left.find(({ id }) => id === 'declare')).toMatchObject({
    after: ['not-primary'],
    title: 'Take west out of service',
  });
});

describe('who serves', () => {
  it('is asked of both, and the one that is left may be silent', async () => {
    expect(wordsOf(await here.check(notPrimary, facts))).toBe('done: east is the primary; west is a standby');
    here.state.servers['west']!.down = true;
    expect(wordsOf(await here.check(notPrimary, facts))).toBe('done: east is the primary; west does not answer');
  });
  it('and a region that serves is never taken out', async () => {
    here.state.servers['west']!.role = 'primary';
    expect(await here.check(notPrimary, facts)).toMatchObject({ why: 'Postgres in west is a primary', final: true });
    here.state.servers['west']!.role = 'standby';
    here.state.servers['east']!.role = 'standby';
    expect(wordsOf(await here.check(notPrimary, facts))).toBe('notDone: Postgres in east is a standby');
  });
});

describe('DNS', () => {
  it('loses the addresses of the region where others are left, and nothing else', async () => {
    shared();
    expect(recordsWithout(here.system, 'west', 'east').map(({ name, values }) => [name, values])).toEqual([
      ['api.example.com', ['192.0.2.1']],
    ]);
    // Both answer the same in either direction: nobody can tell whose an address is.
    here.system.records[1]!.values = { east: ['192.0.2.1', '192.0.2.2'], west: ['192.0.2.2', '192.0.2.1'] };
    expect(recordsWithout(here.system, 'west', 'east')).toHaveLength(1);
  });

  it('is planned old → new without asking the region that is left, changed, and put back', async () => {
    shared();
    here.state.servers['west']!.down = true;
    const { values } = await planned();
    expect(values.dns).toMatchObject([
      { name: 'api.example.com', old: ['192.0.2.1', '192.0.2.2'], new: ['192.0.2.1'] },
    ]);
    const handed = { ...facts, values };
    expect((await here.check(leaveDns, handed)).is).toBe('notDone');
    await leaveDns.run!({ ...here.handed, ...handed });
    expect(here.state.records['A api.example.com']!.values).toEqual(['192.0.2.1']);
    expect((await here.check(leaveDns, handed)).is).toBe('done');
    if (typeof leaveDns.undo !== 'function') throw new Error('it can be undone');
    await leaveDns.undo({ ...here.handed, ...handed, before: {} });
    expect(here.state.records['A api.example.com']!.values).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  it('says so where there is nothing to take out', async () => {
    const { values } = await planned();
    expect(wordsOf(await here.check(leaveDns, { ...facts, values }))).toBe(
      'done: no record answers with addresses of west beside others',
    );
  });
});

describe('what protects', () => {
  it('is another standby, the region itself, or nothing: that is a warning', async () => {
    expect(wordsOf(await here.check(protectionKnown, facts))).toBe('done: west still streams, nothing else stands by');
    here.state.servers['west']!.down = true;
    const none = await here.check(protectionKnown, facts);
    expect(none).toMatchObject({ is: 'done', evidence: { warning: 'UNPROTECTED: nothing stands by for east' } });
    here.system.regions['north'] = here.system.regions['west']!;
    here.state.servers['north'] = { ...here.state.servers['west']!, region: 'north', down: false };
    const one = await here.check(protectionKnown, facts);
    expect(wordsOf(one)).toBe('done: north still stands by');
    expect(one.evidence).toEqual({ streaming: ['north'] });
    here.state.servers['north']!.streamingFrom = null;
    expect((await here.check(protectionKnown, facts)).evidence).toHaveProperty('warning');
  });
});
