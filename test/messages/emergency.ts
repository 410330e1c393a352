/** An emergency told as a story: us-east-1 is gone at 14:30:00 UTC, us-west-2 takes over. */
import { hashOf } from '../../src/lib/hash.ts';
import type { Evidence, Plan, PlanNode } from '../../src/machine/types.ts';
import { check, gate, plan, requested, type Story, step, story } from '../support/machine.ts';

export const DAY = Date.UTC(2024, 0, 15);
/** `14:30:00` of that day, ms. */
export const at = (clock: string): number => DAY + Date.parse(`1970-01-01T${clock}Z`);

const MINUTE = 60_000;
export const NODES: PlanNode[] = [
  check('failure-confirmed', 'validating', { budgetMs: 2 * MINUTE }),
  check('loss-measured', 'assessing', { budgetMs: MINUTE }),
  // Side by side: the longer one counts.
  step('scale-up-target', 'preparing', { budgetMs: 5 * MINUTE }),
  check('target-endpoints', 'preparing', { budgetMs: 3 * MINUTE }),
  gate('promote', 'promoting', { after: ['loss-measured'] }),
  step('promote-postgres', 'promoting', {
    title: 'Promote the standby Postgres',
    budgetMs: MINUTE,
    noUndo: 'It has left recovery.',
  }),
  check('prove-target-writable', 'promoting', {
    after: ['promote-postgres'],
    budgetMs: MINUTE,
    clock: 'writes-serve',
  }),
  step('switch-dns', 'redirecting', { budgetMs: 3 * MINUTE }),
  check('services-well', 'verifying', { budgetMs: 2 * MINUTE }),
  step('secure-source', 'securing', { budgetMs: 60 * MINUTE }),
];

const asEmergency = (made: Plan): Plan => {
  const { hash: _, ...rest } = { ...made, source: 'us-east-1', target: 'us-west-2', runbook: 'emergency' };
  return { ...rest, hash: hashOf(rest) };
};

/** The next event happens at this time. */
export const wait = (told: Story, clock: string): Story => told.later(at(clock) - 1000 - told.at);

/** Asked for at 14:30:00 and planned; the failure confirmed unless told otherwise. */
export function emergency({ confirmed = true, nodes = NODES } = {}): Story {
  const told = wait(story(), '14:30:00').take({
    ...requested(nodes),
    run: 'novacron-1',
    organization: 'novacron',
    runbook: 'emergency',
    mode: 'emergency',
    source: 'us-east-1',
    target: 'us-west-2',
    reason: 'no answer\nfrom anywhere',
  } as ReturnType<typeof requested>);
  told.planned(asEmergency(plan(nodes, 'emergency')));
  return confirmed ? told.found('failure-confirmed') : told;
}

export const measured = (told: Story, evidence: Evidence): Story =>
  told.take({ type: 'STEP_ALREADY_DONE', step: 'loss-measured', evidence, summary: null });

/** Up to a region that has accepted a write. */
export const promoted = (told: Story = emergency(), loss: Evidence = { lossBytes: 0, lossSeconds: 0 }): Story =>
  measured(told, loss)
    .approve('promote')
    .finish('scale-up-target')
    .found('target-endpoints')
    .finish('promote-postgres')
    .found('prove-target-writable');

/** Verified at this time, then secured. */
export function completed(verified = '14:45:32', told: Story = promoted()): Story {
  if (told.status('switch-dns') === 'none') told.finish('switch-dns');
  return wait(told, verified).found('services-well').finish('secure-source');
}
