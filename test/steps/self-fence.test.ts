/** A silent region counts as fenced by a lease that has run out for long enough, and by nothing less. */
import { describe, expect, it } from 'vitest';
import type { WriteAttempt } from '../../src/ports/database.ts';
import type { SeenLease } from '../../src/ports/leases.ts';
import { makePlan } from '../../src/steps/planning.ts';
import { proveFence } from '../../src/steps/prove-fence.ts';
import { emergency } from '../../src/steps/runbooks/emergency.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import { nodesFor } from '../../src/steps/step.ts';
import { forbidden } from './securing-world.ts';
import { stage, wordsOf } from './stage.ts';
import { system } from './system.ts';

const SELF = { withinMs: 30_000, lease: 'eden/postgres', context: 'witness', holder: 'one' };
const SILENT: WriteAttempt = { outcome: 'unreachable', how: 'timed out', connectionRefused: false };
const RENEWED_AT = Date.UTC(2026, 10, 20, 14, 30, 2);
const LEASE: SeenLease = {
  holder: 'one',
  renewedAt: RENEWED_AT,
  durationMs: 15_000,
  version: 'u/7',
  unchangedMs: 56_400,
  renewed: true,
};

/** East is silent, and its server stops itself. */
async function silent(lease: Partial<SeenLease> | null | Error, self: Partial<typeof SELF> = {}) {
  const here = await stage({ strategy: 'statefulset', name: 'postgres' });
  here.values.fence.selfFence = { ...SELF, ...self };
  here.state.servers['east']!.attempt = SILENT;
  here.ports.cluster.workload = () => Promise.reject(new Error('no answer'));
  here.state.leases['east'] = lease === null || lease instanceof Error ? lease : { ...LEASE, ...lease };
  return { ...here, asked: () => here.check(proveFence, { mode: 'emergency' }) };
}
const asked = async (...given: Parameters<typeof silent>) => await (await silent(...given)).asked();

describe('a lease that has run out', () => {
  it('for as long as the server takes to stop is the proof, and the words say what it rests on', async () => {
    const answer = await asked({});
    expect(wordsOf(answer)).toBe(
      'done: east’s lease (eden/postgres) was last renewed at 14:30:02 UTC and expired at least 41 s ago; a server that cannot renew it stops itself within 30 s',
    );
    expect(answer.evidence).toMatchObject({ attempt: 'unreachable', leaseHolder: 'one', leaseUnchangedMs: 56_400 });
  });
  it.each([
    [44_999, 'unknown'],
    [45_000, 'done'],
  ])('%i ms unrenewed, of 15 s and 30 s: %s', async (unchangedMs, is) => {
    expect((await asked({ unchangedMs })).is).toBe(is);
  });
  it('for less than that is waited for', async () => {
    const answer = await asked({ unchangedMs: 20_900 });
    expect(answer).not.toHaveProperty('final');
    expect(wordsOf(answer)).toBe(
      'unknown: east does not answer, which proves nothing: timed out, and east’s lease (eden/postgres) has not been renewed for 20 s; after 45 s its server has stopped itself',
    );
  });
  it('by the holder’s clock alone is no proof: only what was seen from here counts', async () => {
    expect((await asked({ renewedAt: 0, unchangedMs: 0, renewed: false })).is).toBe('unknown');
  });
  it('counts on after a restart while it is the same one, and anew once it was renewed', async () => {
    const here = await silent({ unchangedMs: 10 });
    const version = LEASE.version;
    here.left.evidence['prove-fence'] = { leaseVersion: version, leaseUnchangedMs: 50_000 };
    expect((await here.asked()).is).toBe('done');
    here.left.evidence['prove-fence'] = { leaseVersion: version, leaseUnchangedMs: 40_000 };
    expect((await here.asked()).is).toBe('unknown');
    here.left.evidence['prove-fence'] = { leaseVersion: 'u/6', leaseUnchangedMs: 50_000 };
    expect((await here.asked()).is).toBe('unknown');
  });
});

