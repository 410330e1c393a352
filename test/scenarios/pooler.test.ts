/** Clients of a real PgBouncer through a whole run: they wait and are never refused, and no end leaves one waiting. */
import { describe, expect, it } from 'vitest';
import { pgbouncerProgram } from '../../lab/pgbouncer/server.ts';
import { type PlannedOptions, planned } from '../../lab/scenarios/planned.ts';

const found = pgbouncerProgram();
const missing = 'why' in found ? found.why : null;
if (missing !== null && process.env['CI'] === 'true')
  it('the scenarios with a pooler need PgBouncer', () => expect.unreachable(missing));

const given = (more: Partial<PlannedOptions>): PlannedOptions => ({
  pace: 10,
  latencyMs: 0,
  fault: null,
  fence: 'statefulset',
  pooler: true,
  kill: { points: [], positions: 0, seed: 1 },
  transcript: false,
  say: () => {},
  stop: new AbortController().signal,
  ...more,
});

describe.skipIf(missing !== null)(`given clients behind PgBouncer${missing === null ? '' : `: ${missing}`}`, () => {
  it('when Regent is killed while they wait, then the next one lets them go on in the other region, and none was refused', async () => {
    const { report } = await planned(given({ kill: { points: ['promote-postgres'], positions: 0, seed: 1 } }));

    expect(report.problems).toEqual([]);
    expect(report.pooler).toMatchObject({ refused: 0, lost: 0, paused: [] });
    expect(report.pooler!.acknowledged).toBeGreaterThan(300);
    const order = report.steps.map(({ id }) => id);
    for (const [first, then] of [
      ['pause-pools', 'read-only-source'],
      ['prove-target-writable', 'resume-pools'],
    ])
      expect(order.indexOf(first!), `${first} before ${then}`).toBeLessThan(order.indexOf(then!));
  }, 180_000);

  it('when the run is aborted while they wait, then they go on where they were', async () => {
    const { report } = await planned(given({ fault: 'promote-fails' }));

    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ outcome: 'rolledBack', databasePrimary: 'us-east-1' });
    expect(report.pooler).toMatchObject({ refused: 0, lost: 0, paused: [] });
    expect(report.steps.find(({ id }) => id === 'pause-pools')?.outcome).toBe('undo done');
  }, 180_000);

  it('when the run stands still and Regent is told to stop, then nobody is left waiting', async () => {
    const { report } = await planned(given({ fault: 'soft-fence' }));

    expect(report).toMatchObject({ outcome: 'failed', heldAt: 'prove-fence', databasePrimary: 'us-east-1' });
    expect(report.pooler).toMatchObject({ lost: 0, pausedAfterwards: [] });
  }, 180_000);
});
