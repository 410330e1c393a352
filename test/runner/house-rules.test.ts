/** The house rules as the runner asks them: held at once and together, gone on without, or asked again and met. */
import { afterEach, expect, it } from 'vitest';
import type { Notice } from '../../src/ports/records.ts';
import { approversAtHand } from '../../src/steps/approvers-at-hand.ts';
import { noticeGiven } from '../../src/steps/notice-given.ts';
import { ttlLowered } from '../../src/steps/ttl-lowered.ts';
import { makeWorld } from '../steps/world.ts';
import { settled } from '../support/hand-clock.ts';
import { asking, policy, type Rig, rig, YES } from '../support/runner.ts';

const HOUR = 3_600_000;
let here: Rig;
afterEach(() => here.halt());

/** A run that has begun under three rules, over a world nobody has told of it. */
async function begun() {
  const { state, ports } = makeWorld();
  here = await rig({
    nodes: [noticeGiven, ttlLowered, approversAtHand, asking('next', { phase: 'assessing', answers: [YES] })],
    ports: { records: ports.records, people: ports.people },
    gates: { promote: policy({ approvers: ['group:SRE'] }), dns: policy({ required: false }) },
  });
  here.system.records = [
    {
      provider: 'route53',
      zone: 'Z1',
      name: 'api.example.com',
      type: 'A',
      ttl: 60,
      values: { east: ['192.0.2.1'], west: ['192.0.2.2'] },
    },
  ];
  here.system.rules = {
    noticeMs: 48 * HOUR,
    ttl: { atMostSeconds: 60, forMs: 24 * HOUR, lookEveryMs: HOUR },
    onCall: [],
  };
  state.groups['SRE'] = ['UBO'];
  await here.begin();
  await here.engine.start();
  await settled();
  return state;
}
const held = () => here.c.holds.map(({ ref }) => ref).toSorted();
const statusOf = (id: string) => here.c.steps[id]?.status ?? 'none';
const waive = (step: string) => here.append({ type: 'STEP_SKIPPED', step, by: 'UOPS', reason: 'agreed' });

it('what waiting cannot change holds at once, together, and the run goes on without it', async () => {
  await begun();
  const before = here.clock.now();
  await here.clock.until(() => held().length === 2, 5000);
  expect(held()).toEqual(['notice-given', 'ttl-lowered']);
  expect(here.clock.now() - before).toBeLessThan(1000);
  expect([statusOf('notice-given'), statusOf('ttl-lowered')]).toEqual(['notDone', 'unknown']);
  await waive('notice-given');
  await waive('ttl-lowered');
  await here.clock.until(() => statusOf('next') === 'alreadyDone', 5000);
  expect(statusOf('approvers-at-hand')).toBe('alreadyDone');
  expect(here.c.overrides.map(({ rule }) => rule)).toEqual(['waive notice-given', 'waive ttl-lowered']);
});

it('asked again once it is met, a rule lets the run go on; unmet it holds again', async () => {
  const state = await begun();
  await here.clock.until(() => held().length === 2, 5000);
  await waive('ttl-lowered');
  await here.append({ type: 'STEP_RETRIED', step: 'notice-given', by: 'UOPS' });
  await here.clock.until(() => here.c.steps['notice-given']?.attempt === 2, 5000);
  expect(held()).toEqual(['notice-given']);
  const now = here.clock.now();
  const told: Notice = {
    n: 1,
    source: 'east',
    target: 'west',
    from: now,
    until: now + HOUR,
    reason: 'x',
    by: 'UANA',
    at: now - 49 * HOUR,
  };
  state.notices = [told];
  await here.append({ type: 'STEP_RETRIED', step: 'notice-given', by: 'UOPS' });
  await here.clock.until(() => statusOf('next') === 'alreadyDone', 5000);
  expect(statusOf('notice-given')).toBe('alreadyDone');
});

it('a rule of which nothing was known is asked again, and answered', async () => {
  const state = await begun();
  await here.clock.until(() => held().length === 2, 5000);
  await waive('notice-given');
  const now = here.clock.now();
  state.ttls = Array.from({ length: 30 }, (_, index) => ({
    at: now - (30 - index) * HOUR,
    ttls: { 'A api.example.com': 60 },
  }));
  await here.append({ type: 'STEP_RETRIED', step: 'ttl-lowered', by: 'UOPS' });
  await here.clock.until(() => statusOf('next') === 'alreadyDone', 5000);
  expect(['done', 'alreadyDone']).toContain(statusOf('ttl-lowered'));
});
