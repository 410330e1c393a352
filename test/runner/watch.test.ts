/** The commit window under the runner: facts of the journal, a deadline that outlives Regent, a person who goes on. */
import { expect, test } from 'vitest';
import { whereIs } from '../../src/machine/due.ts';
import type { Journal } from '../../src/ports/journal.ts';
import type { Ports, StepDefinition } from '../../src/steps/step.ts';
import { watchHealth } from '../../src/steps/watch-health.ts';
import { makeWorld, workload } from '../steps/world.ts';
import type { HandClock } from '../support/hand-clock.ts';
import { asking, rig, scripted, YES } from '../support/runner.ts';

const CLUSTER = { query: null, atMost: 0.9 };
const MINUTE = 60_000;

async function watching(
  before?: { journal: Journal; clock: HandClock; world: ReturnType<typeof makeWorld> },
  tidying: StepDefinition[] = [],
) {
  const world = before?.world ?? makeWorld();
  const { cluster, metrics, probe, database } = world.ports;
  world.state.workloads['west'] = { api: workload('api', 2), ...before?.world.state.workloads['west'] };
  world.state.usage ??= null;
  const self = await rig({
    nodes: [asking('look', { answers: [YES] }), watchHealth, ...tidying],
    ports: { cluster, metrics, probe, database } as Partial<Ports>,
    ...(before && { journal: before.journal, clock: before.clock }),
  });
  self.system.hold = { forMs: 10 * MINUTE, everyMs: 15_000, cpu: CLUSTER, memory: CLUSTER };
  self.system.budgets['watch-health'] = 15 * MINUTE;
  self.system.deployments = [{ name: 'api', replicas: 2, writeHeavy: false, health: null, publicHealth: null }];
  world.state.usage = null;
  if (!before) await self.begin();
  await self.engine.start();
  return { ...self, self, world };
}
const seen = async ({ self }: Awaited<ReturnType<typeof watching>>) =>
  (await self.story()).filter((one) => one.startsWith('WATCH_SEEN')).length;
const short = { readyPods: 1 };

test('without trouble it is over when its time is, with one fact beside its end', async () => {
  const here = await watching();
  const { self, clock } = here;
  await clock.until(() => self.c.watch !== null);
  const { until, from } = self.c.watch!;
  expect(until - from).toBe(10 * MINUTE);
  await clock.until(() => self.c.endedAt !== null);
  expect(self.c.end).toBe('completed');
  expect(clock.now()).toBeGreaterThanOrEqual(until);
  expect(clock.now()).toBeLessThan(until + 16_000);
  expect(await seen(here)).toBe(1);
  await self.halt();
});

test('a Regent that starts anew goes on with the same end, and watches no longer', async () => {
  const first = await watching();
  await first.clock.until(() => first.self.c.watch !== null);
  const { until } = first.self.c.watch!;
  await first.clock.advance(8 * MINUTE);
  await first.self.halt();

  const next = await watching({ journal: first.journal, clock: first.clock, world: first.world });
  await next.clock.until(() => next.self.c.endedAt !== null);
  expect(next.self.c.watch!.until).toBe(until);
  expect(next.clock.now()).toBeLessThan(until + 16_000);
  await next.self.halt();
});

test('trouble is written down when it begins and when it is gone, and keeps the run open until then', async () => {
  const here = await watching();
  const { self, clock, world } = here;
  await clock.until(() => self.c.watch !== null);
  Object.assign(world.state.workloads['west']!['api']!, short);
  await clock.advance(11 * MINUTE);
  expect(self.c.endedAt).toBeNull();
  expect(self.c.holds).toEqual([]);
  expect(self.c.watch).toMatchObject({ troubles: 1, findings: [{ id: 'pods:api', words: 'api: 1 of 2 pods ready' }] });
  world.state.workloads['west']!['api'] = workload('api', 2);
  await clock.until(() => self.c.endedAt !== null);
  expect(self.c.steps['watch-health']).toMatchObject({ status: 'alreadyDone', evidence: { had: ['pods:api'] } });
  expect(await seen(here)).toBe(2);
  await self.halt();
});

test('trouble that stays past the grace holds; five more minutes, and it may still pass by itself', async () => {
  const { self, clock, world } = await watching();
  await clock.until(() => self.c.watch !== null);
  Object.assign(world.state.workloads['west']!['api']!, short);
  await clock.until(() => self.c.holds.length > 0);
  expect(clock.now() - self.c.watch!.from).toBeGreaterThanOrEqual(15 * MINUTE);
  expect(self.c.holds[0]).toMatchObject({ kind: 'step', ref: 'watch-health', why: 'api: 1 of 2 pods ready' });
  await self.append({ type: 'STEP_RETRIED', step: 'watch-health', by: 'UOPS', within: 5 * MINUTE });
  await clock.advance(MINUTE);
  world.state.workloads['west']!['api'] = workload('api', 2);
  await clock.until(() => self.c.endedAt !== null);
  expect(self.c.end).toBe('completed');
  await self.halt();
});

test('a named person goes on at any time, and stands among the overrides; other steps cannot be passed so', async () => {
  const { self, clock } = await watching();
  const pass = (step: string) => self.append({ type: 'STEP_SKIPPED', step, by: 'UOPS', reason: 'quiet night' });
  expect((await pass('watch-health')).ok).toBe(false);
  await clock.until(() => self.c.watch !== null);
  expect((await pass('look')).ok).toBe(false);
  expect((await pass('watch-health')).ok).toBe(true);
  await clock.until(() => self.c.endedAt !== null, MINUTE);
  expect(self.c.overrides).toEqual([{ rule: 'skip watch-health', by: 'UOPS', reason: 'quiet night' }]);
  await self.halt();
});

const nextRun = (here: Awaited<ReturnType<typeof watching>>) => {
  const { type, nodes, ...asked } = { type: 'REQUESTED' as const, ...here.self.c };
  const { organization, runbook, mode, requestedBy, objectives } = asked;
  const sides = { source: 'west', target: 'east', reason: 'west is dark' };
  return here.self.ledger.begin(
    'eden',
    'person:UOPS',
    () => ({ type, organization, runbook, mode, requestedBy, objectives, ...sides, nodes }),
    null,
    {
      run: 'eden-1',
      event: (next) => ({ type: 'WATCH_ENDED', step: 'watch-health', by: 'UOPS', why: 'x', next, lost: 'west' }),
    },
  );
};

test('ended by the next run, both go on at once: the one tidies up, the other begins; after a restart too', async () => {
  const lift = () => scripted('lift-freeze', { phase: 'atEnd', answers: ['hang'] });
  const first = await watching(undefined, [lift()]);
  await first.clock.until(() => first.self.c.watch !== null);
  expect((await nextRun(first)).ok).toBe(true);
  await first.clock.advance(1000);
  await first.self.halt();
  const states = (here: typeof first) => here.self.ledger.all().map(({ run, snapshot }) => [run, whereIs(snapshot)]);
  expect(states(first)).toEqual([
    ['eden-1', 'finishing'],
    ['eden-2', 'closing'],
  ]);

  const answered = scripted('lift-freeze', { phase: 'atEnd', answers: [YES] });
  const next = await watching({ journal: first.journal, clock: first.clock, world: first.world }, [answered]);
  await next.clock.until(() => next.self.c.endedAt !== null);
  expect(next.self.c).toMatchObject({ end: 'completed', watch: { cut: { next: 'eden-2', lost: 'west' } } });
  expect(next.self.ledger.active()!.run).toBe('eden-2');
  expect(await next.self.story()).not.toContain('STEP_SKIPPED watch-health');
  await next.self.halt();
});