describe('a region that is only out of sight', () => {
  it('renews its lease, and is never counted as fenced', async () => {
    const answer = await asked({ unchangedMs: 2300 });
    expect(wordsOf(answer)).toMatch(/^unknown: .* was renewed 2 s ago: a server there runs$/);
    expect(answer).not.toHaveProperty('final');
  });
  it('takes a write: that wins over any lease', async () => {
    const here = await silent({});
    here.state.servers['east']!.attempt = { outcome: 'accepted', how: 'BEGIN READ WRITE' };
    expect((await here.asked()).is).toBe('notDone');
  });
  it('refuses a write, so its server runs although its lease has run out: a person weighs that', async () => {
    const here = await silent({});
    here.state.servers['east']!.attempt = { outcome: 'refused', how: 'read-only' };
    expect(await here.asked()).toMatchObject({ is: 'unknown', final: true, evidence: { strength: 'soft' } });
  });
});

describe('a lease that says nothing', () => {
  it('cannot be read now: asked again while there is time', async () => {
    const answer = await asked(new Error('no route'));
    expect(wordsOf(answer)).toMatch(/^unknown: .*, and east’s lease \(eden\/postgres\) cannot be read \(no route\)$/);
    expect(answer).not.toHaveProperty('final');
  });
  it.each([
    ['may not be read', forbidden('get lease'), {}, 'may not be read'],
    ['is not there', null, {}, 'there is no lease eden/postgres in the cluster witness'],
    ['is held by nobody', { holder: null }, {}, 'is held by nobody'],
    ['is another server’s', { holder: 'two' }, {}, 'is held by two, not by one'],
    ['is that of one whose name only begins alike', { holder: 'one1' }, {}, 'is held by one1, not by one'],
    ['has no duration', { durationMs: null }, {}, 'does not say how long it lasts'],
    ['lasts longer than its server', { durationMs: 31_000 }, {}, 'lasts 31 s, longer than the 30 s'],
  ] as const)('%s: a person is asked at once', async (_name, lease, self, words) => {
    const answer = await asked(lease, self);
    expect(answer).toMatchObject({ is: 'unknown', final: true });
    expect(wordsOf(answer)).toContain(words);
    expect(String(answer.evidence['lease'])).toContain(words.slice(1));
  });
  it('is held by a name of its own: with a suffix of the election, or where nobody is wanted', async () => {
    expect((await asked({ holder: 'one_8f3a' })).is).toBe('done');
    expect((await asked({ holder: 'who' }, { holder: null as never })).is).toBe('done');
  });
});

it('is asked in an emergency alone', async () => {
  const here = await silent({});
  here.ports.cluster.workload = async () => null;
  expect((await here.check(proveFence)).is).toBe('unknown');
});

it('is part of what is approved, in an emergency', async () => {
  const { ports, system: made, plan } = await stage();
  const planOf = (mode: 'emergency' | 'planned') =>
    makePlan({ ...plan, runbook: mode, mode, nodes: [] }, made, ports, new AbortController().signal);
  const [before, calm] = [await planOf('emergency'), await planOf('planned')];
  made.regions['east']!.selfFence = SELF;
  const after = await planOf('emergency');
  expect(after.values.fence).toEqual({ strategy: 'statefulset', ref: 'postgres', strength: 'strong', selfFence: SELF });
  expect(after.hash).not.toBe(before.hash);
  expect((await planOf('planned')).hash).toBe(calm.hash);
});

it('has time for the longest lease beside its own, and without a self-fence none', () => {
  const made = system();
  const budgetOf = (runbook = emergency) => {
    const node = nodesFor(runbook, made, 'east', 'west').find(({ id }) => id === 'prove-fence');
    return node?.kind === 'step' ? node.budgetMs : null;
  };
  expect(budgetOf()).toBe(15_000);
  made.regions['east']!.selfFence = SELF;
  expect(budgetOf()).toBe(75_000);
  expect(budgetOf(planned)).toBe(15_000);
  made.budgets['prove-fence'] = 20_000;
  expect(budgetOf()).toBe(80_000);
});
