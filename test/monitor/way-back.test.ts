/** What going back would cost while a run is watched: from what was seen of both databases, and only where it is fresh. */
import { expect, it } from 'vitest';
import { wayBackOf } from '../../src/monitor/way-back.ts';
import type { DatabaseView } from '../../src/ports/database.ts';
import type { NewEvent } from '../../src/runner/ledger.ts';
import { approved, plan as base, completed } from '../messages/scenes.ts';
import { check, type Story } from '../support/machine.ts';

const NOW = 1_000_000;
const plan = { ...base, nodes: [...base.nodes, check('watch-health', 'closing')] };
const looked: NewEvent = {
  type: 'WATCH_SEEN',
  step: 'watch-health',
  until: 1,
  findings: [],
  streams: null,
  unread: [],
};
const told = (): Story => completed(approved(plan)).take(looked);

type Seen = Partial<DatabaseView> & { at?: number };
const primary = { role: 'primary', timeline: 2, lsn: '0/3000100', receivedLsn: null, streamingFrom: null } as const;
const standby = {
  ...primary,
  role: 'standby',
  lsn: '0/3000000',
  receivedLsn: '0/3000040',
  streamingFrom: 'w',
} as const;
const way = (seen: Record<string, Seen>, run = told(), home = 'east') =>
  wayBackOf(run.snapshot, {
    lastSeen: (region) => {
      const { at = NOW, ...view } = seen[region] ?? {};
      return region in seen ? { at, view: view as DatabaseView } : null;
    },
    regions: ['east', 'west', 'eu'],
    home,
    now: NOW,
    freshMs: 15_000,
  });

it('streams: so many bytes behind, by what it has received; home by the failback, elsewhere by a failover', () => {
  const seen = { west: { ...primary, at: NOW - 2000 }, east: standby };
  expect(way(seen)).toEqual({ is: 'streams', bytes: 192, at: NOW - 2000, command: 'failback' });
  expect(way({ west: primary, east: { ...standby, receivedLsn: '0/3000200' } })).toMatchObject({ bytes: 0 });
  expect(way(seen, told(), 'west')).toMatchObject({ command: 'failover' });
});

it('it does not follow: another region may', () => {
  const east = { ...standby, streamingFrom: null };
  expect(way({ west: primary, east })).toEqual({ is: 'lost', others: [], at: NOW });
  expect(way({ west: primary, east: { ...standby, timeline: 1 } })).toMatchObject({ is: 'lost' });
  expect(way({ west: primary, east, eu: standby })).toMatchObject({ is: 'lost', others: ['eu'] });
});

it('what was seen too long ago says nothing', () => {
  const old = NOW - 15_001;
  expect(way({ west: primary, east: { ...standby, at: old } })).toEqual({ is: 'silent', others: [] });
  expect(way({ west: primary, eu: standby })).toEqual({ is: 'silent', others: ['eu'] });
  expect(way({ west: { ...primary, at: old }, east: standby })).toEqual({ is: 'unknown' });
  expect(way({ west: standby, east: standby })).toEqual({ is: 'unknown' });
});

it('is no question before anything is watched, nor afterwards', () => {
  const seen = { west: primary, east: standby };
  expect(way(seen, completed(approved(plan)))).toBeNull();
  expect(way(seen, told().take({ type: 'STEP_SKIPPED', step: 'watch-health', by: 'UBO', reason: 'x' }))).toBeNull();
});
