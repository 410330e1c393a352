/** A whole planned failover under write load, on real servers, judged from outside. One lab a test. */
import { describe, expect, it } from 'vitest';
import { type PlannedOptions, planned } from '../../lab/scenarios/planned.ts';

const given = (more: Partial<PlannedOptions> = {}): PlannedOptions => ({
  pace: 10,
  latencyMs: 0,
  fault: null,
  fence: 'statefulset',
  kill: { points: [], positions: 0, seed: 1 },
  transcript: false,
  say: () => {},
  stop: new AbortController().signal,
  ...more,
});

describe('given two regions, a writer and somebody who goes round the fence', () => {
  it('when Ana asks and Bo approves, then everything has moved and nothing acknowledged is lost', async () => {
    const { report, ok } = await planned(given());

    expect(report.problems).toEqual([]);
    expect(ok).toBe(true);
    expect(report).toMatchObject({
      outcome: 'completed',
      from: 'us-east-1',
      to: 'us-west-2',
      promotions: 1,
      dnsBatches: 1,
      databasePrimary: 'us-west-2',
      oldPrimaryAcceptsWrites: false,
      journal: { verified: true },
    });
    expect(report.writer.lost).toBe(0);
    expect(report.writer.acknowledged).toBeGreaterThanOrEqual(1000);
    if (report.redis) expect(report.redis).toMatchObject({ by: 'sentinel', demotedBy: 'regent' });
    // The twin of "nothing after the fence": before it, the way round it was open.
    expect(report.rogue.acknowledged).toBeGreaterThan(0);
    expect(report.rogue.acknowledgedAfterFence).toBe(0);
    expect(report.gates.map(({ gate, decision }) => `${gate} ${decision}`)).toEqual([
      'promote approved',
      'dns approved',
    ]);
    const order = report.steps.map(({ id }) => id);
    for (const [first, then] of [
      ['fence-source', 'prove-fence'],
      ['prove-replicated', 'promote-postgres'],
      ['prove-target-writable', 'switch-dns'],
    ])
      expect(order.indexOf(first!), `${first} before ${then}`).toBeLessThan(order.indexOf(then!));
  }, 120_000);

  it('when Regent is killed between promotion and answer, and between the DNS change and its answer, then each took place once', async () => {
    const { report } = await planned(
      given({ kill: { points: ['promote-postgres', 'switch-dns'], positions: 2, seed: 7 } }),
    );

    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ outcome: 'completed', promotions: 1, dnsBatches: 1 });
    expect(report.writer.lost).toBe(0);
  }, 180_000);

  it('when the fence is only a word, then the run is held at the proof and nothing is promoted', async () => {
    const { report, ok } = await planned(given({ fault: 'soft-fence' }));

    expect(ok).toBe(false);
    expect(report).toMatchObject({
      outcome: 'failed',
      heldAt: 'prove-fence',
      promotions: 0,
      dnsBatches: 0,
      databasePrimary: 'us-east-1',
      oldPrimaryAcceptsWrites: true,
    });
  }, 120_000);

  it.each([
    ['http', 'shutdown checkpoint', 'direct'],
    ['sql', 'barrier', 'sentinel'],
  ] as const)(
    'when the fence is made by %s, then the proof is of its kind and nothing is lost',
    async (fence, proof, redis) => {
      const { report } = await planned(given({ fence, redis }));

      expect(report.problems).toEqual([]);
      expect(report).toMatchObject({
        outcome: 'completed',
        databasePrimary: 'us-west-2',
        oldPrimaryAcceptsWrites: false,
      });
      expect(report.said).toContain(proof);
      // A client of its own at full speed, once with Sentinels and once by FAILOVER TO.
      if (report.redis) {
        expect(report.redis).toMatchObject({ by: redis, master: 'us-west-2', lost: 0, demotedBy: 'regent' });
        expect(report.redis.acknowledged).toBeGreaterThan(10_000);
      }
    },
    120_000,
  );
});
