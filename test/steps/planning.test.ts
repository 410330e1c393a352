/** A plan says what a run would do, with every old and new value; its hash covers that and no reading. */
import { describe, expect, it } from 'vitest';
import { makePlan, recordsFor } from '../../src/steps/planning.ts';
import { planned } from '../../src/steps/runbooks/planned.ts';
import { nodesFor } from '../../src/steps/step.ts';
import type { FencePlan, System } from '../../src/steps/system.ts';
import { type Stage, stage } from './stage.ts';

const signal = new AbortController().signal;
const asked = (system: System) => ({
  runbook: 'planned',
  mode: 'planned' as const,
  source: 'east',
  target: 'west',
  nodes: nodesFor(planned, system, 'east', 'west'),
});

describe('what it says', () => {
  it('names every value, old and new', async () => {
    const { plan } = await stage();
    expect(plan.values).toMatchObject({
      namespace: 'eden',
      deployments: [
        { name: 'api', replicas: 3 },
        { name: 'task', replicas: 2 },
      ],
      stopWriters: ['task'],
      fence: { strategy: 'statefulset', ref: 'postgres', strength: 'strong' },
      database: { systemIdentifier: '7300000000000000001' },
      cache: { sentinels: true },
      targetHealth: [
        { service: 'api', url: 'https://api.secondary.example.internal/health' },
        { service: 'task', url: 'https://task.secondary.example.internal/health' },
      ],
      publicHealth: [
        { service: 'api', url: 'https://api.example.com/health' },
        { service: 'task', url: 'https://task.example.com/health' },
      ],
    });
    expect(plan.values.dns[0]).toEqual({
      provider: 'route53',
      zone: 'Z1',
      name: 'api.example.com',
      type: 'A',
      ttl: 60,
      old: ['192.0.2.1'],
      oldTtl: 60,
      new: ['192.0.2.2'],
    });
    expect(plan.bounds).toEqual({ lagSeconds: 5, loss: null });
  });

  it.each([
    [
      { strategy: 'exec', stop: ['./stop.sh', '-f'], start: null },
      { strategy: 'exec', ref: './stop.sh -f', strength: 'strong' },
    ],
    [
      { strategy: 'http', stop: 'https://ops/stop', start: null },
      { strategy: 'http', ref: 'https://ops/stop', strength: 'strong' },
    ],
    [{ strategy: 'sql' }, { strategy: 'sql', ref: 'ALLOW_CONNECTIONS false', strength: 'soft' }],
  ] satisfies [FencePlan, object][])('says how the source is fenced, and how well: %o', async (fence, value) => {
    expect((await stage(fence)).plan.values.fence).toEqual(value);
  });

  it('a record that is there already is its own old value; one that is not has none', async () => {
    const here = await stage();
    here.state.records['A api.example.com'] = { ttl: 60, values: ['192.0.2.2'] };
    delete here.state.records['A task.example.com'];
    const { values } = await makePlan(asked(here.system), here.system, here.ports, signal);
    expect(values.dns.map(({ old, oldTtl }) => ({ old, oldTtl }))).toEqual([
      { old: ['192.0.2.2'], oldTtl: 60 },
      { old: null, oldTtl: null },
    ]);
  });

  it('gives the records of the region that is to serve', async () => {
    const { system } = await stage();
    expect(recordsFor(system, 'east').map(({ values }) => values)).toEqual([['192.0.2.1'], ['192.0.2.1']]);
  });
});

type Change = (here: Stage) => unknown;

describe('the hash', () => {
  const hashWith = async (change: Change) => {
    const here = await stage();
    change(here);
    return [here.plan.hash, (await makePlan(asked(here.system), here.system, here.ports, signal)).hash] as const;
  };

  it.each([
    ['another position', (here) => Object.assign(here.state.servers['west']!, { lsn: '0/9000000', timeline: 4 })],
    ['another lag', (here) => Object.assign(here.state.lag, { seconds: 3 })],
    ['other pods', (here) => Object.assign(here.state.workloads['west']!['api']!, { readyPods: 0 })],
    ['less room', (here) => Object.assign(here.state.capacity, { free: [], notReady: ['n1'] })],
    ['Redis further behind', (here) => Object.assign(here.state.cache['west']!, { offset: 7, linkUp: false })],
  ] satisfies [string, Change][])('stays over %s', async (_, change) => {
    const [before, after] = await hashWith(change);
    expect(after).toBe(before);
  });

  it.each([
    [
      'a record somebody changed',
      (here) => Object.assign(here.state.records, { 'A api.example.com': { ttl: 60, values: ['192.0.2.9'] } }),
    ],
    [
      'another TTL',
      (here) => Object.assign(here.state.records, { 'A api.example.com': { ttl: 300, values: ['192.0.2.1'] } }),
    ],
    ['another number of pods wanted', (here) => Object.assign(here.system.deployments[0]!, { replicas: 4 })],
    ['another health address', (here) => Object.assign(here.system.deployments[0]!, { health: 'https://x/{alias}' })],
    ['another bound', (here) => Object.assign(here.system.objectives, { rpoMs: 9000 })],
    ['another gate policy', (here) => Object.assign(here.system.gates.promote, { votes: 2 })],
    [
      'another database',
      (here) => Object.values(here.state.servers).map((one) => Object.assign(one, { systemIdentifier: '42' })),
    ],
  ] satisfies [string, Change][])('changes with %s', async (_, change) => {
    const [before, after] = await hashWith(change);
    expect(after).not.toBe(before);
  });

  it('changes with the direction', async () => {
    const here = await stage();
    const back = { ...asked(here.system), source: 'west', target: 'east' };
    expect((await makePlan(back, here.system, here.ports, signal)).hash).not.toBe(here.plan.hash);
  });
});

describe('it is refused', () => {
  it('when the two databases are not one system', async () => {
    const here = await stage();
    here.state.servers['west']!.systemIdentifier = '42';
    await expect(makePlan(asked(here.system), here.system, here.ports, signal)).rejects.toMatchObject({
      code: 'wrong-database',
      message:
        'The databases of east and west are not copies of each other (system identifiers 7300000000000000001 and 42).',
    });
  });
  it('when something it rests on does not answer', async () => {
    const here = await stage();
    here.state.servers['west']!.down = true;
    await expect(makePlan(asked(here.system), here.system, here.ports, signal)).rejects.toThrow('does not answer');
  });
});

it('changes nothing', async () => {
  const here = await stage();
  expect(here.state.calls).toEqual([]);
});
