import { expect, it } from 'vitest';
import { configWith, DIR, problemsWith } from '../helpers.ts';

const LEASE = '{ kubernetes: { context: eye, namespace: eden, name: postgres } }';
const fence = (more: string) => `regions: { east: { postgres: { fence: { ${more} } } } }`;
const at = 'regions.east.postgres.fence';
const both = (east: string, west: string) =>
  `regions: { east: { postgres: { fence: { selfFence: 30s, lease: { ${east} } } } },
    west: { postgres: { fence: { exec: { stop: [/s] }, selfFence: 30s, lease: { ${west} } } } } }
hooks: { allow: [/s] }`;
const SHARED = 'kubernetes: { context: eye, namespace: eden, name: postgres }';

it.each([
  [
    fence('selfFence: 30s'),
    [
      `${at}.lease: is missing: only a lease that has run out proves that a server has stopped itself. Add lease: { kubernetes: { context: NAME, namespace: NAME, name: NAME } }, or take selfFence out.`,
    ],
  ],
  [
    fence(`lease: ${LEASE}`),
    [
      `${at}.selfFence: is missing: a lease that has run out proves nothing of a server that runs on without it. Add selfFence: 30s, within which it stops itself, or take the lease out.`,
    ],
  ],
  [
    fence(`selfFence: 30s, lease: ${LEASE.replace('eye', 'one')}`),
    [
      `${at}.lease.kubernetes.context: leads to the cluster of east itself, which is lost with the region. Keep the lease in another cluster, as that of the witness.`,
    ],
  ],
  [
    both(SHARED, SHARED),
    [
      `${at}.lease.holder: is missing: west has the same lease. Name who holds it while east is primary.`,
      'regions.west.postgres.fence.lease.holder: is missing: east has the same lease. Name who holds it while west is primary.',
    ],
  ],
  [
    both(`${SHARED}, holder: one`, `${SHARED}, holder: one`),
    [
      'regions.west.postgres.fence.lease.holder: "one" is the holder of east as well. Each region has its own: correct one.',
    ],
  ],
  [
    fence('selfFence: 30s, lease: { kubernetes: { context: eye, namespace: eden } }'),
    [`${at}.lease.kubernetes.name: is missing. Add it: name of the lease.`],
  ],
  [
    fence(`selfFence: 30, lease: ${LEASE}`),
    [`${at}.selfFence: 30 has no unit. Write 30s for seconds or 30m for minutes.`],
  ],
])('%s', (over, problems) => {
  expect(problemsWith(over)).toEqual(problems);
});

it('a context of the same name in another kubeconfig is another cluster', () => {
  const other = '{ kubernetes: { context: one, kubeconfig: eye.config, namespace: eden, name: postgres } }';
  expect(problemsWith(fence(`selfFence: 30s, lease: ${other}`))).toEqual([]);
  const own = `regions: { east: { kubernetes: { kubeconfig: eye.config }, postgres: { fence: { selfFence: 30s, lease: ${other} } } } }`;
  expect(problemsWith(own).join()).toContain('leads to the cluster of east itself');
});

it('is read with its lease, wherever the kubeconfig stands', () => {
  const over = both(`${SHARED.replace(' }', ', kubeconfig: eye.config }')}, holder: one`, `${SHARED}, holder: two`);
  const { east, west } = configWith({ over }).regions;
  const kubernetes = { context: 'eye', namespace: 'eden', name: 'postgres' };
  expect(east?.postgres?.fence).toEqual({
    strategy: 'statefulset',
    name: 'postgres',
    self: { within: 30_000, kubernetes: { ...kubernetes, kubeconfig: `${DIR}/eye.config` }, holder: 'one' },
  });
  expect(west?.postgres?.fence).toEqual({
    strategy: 'exec',
    stop: ['/s'],
    self: { within: 30_000, kubernetes, holder: 'two' },
  });
});
