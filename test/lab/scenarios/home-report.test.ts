/** The judge of the way home after an emergency: what it lets pass, and each thing it must not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { homeReport } from '../../../lab/scenarios/home-report.ts';

type Seen = Parameters<typeof homeReport>[0];
let dir: string;
let file: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'home-report-'));
  file = join(dir, 'tasks.csv');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const STRUCK = 10_000;
/** 1 to 3 arrived, 4 and 5 were acknowledged and lost, 6 was under way when the region died, 7 came later. */
const WRITES = [
  ...[1, 2, 3, 4, 5].map((id) => ({ id, at: STRUCK - 600 + id * 100, ms: 10, ok: true, region: 'east' })),
  { id: 6, at: STRUCK - 5, ms: 3000, ok: false, region: null },
  { id: 7, at: STRUCK + 5000, ms: 10, ok: true, region: 'west' },
];

function seen(more: Partial<Seen> = {}, keys = [4, 5, 6], evidence: object = {}): Seen {
  writeFileSync(file, ['id', ...keys, ''].join('\n'));
  const runbooks = ['emergency', 'reprotect', 'failback'];
  const event = (stream: string, type: string, data: object) => ({
    stream,
    seq: 1,
    at: 0,
    actor: 'runner',
    type,
    data,
  });
  const bounds = { loss: { seconds: 2, bytes: 500 } };
  const tables = [{ table: 'tasks', key: ['id'], rows: keys.length, file }];
  const kept = {
    kept: dir,
    files: 1,
    bytes: 1,
    transactions: { count: 4, firstAt: 1, lastAt: 2 },
    tables,
    ...evidence,
  };
  return {
    world: {
      regions: ['east', 'west'],
      redis: null,
      addresses: { east: '127.0.1.1' },
      pace: 10,
      transport: 'socket',
      postgres: { primary: { programs: { version: 15 } } },
    },
    strategy: 'rewind',
    trigger: 'propose',
    legs: runbooks.map(() => ({
      from: 'east',
      to: 'west',
      outcome: 'completed',
      heldAt: null,
      heldBefore: null,
      wallMs: 1,
      said: '',
    })),
    struckAt: STRUCK,
    writes: WRITES,
    missing: { database: [4, 5], cache: [] },
    only: { ids: [4, 5, 6], bytes: 400 },
    problems: [],
    unprotected: { before: true, after: false },
    databasePrimary: 'east',
    standby: { region: 'west', role: 'standby', timeline: 3, readOnly: false },
    lagBytes: 0,
    timeline: 3,
    redisMaster: null,
    dns: { 'api.example.com': ['127.0.1.1'] },
    fences: [],
    journal: {
      verified: true,
      events: [
        ...runbooks.map((runbook, index) => event(`eden-${index + 1}`, 'REQUESTED', { runbook })),
        event('eden-1', 'PLANNED', { plan: { hash: 'h', bounds } }),
        event('eden-1', 'GATE_DECIDED', { gate: 'promote', decision: 'approved', hash: 'h' }),
        event('eden-2', 'STEP_DONE', { step: 'keep-diverged', evidence: kept }),
        event('eden-2', 'STEP_DONE', { step: 'make-standby', evidence: { way: 'rewind' } }),
      ],
    },
    ...more,
  } as unknown as Seen;
}

it('passes where the list, the dead server and the writer say the same', () => {
  const report = homeReport(seen());
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({
    lost: { count: 3, ids: [4, 5, 6], missing: [4, 5] },
    unanswered: [6],
    keys: [4, 5, 6],
    lostSeconds: 0.19,
    lostBytes: 400,
    approvedLossSeconds: 2,
    approvedLossBytes: 500,
  });
});

it.each([
  ['a row that is not listed', () => seen({}, [4, 5]), /1 rows that only the dead server had are not listed: 6/],
  ['a lost write that is not listed', () => seen({}, [4, 6]), /1 acknowledged writes are lost and not listed: 5/],
  [
    'a row that was never only there',
    () => seen({}, [3, 4, 5, 6]),
    /1 listed rows are not what only the dead server had: 3/,
  ],
  [
    'a row nobody sent',
    () => seen({ only: { ids: [4, 5, 6, 99], bytes: 1 } }, [4, 5, 6, 99]),
    /1 listed rows were never sent: 99/,
  ],
  [
    'an acknowledged row that is listed and not lost',
    () => seen({ missing: { database: [4], cache: [] } }),
    /neither acknowledged and lost nor without an answer: 5/,
  ],
  [
    'no list',
    () => seen({}, [], { tables: null, why: 'it did not start' }),
    /listed no keys of tasks: it did not start/,
  ],
  ['fewer transactions than rows', () => seen({}, [4, 5, 6], { transactions: null }), /no transactions for 3 rows/],
  [
    'more bytes than approved',
    () => seen({ only: { ids: [4, 5, 6], bytes: 501 } }),
    /501 bytes are lost, approved were 500/,
  ],
  ['nothing lost', () => seen({ only: { ids: [], bytes: 0 } }, []), /nothing was lost/],
  ['a fence', () => seen({ fences: ['east: NetworkPolicy regent-fence'] }), /a fence is left: east: NetworkPolicy/],
  ['a standby behind', () => seen({ lagBytes: 8 }), /west is 8 bytes behind/],
  [
    'still unprotected',
    () => seen({ unprotected: { before: true, after: true } }),
    /still said that it was unprotected/,
  ],
  ['another way', () => seen({ strategy: 'copy' }), /made a standby by rewind, not by copy/],
])('%s is a problem', (_name, found, problem) => {
  expect(homeReport(found()).problems.join('\n')).toMatch(problem);
});
