import { expect, it } from 'vitest';
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
])('%s', (over, lines) => {
  expect(problemsWith(over)).toEqual(lines);
});

it('accepts a service that does not run now, and scripts written in another way than they are allowed', () => {
  configWith({
    over: `services: { deployments: { api: { replicas: 0 } } }\n${fence}\nhooks: { allow: [stop.sh, /etc/regent/start.sh] }`,
  });
});
