/** From the configuration to what is asked where: services by default, a region's own probes instead, a witness only those. */
import { expect, it } from 'vitest';
import { alarmOptions, triggerOf, watchOptions } from '../../src/app/watching.ts';
import { trigger } from '../../src/config/trigger.ts';

type Given = Parameters<typeof watchOptions>[0];
const config = (more: Partial<Given> = {}): Given => ({
  regions: {
    east: { role: 'primary', alias: 'one', redis: {} },
    west: { role: 'secondary', alias: 'two', redis: {} },
    eu: { role: 'witness', alias: 'w' },
  },
  services: { deployments: { api: { health: 'https://api.{alias}.eden/health' }, task: {} } },
  verify: { errorRate: { query: 'errors' } },
  metrics: {},
  timings: { callTimeout: 10_000 },
  trigger: trigger.parse(undefined),
  ...more,
});

it('asks the health of the services of each region that has some', () => {
  const { regions, hasCache, errorRateQuery, callMs, policy } = watchOptions(config());
  expect(regions).toEqual([
    {
      name: 'east',
      role: 'data',
      endpoints: [{ name: 'api', url: 'https://api.one.eden/health', weight: 1, critical: false, onlyServing: true }],
    },
    {
      name: 'west',
      role: 'data',
      endpoints: [{ name: 'api', url: 'https://api.two.eden/health', weight: 1, critical: false, onlyServing: true }],
    },
    { name: 'eu', role: 'witness', endpoints: [] },
  ]);
  expect({ hasCache, errorRateQuery, callMs }).toEqual({ hasCache: true, errorRateQuery: 'errors', callMs: 5000 });
  expect(policy.forMs).toEqual({ scoreLow: 120_000, errorsHigh: 60_000, cut: 60_000, critical: 30_000 });
});

it('a region with probes of its own is asked those; without metrics or Redis none are', () => {
  const given = config();
  given.regions['eu']!.probes = [{ name: 'hello', url: 'https://{alias}.eden/', weight: 2, critical: true }];
  delete given.regions['west']!.redis;
  delete given.metrics;
  const { regions, hasCache, errorRateQuery } = watchOptions(given);
  expect(regions[2]!.endpoints).toEqual([{ name: 'hello', url: 'https://w.eden/', weight: 2, critical: true }]);
  expect({ hasCache, errorRateQuery }).toEqual({ hasCache: false, errorRateQuery: null });
});

it('tells the alarm and the steps what they need', () => {
  expect(triggerOf(config())).toEqual({ confirmMs: 30_000, witnesses: ['eu'] });
  expect(alarmOptions(config())).toMatchObject({ mode: 'propose', coolDownMs: 1_800_000, freshMs: 15_000 });
});

it('a look at a silent region is over well before a step that waits for it gives up', () => {
  const given = config({ timings: { callTimeout: 3000 } });
  expect(watchOptions(given).callMs).toBeLessThanOrEqual(3000 / 2);
});

it('what a region said stays fresh as long as a silent one holds up the round it was asked in, and the next', () => {
  const given = config({ trigger: trigger.parse({ every: '500ms' }), timings: { callTimeout: 3000 } });
  const { callMs } = watchOptions(given);
  expect(alarmOptions(given).freshMs).toBeGreaterThanOrEqual(2 * callMs + 500 / 5);
});
