import { describe, expect, it } from 'vitest';
import { configWith, problemsWith } from '../helpers.ts';

const fence = 'regions: { west: { postgres: { fence: { exec: { stop: [./stop.sh], start: [./start.sh] } } } } }';

it.each([
  [
    'services: { deployments: { api: null, task: null } }',
    ['services.deployments: no service is named. Add the Deployments that make up the product.'],
  ],
  [
    'services: { deployments: { api: { replicas: 0 }, task: { replicas: 0 } } }',
    ['services.deployments: every service has 0 replicas. Give at least one the pods it needs.'],
  ],
  [
    'services: { deployments: { task: { writeHeavy: false } } }',
    [
      'services.deployments: no service is write-heavy. Write writeHeavy: true for those that must stop before the database is fenced.',
    ],
  ],
  [
    fence,
    [
      'regions.west.postgres.fence.exec.stop[0]: "./stop.sh" is not in hooks.allow. Add it there if it may be run.',
      'regions.west.postgres.fence.exec.start[0]: "./start.sh" is not in hooks.allow. Add it there if it may be run.',
    ],
  ],
  [
    `${fence}\nhooks: { allow: [stop.sh] }`,
    ['regions.west.postgres.fence.exec.start[0]: "./start.sh" is not in hooks.allow. Add it there if it may be run.'],
  ],
  [
    'verify: { performance: {} }',
    ['verify.performance: nobody can say how long requests take. Give p95 a query, or services a publicHealth.'],
  ],
  [
    'verify: { performance: { p95: { query: q }, throughput: { query: q } } }',
    [
      'verify.performance.p95.query: there are no metrics to ask. Add metrics with its url.',
      'verify.performance.throughput.query: there are no metrics to ask. Add metrics with its url.',
    ],
  ],
])('%s', (over, lines) => {
  expect(problemsWith(over)).toEqual(lines);
});

it('accepts a service that does not run now, and scripts written in another way than they are allowed', () => {
  configWith({
    over: `services: { deployments: { api: { replicas: 0 } } }\n${fence}\nhooks: { allow: [stop.sh, /etc/regent/start.sh] }`,
  });
});

it('accepts a performance that is asked of the services themselves, or of metrics; the rest has defaults', () => {
  const asked = 'services: { deployments: { api: { publicHealth: "https://api.example.com/health" } } }';
  const { performance } = configWith({ over: `${asked}\nverify: { performance: {} }` }).verify;
  expect(performance).toEqual({ p95: { atMost: 200 }, baseline: { every: 60_000, over: 3_600_000 } });
  const metrics = 'metrics: { url: "https://prometheus.{alias}.example.com" }';
  configWith({ over: `${metrics}\nverify: { performance: { p95: { query: q }, throughput: { query: q } } }` });
});

const told = (tables: string) =>
  `regions: { west: { postgres: { reprotect: { exec: [./standby.sh, '{verb}'${tables}] } } } }\nhooks: { allow: [./standby.sh] }\nreconcile: { tables: [tasks] }`;
it('tables that are to be listed need a program that is told of them', () => {
  configWith({ over: told(", '--tables={tables}'") });
  expect(problemsWith(told(''))).toEqual([
    'regions.west.postgres.reprotect.exec: reconcile.tables names tables, and this program is not told of them. Add {tables}, as in --tables={tables}.',
  ]);
  expect(problemsWith('reconcile: { tables: [tasks] }')).toEqual([
    'reconcile.tables: tables are named, and no region says how it is made a standby again. Add postgres.reprotect to the regions, or take this out.',
  ]);
  expect(problemsWith("reconcile: { tables: ['tasks; DROP TABLE tasks'] }")[0]).toContain(
    'is not a name for a table. Write one like tasks, or public.tasks.',
  );
});

describe('who makes a region that was left a standby', () => {
  const file = (more: string, step = '') =>
    `regions: { west: { postgres: { reprotect: { exec: [./standby.sh, '{verb}']${more} } } } }\nhooks: { allow: [./standby.sh, ./own.sh] }\nsteps: [{ id: reverse-replication, title: Follow, phase: securing, exec: [./own.sh]${step} }]`;
  const inRun = (over: string) => configWith({ over }).regions['west']!.postgres!.reprotect!.inRun;

  it('is the run, or a step of the house, never both', () => {
    expect(problemsWith(file(''))).toEqual([
      'regions.west.postgres.reprotect: the run makes the region a standby by this, and the step reverse-replication does so too. Write inRun: false here, or take the step out.',
    ]);
    expect(problemsWith(file(', inRun: true', ', runbooks: [failback]'))).toHaveLength(1);
    expect(inRun(file(', inRun: false'))).toBe(false);
    expect(inRun(file('', ', runbooks: [emergency]'))).toBe(true);
  });
  it('is the run where nobody says anything', () => {
    expect(inRun(file('').split('\nsteps')[0]!)).toBe(true);
  });
});
