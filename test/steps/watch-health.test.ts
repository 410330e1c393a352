/** The commit window's looks: what is trouble, what is only said, and what more pods may help. */
import { beforeEach, describe, expect, it } from 'vitest';
import { IntegrationError } from '../../src/lib/errors.ts';
import type { Watch } from '../../src/machine/types.ts';
import type { StepFacts } from '../../src/steps/step.ts';
import type { System } from '../../src/steps/system.ts';
import { watchHealth } from '../../src/steps/watch-health.ts';
import { stage, wordsOf } from './stage.ts';
import { workload } from './world.ts';

const CLUSTER = { query: null, atMost: 0.9 };
const hold: System['hold'] = { forMs: 600_000, everyMs: 15_000, cpu: CLUSTER, memory: CLUSTER };
const usage = (name: string, cpu: number, memory = 0.5) => ({
  name,
  pods: 2,
  cpu: { used: cpu, of: 1 },
  memory: { used: memory, of: 1 },
});

let here: Awaited<ReturnType<typeof stage>>;
let own: StepFacts['own'];
beforeEach(async () => {
  here = await stage(undefined, { hold, errorRate: { query: 'errors', atMost: 0.01 } });
  const { state } = here;
  state.now = 1_000_000;
  state.metric = 0.001;
  state.workloads['west'] = { api: workload('api', 3), task: workload('task', 2) };
  state.usage = [usage('api', 0.3), usage('task', 0.3)];
  own = { underWay: false, intendedAt: null, phaseAt: 1_000_000, isLeft: false };
});
const look = async () => {
  const answer = await here.check(watchHealth, { own: own! });
  const { watch = null } = answer.is === 'done' ? {} : answer;
  return { answer, watch, findings: (watch?.findings ?? []).map(({ id, words }) => `${id} | ${words}`) };
};
/** The next looks know what the journal has kept of the first. */
const seen = (more: Partial<Watch> = {}) => {
  const kept: Watch = {
    step: 'watch-health',
    from: 1_000_000,
    until: 1_600_000,
    findings: [],
    streams: null,
    unread: [],
    troubles: 0,
    had: [],
    ...more,
  };
  own = { ...own!, watch: kept };
};

it('is part of a plan only where a window is configured, and of a dry run never', async () => {
  expect([watchHealth.when!(here.system), watchHealth.when!((await stage()).system)]).toEqual([true, false]);
  expect(watchHealth.everyMs!(here.system)).toBe(15_000);
  expect(watchHealth.run).toBeUndefined();
});

describe('all is well', () => {
  it('lasts until its time is over, which is said once', async () => {
    const first = await look();
    expect(first.answer).toMatchObject({ is: 'unknown', why: 'west is watched' });
    expect(first.watch).toEqual({
      until: 1_600_000,
      findings: [],
      streams: false,
      unread: ['response times: verify.performance is not set'],
    });
    seen();
    here.state.now = 1_599_999;
    expect((await look()).watch?.until).toBe(1_600_000);
    here.state.now = 1_600_000;
    expect(wordsOf((await look()).answer)).toBe(
      'done: watched for 10 min: no trouble; not watched: response times: verify.performance is not set',
    );
  });

  it('says what trouble there was', async () => {
    seen({ had: ['cpu:api'] });
    here.state.now = 1_700_000;
    expect(wordsOf((await look()).answer)).toContain('done: watched for 10 min: 1 trouble, gone again');
  });
});

