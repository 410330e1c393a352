/** A region that is back: what people read of it must be no more and no less than what was seen. */
import { expect, it } from 'vitest';
import { type Zombie, zombie } from '../../src/messages/zombie.ts';
import { text } from './scenes.ts';

const BACK: Zombie = {
  run: 'eden-7',
  region: 'us-east-1',
  target: 'us-west-2',
  seenAt: 100_000,
  unseenMs: 250,
  postgres: { writable: true, timeline: 1, lsn: '0/3000100', atLsn: '0/3000200', writing: 0 },
  targetTimeline: 2,
  promoted: true,
  leftAtLsn: '0/3000000',
  walBytes: 512,
  redis: false,
  fencedAt: 100_400,
  how: ['its databases closed to connections'],
  trouble: [],
};
const read = (more: Partial<Zombie> = {}) =>
  text(zombie({ facts: { ...BACK, ...more }, now: 200_000, organization: 'eden', contacts: {} }));
const postgres = (more: Partial<NonNullable<Zombie['postgres']>>) => ({ postgres: { ...BACK.postgres!, ...more } });

it('took writes, and was fenced: for how long, and what its log says', () => {
  expect(read()).toEqual([
    '⏸ us-east-1 is back and took writes for 0.4 s before it was fenced · eden-7',
    'Postgres in us-east-1 took writes from 100 s to 100.4 s, and at most 0.3 s before.',
    'Its log is on timeline 1 at 0/3000200; us-west-2 is on timeline 2. That is 512 bytes past 0/3000000, where it was last seen: no more than a restart writes by itself.',
    'Done there: its databases closed to connections.',
    'Nothing of it was copied to us-west-2. Look through it before us-east-1 is copied anew: what is only there is lost then.',
  ]);
});

it('whose log grew by more than a restart says that writes are missing in the new primary', () => {
  expect(read({ walBytes: 2_500_000, ...postgres({ writing: 1 }) })[2]).toBe(
    'Its log is on timeline 1 at 0/3000200; us-west-2 is on timeline 2. That is 2.5 MB past 0/3000000, where it was last seen: more than a restart writes. What clients wrote there is not in us-west-2.',
  );
  expect(read(postgres({ writing: 2 }))[3]).toBe(
    '2 transactions that had written were open and cut off: not acknowledged, not kept.',
  );
});

it('of which less is known says less', () => {
  expect(read({ unseenMs: null, leftAtLsn: null, walBytes: null, targetTimeline: null }).slice(1, 3)).toEqual([
    'Postgres in us-east-1 took writes from 100 s to 100.4 s; how long before nobody looked.',
    'Its log is on timeline 1 at 0/3000200. Whether anything was written there cannot be told from here: where its log stood before is not known.',
  ]);
});

it('while it takes writes it is loud, and says what a person can do', () => {
  const open = { fencedAt: null, ...postgres({ atLsn: null, writing: null }), how: [] };
  expect(read(open)[0]).toBe('⏹ us-east-1 is back and takes writes: it is being fenced · eden-7');
  expect(read(open).at(-1)).toBe('Regent goes on until the fence is seen to hold.');
  const stuck = read({ ...open, trouble: ['A write still gets through: BEGIN READ WRITE'] });
  expect(stuck.slice(-2)).toEqual([
    '‹A write still gets through: BEGIN READ WRITE›',
    'Regent goes on trying. Stop Postgres in us-east-1 by hand, or switch its machines off.',
  ]);
  expect(zombie({ facts: { ...BACK, ...open }, now: 0, organization: 'eden', contacts: {} })?.tone).toBe('bad');
});

it('whose cluster came back first took none', () => {
  expect(read({ postgres: null, how: ['StatefulSet postgres 1 → 0', 'task-service 3 → 0'] })).toEqual([
    '✔ us-east-1 is back and was fenced before its Postgres took a write · eden-7',
    'Done there: StatefulSet postgres 1 → 0; task-service 3 → 0.',
  ]);
});

it('whose Redis came back as a master', () => {
  expect(read({ postgres: null, redis: true, how: ['its Redis follows us-west-2, 2 clients ended'] })).toEqual([
    '✔ us-east-1 is back and is fenced: its Redis was a second master · eden-7',
    'Redis in us-east-1 had come back as a second master: what was written to it alone is gone with its fence.',
    'Done there: its Redis follows us-west-2, 2 clients ended.',
  ]);
});

it('that refused writes when it was seen says so', () => {
  expect(read(postgres({ writable: false })).slice(0, 2)).toEqual([
    '✔ us-east-1 is back and was fenced before its Postgres took a write · eden-7',
    'Postgres in us-east-1 answered and refused writes already.',
  ]);
});

it('before the promotion says that the target may still receive it', () => {
  const lines = read({ walBytes: 2_500_000, promoted: false, targetTimeline: 1 });
  expect(lines[2]).toContain('us-west-2 is still a standby: what it receives of it before its promotion is kept.');
  expect(lines.at(-1)).toBe('Done there: its databases closed to connections.');
});

it('once it is fenced it can be made a standby by the card, where the configuration says how', () => {
  const button = (more: Partial<Zombie>) => read(more).at(-1);
  expect(button({ mayFollow: true })).toBe('[Make us-east-1 a standby…]');
  for (const not of [{}, { mayFollow: true, fencedAt: null }, { mayFollow: true, promoted: false }])
    expect(button(not)).not.toContain('[');
  const { actions } = zombie({ facts: { ...BACK, mayFollow: true }, now: 0, organization: 'eden', contacts: {} });
  expect(actions[0]).toMatchObject({ id: 'reprotect', value: '{"region":"us-east-1"}' });
});
