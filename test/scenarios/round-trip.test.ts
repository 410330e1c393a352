/** There and home again under write load, on real servers, judged from outside. One lab: each more costs CI over a minute. */
import { expect, it } from 'vitest';
import { type RoundTripOptions, roundTrip } from '../../lab/scenarios/round-trip.ts';

const given = (more: Partial<RoundTripOptions> = {}): RoundTripOptions => ({
  scenario: 'round-trip',
  times: 1,
  fault: null,
  pace: 10,
  latencyMs: 0,
  transcript: false,
  say: () => {},
  stop: new AbortController().signal,
  ...more,
});

it('given fences left at home, when it is moved and goes home, then the way back holds and names them, and once they are lifted nothing is lost and nothing is left behind', async () => {
  const { report } = await roundTrip(given({ scenario: 'failback', fault: 'stale-fence' }));

  expect(report.problems).toEqual([]);
  expect(report.runs.map(({ runbook, outcome }) => `${runbook} ${outcome}`)).toEqual([
    'planned completed',
    'failback completed',
  ]);
  const home = report.runs.at(-1)!;
  expect(home.heldBefore).toMatchObject({ at: 'no-stale-fence' });
  expect(home.heldBefore?.said).toContain(
    'left in us-east-1: default_transaction_read_only on in Postgres; NetworkPolicy regent-fence',
  );
  expect(report.lifted).toMatchObject([{ region: 'us-east-1', by: 'person:U0ANA', failed: [] }]);
  expect(report).toMatchObject({
    databasePrimary: 'us-east-1',
    standby: { region: 'us-west-2', role: 'standby', lagBytes: 0 },
    promotions: 2,
    fences: [],
    announced: [{ name: 'Eden: planned maintenance', status: 'scheduled' }],
    writer: { lost: 0 },
  });
  for (const { redis, from, to } of report.runs)
    if (redis !== null) {
      expect(redis).toMatchObject({ master: to, demotedBy: 'regent' });
      expect(redis.nodes).toContainEqual({ region: from, role: 'replica', writable: false });
    }
}, 300_000);
