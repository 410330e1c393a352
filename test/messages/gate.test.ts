/** A gate's card: open, voted on, decided each way, no longer valid. */

import { describe, expect, it } from 'vitest';
import { GATES, type GateNode, type GateState } from '../../src/machine/types.ts';
import { gate, type Story, step, story } from '../support/machine.ts';
import * as disaster from './emergency.ts';
import { asked, completed, decide, fenced, message, plan, promoted, read, vote } from './scenes.ts';

const card = (told: Story, gate = 'promote', round = 1) => read('gate', told, { gate, round });
/** What stands below the evidence. */
const end = (told: Story, gate = 'promote', round = 1) => card(told, gate, round).slice(4);
const denied = (gate = 'promote') => decide(vote(asked(), gate, 'UBO', 'deny', 'during the *sale*'), gate, 'denied');

/** The same plan with another policy of the promote gate. */
const withGate = (more: Partial<GateNode>) => ({
  ...plan,
  nodes: plan.nodes.map((node) => (node.id === 'promote' && node.kind === 'gate' ? { ...node, ...more } : node)),
});

const withTitle = () => gate('promote', 'promoting', { title: 'Approve promotion' });

describe('open', () => {
  it('says what happens, what cannot be undone, what was seen, who is needed', () => {
    expect(card(asked())).toEqual([
      'Approve promotion · east → west · eden-1',
      'What happens: writers in east stop, Postgres there is fenced (StatefulSet postgres → 0; strong), west takes over. Writes are refused meanwhile.',
      'After “Promote the standby Postgres” there is no rollback; going back is a failback.',
      'Seen at 8 s: lag 0.2 s, 1.4 kB (bound 5 s) · Redis in sync, 0 B behind · west healthy · both regions configured alike · room for 4 more pods of 5 asked, 2 of 2 nodes ready',
      'Needs 1 of @SSRE, not @UREQ, by 308 s',
      '[Approve promotion: primary] [Deny…] [5 more minutes]',
    ]);
    expect(message('gate', asked(), { gate: 'promote', round: 1 })?.tone).toBe('waiting');
  });

  it('says of what people skipped that it was not seen so, and of what the system lacks nothing', () => {
    const seen = (evidence: GateState['evidence']) => {
      const told = asked();
      const gates = { ...told.c.gates, promote: { ...told.c.gates['promote']!, evidence } };
      return card({ ...told, c: { ...told.c, gates } })[3];
    };
    const trouble = ['Redis in west has lost its link to east'];
    expect(seen({ 'redis-in-sync': { bytesBehind: 900, trouble }, 'target-healthy': { trouble: ['x'] } })).toMatch(
      /: Redis NOT seen in sync · west NOT seen healthy$/,
    );
    expect(seen({ 'redis-in-sync': {}, 'target-healthy': {} })).toMatch(
      /: Redis NOT seen in sync · west NOT seen healthy$/,
    );
    expect(seen({ 'redis-in-sync': { bytesBehind: 1400, trouble: [] } })).toMatch(/: Redis in sync, 1.4 kB behind$/);
  });

  it('says why this target was chosen, and loudly that nothing but a word says that a region is lost', () => {
    const told = asked();
    const scored = [
      { region: 'west', total: 0.9, parts: [], why: null },
      { region: 'north', total: null, parts: [], why: 'it looks down too' },
    ];
    const c = { ...told.c, selection: { at: 1, scored, selected: 'west' }, byName: 'east looked healthy: health 1.00' };
    expect(card({ ...told, c }).slice(1, 5)).toEqual([
      '🔴 NOT SEEN TO HAVE FAILED: east was declared by its name. @UREQ typed it when ‹east looked healthy: health 1.00.›',
      expect.stringContaining('What happens'),
      expect.stringContaining('no rollback'),
      '‹Chosen by score: west 0.90; not north: it looks down too.›',
    ]);
    expect(card({ ...told, c }, 'dns').join()).not.toMatch(/NOT SEEN TO|Chosen/);
  });

  it('shows every record, old → new', () => {
    expect(card(asked(), 'dns')).toEqual([
      'Confirm DNS · east → west · eden-1',
      'Carried out only after west has accepted a write.',
      '`api.example.com  A  192.0.2.1 → 192.0.2.2  TTL 60  route53`',
      '`task.example.com  A  192.0.2.1 → 192.0.2.2  TTL 60  route53`',
      'Needs 1 of @SSRE, not @UREQ, by 309 s',
      '[Confirm DNS: primary] [Deny…] [5 more minutes]',
    ]);
  });

  it('says of a record that is new, that is so already, that changes its TTL', () => {
    const [one] = plan.values.dns;
    const dns = [
      { ...one!, name: 'new', old: null, oldTtl: null },
      { ...one!, name: 'same', old: one!.new },
      { ...one!, name: 'slow', oldTtl: 300 },
    ];
    const lines = card(asked({ ...plan, values: { ...plan.values, dns } }), 'dns');
    expect(lines.slice(2, 5)).toEqual([
      '`new  A  nothing → 192.0.2.2  TTL 60  route53`',
      '`same  A  192.0.2.2 already  TTL 60  route53`',
      '`slow  A  192.0.2.1 → 192.0.2.2  TTL 300 → 60  route53`',
    ]);
  });

  it('shows ten records at most and counts the rest', () => {
    const dns = Array.from({ length: 48 }, (_, index) => ({ ...plan.values.dns[0]!, name: `r${index}.example.com` }));
    const lines = card(asked({ ...plan, values: { ...plan.values, dns } }), 'dns');
    expect(lines.filter((line) => line.startsWith('`'))).toHaveLength(10);
    expect(lines).toContain('… and 38 more');
  });

  it('with one vote of two', () => {
    const told = vote(asked(withGate({ votes: 2, requesterMayVote: true })), 'promote', 'UBO');
    expect(end(told)).toEqual([
      'Needs 2 of @SSRE, by 308 s',
      '✔ @UBO · 1 more',
      '[Approve promotion: primary] [Deny…] [5 more minutes]',
    ]);
  });

  it('escalated: more people are asked', () => {
    const told = asked().take({ type: 'GATE_ESCALATED', gate: 'promote', deadline: 600_000 });
    expect(end(told)[0]).toBe('Needs 1 of @SSRE and @UBOSS, not @UREQ, by 600 s (asked again, more people)');
  });

  it('has been given more time: until when, and at last no more of it', () => {
    const told = asked();
    const extend = () => {
      const deadline = told.c.gates['promote']!.deadline! + 300_000;
      told.take({ type: 'GATE_EXTENDED', gate: 'promote', deadline, by: 'UBO' });
    };
    extend();
    expect(end(told)[0]).toBe('Needs 1 of @SSRE, not @UREQ, by 608 s');
    for (let n = 2; n <= 12; n += 1) {
      expect(end(told).at(-1)).toContain('[5 more minutes]');
      extend();
    }
    expect(end(told).at(-1)).toBe('[Approve promotion: primary] [Deny…]');
  });

  it('says how soft a soft fence is, and what a script is', () => {
    const soft = { ...plan.values, fence: { strategy: 'sql', ref: '', strength: 'soft' } as const };
    expect(card(asked({ ...plan, values: soft }))[1]).toContain('(SQL only: the server stays up; soft)');
    const script = { ...plan.values, fence: { strategy: 'exec', ref: './stop.sh', strength: 'strong' } as const };
    expect(card(asked({ ...plan, values: script }))[1]).toContain('(./stop.sh; strong)');
  });

  it('of an emergency says what counts where nobody answers, and what the lease of a silent server said', () => {
    const lost = disaster.measured(disaster.emergency(), {}).open('promote');
    lost.c.plan!.values.fence.selfFence = { withinMs: 30_000, lease: 'eden/postgres', context: 'eye', holder: null };
    expect(read('gate', lost, { gate: 'promote', round: 1 }).join('\n')).toContain(
      'a server that cannot renew its lease eden/postgres stops itself within 30 s.',
    );
    const risk = gate('unverified-fence', 'promoting', { standsInFor: { step: 'prove-fence', is: 'unknown' } });
    const told = story()
      .begin([risk, step('prove-fence', 'promoting', { effect: false }), step('later', 'promoting')])
      .unknown('prove-fence', 1)
      .open('unverified-fence');
    const lines = () => read('gate', told, { gate: 'unverified-fence', round: 1 });
    const before = lines().length;
    told.c.steps['prove-fence']!.evidence = {
      attempt: 'unreachable',
      lease: 'It was renewed 2 s ago: a server there runs.',
    };
    expect(lines()).toHaveLength(before + 1);
    expect(lines().join('\n')).toContain('a server there runs');
  });

  it('names who is not asked, having decided the other of two that are not one person’s', () => {
    const risk = gate('unverified-fence', 'promoting', { title: 'Promote without a proven fence', votes: 1 });
    const told = story()
      .begin([withTitle(), risk, step('later', 'promoting')])
      .open('promote');
    told.take(told.voted('promote', 'UBO')).decide('promote', 'approved').open('unverified-fence');
    expect(read('gate', told, { gate: 'unverified-fence', round: 1 }).at(-2)).toMatch(
      /^Needs 1 of @UANA, not @UREQ, nor @UBO, who decided “Approve promotion”, by /,
    );
  });

  it('has a verb of its own on its button, short enough for a dialog', () => {
    const labels = GATES.map((id) => {
      const told = story()
        .begin([gate(id, 'promoting'), step('later', 'promoting')])
        .open(id);
      const [first] = message('gate', told, { gate: id, round: 1 })!.actions;
      expect(first!.confirm).toMatchObject({ title: `${first!.label}?`, yes: first!.label });
      return first!.label;
    });
    expect(labels).toEqual([
      'Declare disaster',
      'Approve promotion',
      'Confirm DNS',
      'Promote without proof',
      'Accept the loss',
      'Make it a standby',
    ]);
    for (const label of labels) expect(label.length).toBeLessThan(30);
  });

  it('says in its dialog what cannot be taken back', () => {
    const [approve] = message('gate', asked(), { gate: 'promote', round: 1 })!.actions;
    expect(approve).toMatchObject({
      id: 'approve:promote',
      value: JSON.stringify({ run: 'eden-1', gate: 'promote', hash: plan.hash, round: 1 }),
      confirm: {
        title: 'Approve promotion?',
        text: 'east stops taking writes and west is promoted. There is no rollback after the promotion.',
        yes: 'Approve promotion',
      },
    });
  });

  it('leaving us-east-1 says where Route 53 takes its changes', () => {
    const told = asked();
    const c = { ...told.c, source: 'us-east-1', target: 'us-west-2' };
    const scene = { ...told, c } as Story;
    expect(read('gate', scene, { gate: 'promote', round: 1 })).toContain(
      'Route 53 takes changes only through us-east-1, the region that is left: if that fails, DNS waits for people.',
    );
    expect(card(told).join()).not.toContain('Route 53');
  });
});

