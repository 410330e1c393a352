/** Short messages in the thread. */
import { expect, it } from 'vitest';
import { MESSAGES } from '../../src/messages/table.ts';
import { step } from '../support/machine.ts';
import { emergency } from './emergency.ts';
import { asked, begun, fenced, message, plan, promoted, read, sceneOf, text } from './scenes.ts';

it('the plan, in four lines', () => {
  expect(read('plan', begun(), { hash: plan.hash })).toEqual([
    `The plan · east → west · \`${plan.hash.slice(0, 12)}\``,
    'Scale up in west: api 3, task 2',
    'Stop in east: task; fence Postgres there (statefulset, strong)',
    'Promote Postgres and Redis in west; lag bound 5 s',
    'Then 2 DNS records to west',
  ]);
});
it('the plan without writers and Redis', () => {
  const values = { ...plan.values, stopWriters: [], cache: null };
  const lines = read('plan', begun({ ...plan, values }), { hash: plan.hash });
  expect(lines.slice(2, 4)).toEqual([
    'Stop in east: nothing; fence Postgres there (statefulset, strong)',
    'Promote Postgres in west; lag bound 5 s',
  ]);
});
it('the plan of a run that makes the region it leaves a standby', () => {
  const nodes = [...plan.nodes, step('can-follow', 'securing')];
  expect(read('plan', begun({ ...plan, nodes }), { hash: plan.hash }).at(-1)).toBe(
    'Then east becomes a standby of west, where it can follow as it is: nothing there is replaced',
  );
});
it('a plan that is no longer the plan is not told', () => {
  expect(message('plan', begun(), { hash: 'older' })).toBeNull();
});

it('the promotion says, afterwards too, that there is no way back', () => {
  expect(read('promoted', promoted())).toEqual([
    '✔ west is primary and has accepted a write · eden-1',
    'From here there is no rollback; going back is a failback. Next: DNS.',
  ]);
});

it('a note, as typed', () => {
  expect(read('note', asked(), { by: 'UOPS', text: 'vendor says *2 h* <!channel>' })).toEqual([
    '📝 @UOPS: ‹vendor says *2 h* <!channel>›',
  ]);
});

it('a restart: what is being checked, nothing repeated', () => {
  const told = fenced();
  expect(read('restarted', told, { at: 20_000, checking: [] })).toEqual([
    '↻ Restarted at 20 s: nothing was in flight, nothing repeated.',
  ]);
  expect(read('restarted', told, { at: 20_000, checking: ['promote-postgres'] })).toEqual([
    '↻ Restarted at 20 s: 1 call being checked (“Promote the standby Postgres”), nothing repeated.',
  ]);
  expect(read('restarted', told, { at: 20_000, checking: ['promote-postgres', 'gone'] })[0]).toContain(
    '2 calls being checked (“Promote the standby Postgres”, “gone”)',
  );
});

it('a declared disaster calls whoever coordinates by name, and says where nothing was seen', () => {
  const told = emergency();
  const scene = { ...sceneOf(told), coordinators: ['user:UCOORD', 'group:SDR'] };
  expect(text(MESSAGES['declared']!(scene))).toEqual([
    `🔴 us-east-1 is declared lost · ${told.c.run} · us-east-1 → us-west-2`,
    expect.stringMatching(/^@UCOORD and @SDR, you coordinate\. Declared by /),
    'Decisions are asked for in this thread, and shown in the channel.',
    'Who to reach: coordinator Cy, +1 555 0100',
  ]);
  const byName = 'us-east-1 looked healthy: health 1.00';
  const lines = text(MESSAGES['declared']!({ ...sceneOf(told), c: { ...told.c, byName } }));
  expect(lines[1]).toMatch(/^Declared by /);
  expect(lines[2]).toBe('Not seen to have failed: ‹us-east-1 looked healthy: health 1.00.›');
});

it('an escalation calls those who were not asked before first', () => {
  expect(read('escalated', asked(), { gate: 'promote' })).toEqual([
    '⏰ Approve promotion · east → west · nobody has decided yet. @UBOSS and @SSRE',
    'The card is in this thread ↑',
  ]);
  expect(message('escalated', asked(), { gate: 'declare' })).toBeNull();
});

it('a late answer is told and changes nothing', () => {
  expect(read('late', fenced(), { step: 'fence-source', event: 'STEP_UNKNOWN' })).toEqual([
    'A late answer about “Fence east” arrived (step unknown). It was kept and changes nothing.',
  ]);
});
