/** The button to go back stands on cards that nothing else draws anew: they are, once the way back is another. */
import { expect, it } from 'vitest';
import { wayBacks } from '../../src/app/way-back.ts';
import type { DatabaseView } from '../../src/ports/database.ts';
import type { NewEvent, RunView } from '../../src/runner/ledger.ts';
import { approved, plan as base, completed } from '../messages/scenes.ts';
import { check } from '../support/machine.ts';

const plan = { ...base, nodes: [...base.nodes, check('watch-health', 'closing')] };
const node = { id: 'node:n1', words: 'n1 is not ready', is: 'bad', scale: null } as const;
const look: NewEvent = {
  type: 'WATCH_SEEN',
  step: 'watch-health',
  until: 1,
  findings: [node],
  streams: null,
  unread: [],
};

it('each time it changes, and not at every look', () => {
  const told = completed(approved(plan));
  const view = (): RunView => ({ run: 'eden-1', snapshot: told.snapshot, length: 1, refused: null });
  const west = { role: 'primary', timeline: 2, lsn: '0/2', receivedLsn: null, streamingFrom: null } as const;
  const streams = { ...west, role: 'standby', streamingFrom: 'west' } as const;
  const views: Record<string, object> = { west, east: streams };
  const drawn: string[] = [];
  const ways = wayBacks({
    watch: { lastSeen: (region) => ({ at: 0, view: views[region] as DatabaseView }) },
    regions: ['east', 'west'],
    home: 'east',
    freshMs: 1000,
    active: view,
    redraw: (run, { slot }) => drawn.push(`${run} ${slot}`),
    clock: { now: () => 0 },
  });
  ways.considered();
  expect([drawn, ways.of(view())]).toEqual([[], null]);
  told.take(look);
  ways.considered();
  ways.considered();
  expect(drawn).toEqual(['eden-1 watch', 'eden-1 trouble:1']);
  expect(ways.of(view())).toMatchObject({ is: 'streams', command: 'failback' });
  views['east'] = { ...streams, streamingFrom: null };
  ways.considered();
  expect(drawn).toHaveLength(4);
});