describe('decided: the buttons are gone', () => {
  it('approved by people', () => {
    const told = decide(
      vote(vote(asked(withGate({ votes: 2 })), 'promote', 'UBO'), 'promote', 'UCY'),
      'promote',
      'approved',
    );
    expect(end(told)).toEqual(['✔ Approved by @UBO and @UCY at 12 s']);
  });
  it('approved by policy or by time: no person is named', () => {
    const told = decide(asked(), 'promote', 'approved', 'timeout', 'approved by the configured timeout');
    expect(end(told)).toEqual(['✔ Approved without a person at 10 s: approved by the configured timeout']);
  });
  it('denied: nothing is undone by itself, it can be asked again', () => {
    expect(end(denied())).toEqual([
      '✖ Denied by @UBO at 11 s: ‹“during the *sale*”›. Nothing more starts; nothing is undone by itself.',
      '[Ask again] [Abort…: danger]',
    ]);
  });
  it('timed out is not denied', () => {
    const told = decide(asked(), 'promote', 'expired', 'timeout', 'nobody decided in time');
    expect(end(told)).toEqual([
      '⏸ Timed out at 10 s; nobody denied it. Nothing more starts.',
      '[Ask again] [Abort…: danger]',
    ]);
  });
  it('denied with something to undo', () => {
    const told = asked().finish('scale-up-target');
    expect(end(decide(vote(told, 'promote', 'UBO', 'deny', 'no'), 'promote', 'denied')).at(-1)).toBe(
      '[Ask again] [Abort and undo…: danger]',
    );
  });
  it('denied after the point of no return offers no abort', () => {
    // The DNS gate may still be open when the promotion is over.
    const told = asked();
    decide(vote(told, 'promote', 'UBO'), 'promote', 'approved')
      .finish('scale-up-target')
      .found('target-endpoints');
    told.finish('read-only-source', 'stop-writers', 'fence-source').found('prove-fence', 'prove-replicated');
    told.finish('promote-postgres');
    expect(end(decide(vote(told, 'dns', 'UBO', 'deny', 'no'), 'dns', 'denied'), 'dns').at(-1)).toBe('[Ask again]');
  });
});