describe('trouble', () => {
  it('keeps it open past its time, named', async () => {
    seen();
    here.state.now = 1_700_000;
    here.state.metric = 0.2;
    const { answer, findings } = await look();
    expect(answer.is).toBe('notDone');
    expect(findings).toEqual(['requests | 20 % of requests fail in west (at most 1 %)']);
  });

  it('in pods: not ready, without a node, not there', async () => {
    const trouble = ['FailedScheduling: 0/2 nodes are available: 2 Insufficient cpu.'];
    here.state.workloads['west'] = { api: workload('api', 3, { readyPods: 2, unschedulable: 1, trouble }) };
    expect((await look()).findings).toEqual([
      'pods:task | task has no deployment',
      'pods:api | api: 2 of 3 pods ready, 1 finds no node (FailedScheduling: 0/2 nodes are available: 2 Insufficient cpu)',
    ]);
  });

  it('in nodes', async () => {
    const [first, second] = here.state.secured.nodes['west']!;
    first!.ready = false;
    second!.pressure = ['MemoryPressure', 'DiskPressure'];
    expect((await look()).findings).toEqual([
      'node:n1 | node n1: not ready',
      'node:n2 | node n2: MemoryPressure, DiskPressure',
    ]);
  });

  it('in CPU and memory of a service, with as many pods as leave room', async () => {
    here.state.usage = [usage('api', 0.95), usage('task', 0.2, 1.5)];
    const { watch, findings } = await look();
    expect(findings).toEqual([
      'cpu:api | api: 95 % of its CPU in use (at most 90 %)',
      'memory:task | task: 150 % of its memory in use (at most 90 %)',
    ]);
    expect(watch!.findings.map(({ scale }) => scale)).toEqual([
      { service: 'api', replicas: 4 },
      { service: 'task', replicas: 5 },
    ]);
  });

  it('offers no more pods than its autoscaler lets it have, and none at its most', async () => {
    const autoscaler = { name: 'api', min: 1, max: 3 };
    here.state.workloads['west']!['api'] = workload('api', 3, { autoscaler });
    here.state.usage = [usage('api', 0.95), usage('task', 0.2)];
    expect((await look()).watch!.findings[0]!.scale).toBeNull();
  });

  it('in response times: the slowest service may be given more', async () => {
    const performance = {
      p95: { query: null, atMostMs: 200 },
      throughput: null,
      baseline: { everyMs: 60_000, overMs: 3_600_000 },
    };
    const system = { ...here.system, performance };
    here.state.health['https://task.example.com/health'] = { ms: 900 };
    const answer = await here.check(watchHealth, { own: own!, system });
    if (answer.is === 'done') throw new Error('done');
    expect(answer.watch!.findings).toEqual([
      {
        id: 'latency',
        is: 'bad',
        words: 'task takes 900 ms for more than 5 % of our own requests (at most 200 ms)',
        scale: { service: 'task', replicas: 3 },
      },
    ]);
  });
});

describe('no data is not health', () => {
  it('a silent cluster, an empty query: the commit waits, and says why', async () => {
    seen();
    here.state.now = 1_700_000;
    here.state.metric = null;
    here.ports.cluster.nodes = async () => {
      throw new Error('Kubernetes of west did not answer within 5 s.');
    };
    here.state.usage = [usage('api', 0.2)];
    const { answer, findings } = await look();
    expect(answer.is).toBe('unknown');
    expect(findings).toEqual([
      'nodes | nodes: Kubernetes of west did not answer within 5 s',
      'cpu:task | task: CPU not measured',
      'memory:task | task: memory not measured',
      'requests | no data yet about requests in west',
    ]);
  });

  it('what nobody has set up is said, and not waited for', async () => {
    const bare = { ...here.system, errorRate: null };
    here.state.usage = null;
    const answer = await here.check(watchHealth, { own: own!, system: bare });
    if (answer.is === 'done') throw new Error('done');
    expect(answer.watch).toMatchObject({
      findings: [],
      unread: [
        'CPU and memory: the cluster of west measures neither',
        'failed requests: verify.errorRate is not set',
        'response times: verify.performance is not set',
      ],
    });
    here.ports.cluster.usage = async () => {
      throw new IntegrationError('Kubernetes of west refused (403).', {
        code: 'kubernetes-403',
        system: 'kubernetes',
        operation: 'list',
        effect: 'none',
      });
    };
    expect((await look()).watch?.unread[0]).toBe('CPU and memory: the cluster of west does not let us');
  });

  it('a query of the house is asked instead of the cluster', async () => {
    const queried = {
      ...hold!,
      cpu: { query: 'cpu share', atMost: 0.5 },
      memory: { query: 'memory share', atMost: 0.5 },
    };
    here.ports.metrics.value = async (_region, query) => ({ 'cpu share': 0.7, errors: 0 })[query] ?? null;
    here.ports.cluster.usage = () => Promise.reject(new Error('not asked'));
    const answer = await here.check(watchHealth, { own: own!, system: { ...here.system, hold: queried } });
    if (answer.is === 'done') throw new Error('done');
    expect(answer.watch!.findings.map(({ words, is }) => `${is}: ${words}`)).toEqual([
      'bad: 70 % of CPU of west in use (at most 50 %)',
      'unknown: no data about memory of west',
    ]);
  });
});

it('says what going back would cost', async () => {
  const streams = async () => (await look()).watch!.streams;
  expect(here.state.servers['east']!.role).toBe('primary');
  here.state.servers['east']!.role = 'standby';
  here.state.servers['east']!.streamingFrom = 'west:5432';
  expect(await streams()).toBe(true);
  here.state.servers['east']!.streamingFrom = null;
  expect(await streams()).toBe(false);
  here.state.servers['east']!.down = true;
  expect(await streams()).toBeNull();
});

it('a region that is gone takes none of its time: it is not known whether it streams, and the watch goes on', async () => {
  const { database } = here.ports;
  const gone = { ...database, observe: () => new Promise<never>(() => {}) };
  const answer = await here.check(watchHealth, { own: own!, database: gone } as never);
  expect(answer).toMatchObject({ is: 'unknown', why: 'west is watched', watch: { streams: null, findings: [] } });
});
