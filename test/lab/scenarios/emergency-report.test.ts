/** What `run emergency` says of a run, and what it does not let pass. */
import { expect, test } from 'vitest';
import { type EmergencySeen, emergencyProblems, emergencyReport } from '../../../lab/scenarios/emergency-report.ts';
import { expected } from '../../../lab/scenarios/emergency-stories.ts';
import type { JournalEvent } from '../../../lab/world/journal.ts';
import type { World } from '../../../lab/world/world.ts';

const KILLED = 1_000_000;
const event = (stream: string, type: string, at: number, data: Record<string, unknown> = {}): JournalEvent => ({
  stream,
  seq: 1,
  at,
  actor: 'runner',
  type,
  data,
});
const planned = (hash: string, seconds: number, bytes: number) =>
  event('eden-1', 'PLANNED', KILLED + 3100, { plan: { hash, bounds: { loss: { seconds, bytes } } } });
const decided = (gate: string, at: number, hash = 'b') =>
  event('eden-1', 'GATE_DECIDED', at, { gate, hash, decision: 'approved' });

const JOURNAL = [
  event('system', 'REGION_SUSPECTED', KILLED - 50_000, { region: 'east' }),
  event('system', 'REGION_SUSPECTED', KILLED + 900, { region: 'east' }),
  event('eden-1', 'REQUESTED', KILLED + 3000),
  planned('a', 99, 99_999),
  planned('b', 4.2, 1800),
  decided('declare', KILLED + 3050, 'a'),
  decided('promote', KILLED + 5000),
];

const world = {
  redis: {},
  addresses: { west: '127.0.2.1' },
  file: { services: { deployments: { api: { replicas: 2 } } } },
} as unknown as World;

const seen = (change: Partial<EmergencySeen> = {}, base: object = {}): EmergencySeen => ({
  base: {
    outcome: 'completed',
    heldAt: null,
    said: '',
    from: 'east',
    to: 'west',
    promotions: 1,
    dnsBatches: 1,
    databasePrimary: 'west',
    redisMaster: 'west',
    redis: {
      by: 'sentinel',
      master: 'west',
      nodes: [
        { region: 'east', role: 'down', writable: false },
        { region: 'west', role: 'master', writable: true },
      ],
      demotedBy: null,
    },
    oldPrimaryAcceptsWrites: false,
    rogue: { tried: 9, acknowledged: 4, acknowledgedAfterFence: 0 },
    journal: { events: 7, verified: true },
    dns: { 'api.example.com': ['127.0.2.1'] },
    deployments: { west: { api: { wanted: 2, ready: 2 } } },
    gates: [],
    ...base,
  } as unknown as EmergencySeen['base'],
  journal: { events: JOURNAL, verified: true },
  fault: null,
  trigger: 'propose',
  onTimeout: 'escalate',
  story: {
    ending: { outcome: 'completed', heldAt: null, said: '' },
    struckAt: KILLED,
    proposedAt: KILLED + 1000,
    endedAt: KILLED + 20_000,
    seen: {},
    problems: [],
  },
  promotedAt: KILLED + 9000,
  redisFailovers: 1,
  sentinelOrders: 0,
  sentinelSlow: false,
  rogueAcks: [{ at: KILLED - 10 }],
  loss: { ids: [7, 8], from: KILLED - 200, to: KILLED - 10, bytes: 1500 },
  downtimeMs: 18_000,
  clusterChanges: 12,
  ...change,
});
const problemsOf = (one: EmergencySeen): string[] =>
  emergencyProblems(emergencyReport(one), world, expected(null, 43_000));

test('how long each part took, what was lost, and what was approved with the plan that was carried out', () => {
  expect(emergencyReport(seen())).toMatchObject({
    runbook: 'emergency',
    detectionMs: 1000,
    decisionMs: 2050,
    executionMs: 16_950,
    downtimeMs: 18_000,
    lostWrites: 2,
    lostSeconds: 0.2,
    lostBytes: 1500,
    approvedLossSeconds: 4.2,
    approvedLossBytes: 1800,
  });
  expect(problemsOf(seen())).toEqual([]);
});