describe('no longer valid', () => {
  it('asked again after a denial: the old card says so and has no buttons', () => {
    const told = denied().take({ type: 'GATE_REOPENED', gate: 'promote', why: 'it was denied' });
    expect(card(told)).toEqual([
      'Approve promotion · east → west · eden-1',
      '⏸ Not valid any more: ‹it was denied›. It is asked again.',
    ]);
    told.take({ ...told.opened('promote') });
    expect(card(told)).toEqual([
      'Approve promotion · east → west · eden-1',
      '⏸ Not valid any more: it was asked again since. See the newer card in this thread.',
    ]);
    expect(card(told, 'promote', 2).at(-1)).toBe('[Approve promotion: primary] [Deny…] [5 more minutes]');
  });
  it('approved for a lag that has risen since: both are shown, as what they are', () => {
    const told = decide(vote(asked(), 'promote', 'UBO'), 'promote', 'approved');
    told.take({ type: 'GATE_REOPENED', gate: 'promote', why: 'lag 9.1 s (bound 5 s): above the bound' });
    expect(card(told)[1]).toBe('⏸ Not valid any more: ‹lag 9.1 s (bound 5 s): above the bound›. It is asked again.');
  });
  it('another plan', () => {
    const told = asked().planned({ ...plan, hash: 'another' });
    expect(card(told)).toEqual([
      'Approve promotion · east → west · eden-1',
      '⏸ Not valid any more: it is asked again.',
    ]);
  });
  it('the run is being undone, has ended, was taken over: nobody is asked any more', () => {
    const told = asked().finish('scale-up-target').abort();
    const title = 'Approve promotion · east → west · eden-1';
    expect(card(told)).toEqual([title, '⏸ Nobody is asked any more: eden-1 is being undone.']);
    expect(card(told.undo('scale-up-target'))).toEqual([title, '⏸ Nobody is asked any more: eden-1 has ended.']);
    const byHand = asked().take({ type: 'TAKEN_OVER', by: 'UOPS', reason: 'x' });
    expect(card(byHand)).toEqual([title, '⏸ Nobody is asked any more: eden-1 was taken over by hand.']);
    const tidying = { ...byHand, c: { ...byHand.c, endedAt: null } } as Story;
    expect(card(tidying).at(-1)).toBe('⏸ Nobody is asked any more: eden-1 was taken over by hand.');
    expect(card(denied().abort()).join()).not.toContain('[');
  });
  it('a gate the run has not is no card', () => {
    expect(card(asked(), 'declare')).toEqual(['(nothing)']);
  });
});

it('while the run goes on elsewhere, a decided card stays as it is', () => {
  for (const told of [fenced(), promoted(), completed()])
    expect(card(told).at(-1)).toMatch(/^✔ Approved by @UBO at \d+ s$/);
});
