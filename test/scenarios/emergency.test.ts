/** A region that dies under write load, played through Slack and judged from outside. One lab a test. */
import { expect, it } from 'vitest';
import { type EmergencyOptions, emergency } from '../../lab/scenarios/emergency.ts';

const given = (more: Partial<EmergencyOptions> = {}): EmergencyOptions => ({
  pace: 10,
  latencyMs: 0,
  trigger: 'propose',
  onTimeout: 'escalate',
  fault: null,
  blipMs: 43_000,
  lagMs: 200,
  sentinelSlow: false,
  transcript: false,
  say: () => {},
  stop: new AbortController().signal,
  ...more,
});

it('when the region dies, Ana declares it from the card and Bo approves, then no more is lost than was approved', async () => {
  const { report, ok } = await emergency(given());

  expect(report.problems).toEqual([]);
  expect(ok).toBe(true);
  expect(report).toMatchObject({
    outcome: 'completed',
    databasePrimary: 'us-west-2',
    oldPrimaryAcceptsWrites: false,
    promotions: 1,
    dnsBatches: 1,
    journal: { verified: true },
  });
  // The writes that were on their way are really lost: the bound is held against something.
  expect(report.lostWrites).toBeGreaterThan(0);
  expect(report.lostSeconds).toBeLessThanOrEqual(report.approvedLossSeconds!);
  expect(report.lostBytes).toBeLessThanOrEqual(report.approvedLossBytes!);
  for (const took of [report.detectionMs, report.decisionMs, report.executionMs, report.downtimeMs])
    expect(took).toBeGreaterThan(0);
  // Nobody could prove the fence of a region that is silent: a third person answered for it.
  expect(report.gates.map(({ gate, by }) => `${gate} ${by.join()}`)).toEqual([
    'declare U0ANA',
    'promote U0BO',
    'dns U0BO',
    'unverified-fence U0CY',
  ]);
}, 240_000);

it('when Regent declares it by itself, the Sentinels do nothing, and Postgres comes back writable before the promotion, then it takes no write after it', async () => {
  const { report } = await emergency(given({ fault: 'zombie', trigger: 'declare', sentinelSlow: true }));

  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ outcome: 'completed', story: { zombieBeforePromotion: true } });
  // The twin of "none after the promotion": the way there was open before it.
  expect(report.rogue.acknowledged).toBeGreaterThan(0);
  expect(report.rogue.acknowledgedAfterPromotion).toBe(0);
  expect(report.gates[0]).toMatchObject({ gate: 'declare', by: [] });
}, 240_000);

it('when nobody watches Redis and the region comes back with a second master, then Regent makes it a replica', async () => {
  const { report } = await emergency(given({ fault: 'returns', redis: 'direct' }));

  expect(report.problems).toEqual([]);
  expect(report.outcome).toBe('completed');
  if (report.redis) {
    expect(report.redis).toMatchObject({ by: 'direct', master: 'us-west-2', demotedBy: 'regent' });
    expect(report.redis.nodes[0]).toEqual({ region: 'us-east-1', role: 'replica', writable: false });
  }
}, 240_000);

it('when the witness dies too, then the run is aborted and people are told why; with the witness back it goes on', async () => {
  const { report } = await emergency(given({ fault: 'quorum-lost' }));

  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ outcome: 'aborted', afterwards: 'completed', story: { told: true }, promotions: 1 });
}, 240_000);

it('when Regent alone is cut off, then it proposes nothing before it sees again', async () => {
  const { report } = await emergency(given({ fault: 'isolated-bot' }));

  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({
    outcome: 'notStarted',
    clusterChanges: 0,
    story: { proposedWhileAlone: false, proposedAfterwards: true },
  });
}, 120_000);