test('where no card was seen, what Regent wrote down after the disaster counts, not before', () => {
  const { story } = seen();
  expect(emergencyReport(seen({ story: { ...story, proposedAt: null } })).detectionMs).toBe(900);
});

test.each<[string, EmergencySeen]>([
  ['more time than approved', seen({ loss: { ids: [1], from: KILLED - 4300, to: KILLED - 4300, bytes: 10 } })],
  ['more bytes than approved', seen({ loss: { ids: [1], from: KILLED - 200, to: KILLED - 10, bytes: 1801 } })],
  [
    'a loss nobody approved',
    seen({
      journal: { events: JOURNAL.slice(0, -1), verified: true },
      loss: { ids: [1], from: KILLED - 10, to: KILLED - 10, bytes: null },
    }),
  ],
  ['a write in the old region after the promotion', seen({ rogueAcks: [{ at: KILLED + 9001 }] })],
  ['two promotions', seen({}, { promotions: 2 })],
  ['two DNS batches', seen({}, { dnsBatches: 2 })],
  ['Redis failed over twice', seen({ redisFailovers: 2 })],
  ['an order to Sentinels that do it by themselves', seen({ sentinelOrders: 1 })],
  ['a second order to Sentinels that are slow', seen({ sentinelOrders: 2, sentinelSlow: true })],
  ['a risk that nobody took', seen({}, { gates: [{ gate: 'unverified-fence', by: [] }] })],
  ['a person where time was to decide', seen({ onTimeout: 'approve' }, { gates: [{ gate: 'promote', by: ['U1'] }] })],
  ['an old primary that takes writes', seen({}, { oldPrimaryAcceptsWrites: true })],
  ['another ending', seen({}, { outcome: 'failed', heldAt: 'prove-fence' })],
  ['a journal that does not verify', seen({}, { journal: { events: 7, verified: false } })],
  ['too few pods', seen({}, { deployments: { west: { api: { wanted: 2, ready: 1 } } } })],
])('does not let pass: %s', (_, one) => {
  expect(problemsOf(one)).toHaveLength(1);
});

test('does not let pass: a person asked about a silence that a lease has proven', () => {
  const one = emergencyReport(seen({}, { gates: [{ gate: 'unverified-fence', by: ['U1'] }] }));
  expect(emergencyProblems(one, { ...world, leases: {} } as World, expected(null, 43_000))).toHaveLength(1);
  expect(emergencyProblems(one, world, expected(null, 43_000))).toEqual([]);
});

test('a story that goes on once things are repaired is told by how it ended first, and timed to its last end', () => {
  const { story } = seen();
  const ending = { outcome: 'aborted', heldAt: null, said: '' } as const;
  const on = seen(
    { fault: 'quorum-lost', story: { ...story, ending, afterwards: story.ending } },
    { outcome: 'aborted' },
  );
  expect(emergencyReport(on)).toMatchObject({ outcome: 'aborted', afterwards: 'completed', executionMs: 16_950 });
  expect(emergencyProblems(emergencyReport(on), world, expected('quorum-lost', 43_000))).toEqual([]);
});

test('where nothing may happen, nothing may be changed', () => {
  const nothing = {
    outcome: 'notStarted',
    promotions: 0,
    dnsBatches: 0,
    databasePrimary: 'east',
    redisMaster: 'east',
  };
  const loss = { ids: [], from: null, to: null, bytes: null };
  const blip = (change: Partial<EmergencySeen>, base: object = {}) =>
    emergencyProblems(
      emergencyReport(seen({ fault: 'blip43', loss, clusterChanges: 0, ...change }, { ...nothing, ...base })),
      world,
      expected('blip43', 43_000),
    );
  expect(blip({})).toEqual([]);
  expect(blip({ clusterChanges: 1 })).toHaveLength(1);
  expect(blip({}, { dnsBatches: 1 })).toHaveLength(1);
  expect(blip({}, { databasePrimary: 'west' })).toHaveLength(1);
  expect(blip({}, { outcome: 'completed' })).toHaveLength(1);
  expect(expected('blip43', 90_000).outcomes).not.toContain('notStarted');
});
