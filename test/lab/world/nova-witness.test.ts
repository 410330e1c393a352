import { expect, test } from 'vitest';
import type { NovaSeen } from '../../../lab/services/nova.ts';
import { novaProblems } from '../../../lab/world/nova-witness.ts';

const region = (missing = 0, broken = 0) => ({
  state: { crdt: { entries: 48, missing, broken } },
  machinesWithoutState: 0,
});
const moved = {
  cloudflare: 'west',
  internalDns: 'west',
  routing: 'west',
  monitoring: 'west',
  balancer: { west: 100, eu: 0 },
  leaders: ['west'],
  regions: { west: region(), eu: region(3) },
};
const problems = (more: object = {}) => novaProblems({ ...moved, ...more } as unknown as NovaSeen, 'east', 'west');

test('all of it leads to the region that took over', () => {
  expect(problems()).toEqual([]);
});

test.each([
  [{ cloudflare: 'east' }, 'cloudflare points at east, not at west'],
  [{ internalDns: null }, 'internalDns points at several regions, not at west'],
  [{ balancer: { west: 100, eu: 10 } }, 'the load balancer serves from west, eu, not from west alone'],
  [{ balancer: { west: 100, east: 0 } }, 'east still has a pool in the load balancer'],
  [{ leaders: [] }, 'leaders of the consensus: none'],
  [{ leaders: ['east', 'west'] }, 'leaders of the consensus: east, west'],
  [{ regions: { west: region(2, 1) } }, 'crdt in west: 2 entries missing, 1 damaged'],
])('%j: %s', (more, problem) => {
  expect(problems(more)).toEqual([problem]);
});
