/** Deciding a gate: who may, once each, on the card that is valid now. */
import { describe, expect, it } from 'vitest';
import { gate, plan, requested, step } from '../support/machine.ts';
import { bench, said } from './bench.ts';

const two = async (votes: number) => {
  const { system } = await bench();
  const gates = { ...system.gates, promote: { ...system.gates.promote, votes } };
  const here = await bench({ system: { gates } });
  await here.asked();
  return here;
};
const ready = () => two(1);

describe('approving', () => {
  it('by button: the card says the rest', async () => {
    const here = await ready();
    expect(said(await here.press('UBO', 'approve:promote', here.card('promote')))).toBe('(none)');
    expect(here.context().gates['promote']).toMatchObject({ status: 'approved', how: 'votes', votes: [{ by: 'UBO' }] });
    expect(here.context().gates['dns']!.status).toBe('open');
  });
  it('by command, with a reason kept', async () => {
    const here = await ready();
    expect(said(await here.type('UBO', 'approve promote reason:"looks good"'))).toBe(
      '“Approve promotion” is approved.',
    );
    expect(here.context().gates['promote']!.votes[0]).toMatchObject({ reason: 'looks good' });
  });
  it('DNS by its own verb', async () => {
    const here = await ready();
    expect(said(await here.type('UCY', 'confirm'))).toBe('“Confirm DNS” is approved.');
    expect(here.context().gates['promote']!.status).toBe('open');
  });
  it('one of two: how many are missing', async () => {
    const here = await two(2);
    expect(said(await here.press('UBO', 'approve:promote', here.card('promote')))).toBe(
      'Your approval of “Approve promotion” is counted. 1 more needed.',
    );
    expect(said(await here.press('UBO', 'approve:promote', here.card('promote')))).toBe(
      'Your vote is counted already.',
    );
    expect(here.context().gates['promote']!.status).toBe('open');
    await here.press('UCY', 'approve:promote', here.card('promote'));
    expect(here.context().gates['promote']!.status).toBe('approved');
  });
  it('two at the same moment with one vote needed decide once', async () => {
    const here = await ready();
    const replies = await Promise.all([here.type('UBO', 'approve'), here.type('UCY', 'approve')]);
    expect(replies.map(said).sort()).toEqual([
      'This was approved at 1000000 by UBO. Nothing more to do.',
      '“Approve promotion” is approved.',
    ]);
    expect((await here.events()).filter((type) => type === 'GATE_DECIDED')).toHaveLength(1);
  });
  it('the same delivery counts once', async () => {
    const here = await two(2);
    await here.press('UBO', 'approve:promote', here.card('promote'), 'same');
    await here.press('UBO', 'approve:promote', here.card('promote'), 'same');
    expect(here.context().gates['promote']!.votes).toHaveLength(1);
  });
});

describe('who may not, and who can', () => {
  it.each([
    ['UANA', 'You cannot approve this: you asked for it. Who can: SSRE'],
    ['UDEE', 'You cannot decide this. Who can: SSRE'],
    ['UEVE', 'Guests cannot use this.'],
    ['UBOT', 'Bots cannot use this.'],
    ['USTR', 'People of other workspaces cannot use this.'],
    ['UGONE', 'Deactivated people cannot use this.'],
  ])('%s', async (person, words) => {
    const here = await ready();
    expect(said(await here.press(person, 'approve:promote', here.card('promote')))).toBe(words);
    expect(here.context().gates['promote']!.votes).toEqual([]);
    expect((await here.refused()).at(-1)).toMatchObject({ actor: `person:${person}`, why: words });
  });
  it('nobody of a group that cannot be read: it fails closed', async () => {
    const here = await ready();
    here.groups['SSRE'] = new Error('slack is down');
    expect(said(await here.type('UBO', 'approve'))).toBe('You cannot decide this. Who can: SSRE');
  });
  it('those it was escalated to, once it was', async () => {
    const { system } = await bench();
    const gates = { ...system.gates, promote: { ...system.gates.promote, escalateTo: ['user:UDEE'] } };
    const here = await bench({ system: { gates } });
    await here.asked();
    expect(said(await here.type('UDEE', 'approve'))).toContain('You cannot decide this');
    await here.append({ type: 'GATE_ESCALATED', gate: 'promote', deadline: 9e9 });
    expect(said(await here.type('UDEE', 'approve'))).toBe('“Approve promotion” is approved.');
  });
});

describe('the promotion, and the fence nobody could prove', () => {
  const list = { approvers: ['group:SSRE', 'user:UDEE'] };
  const nodes = [
    gate('promote', 'promoting', { title: 'Approve promotion', ...list }),
    gate('unverified-fence', 'promoting', { title: 'Promote without a proven fence', ...list }),
    step('later', 'promoting'),
  ];
  const both = async () => {
    const here = await bench();
    await here.ledger.begin('eden', 'test', () => requested(nodes) as never, null);
    const made = plan(nodes);
    await here.append({ type: 'PLANNED', plan: made });
    for (const id of ['promote', 'unverified-fence']) await here.append({ ...here.open(id), hash: made.hash } as never);
    return here;
  };
  it.each([
    ['promote', 'unverified-fence', 'Approve promotion'],
    ['unverified-fence', 'promote', 'Promote without a proven fence'],
  ])('%s and then %s take two people', async (first, second, title) => {
    const here = await both();
    await here.press('UBO', `approve:${first}`, here.card(first));
    const words = `You decided “${title}”, and somebody else must decide this. Who can, you apart: SSRE, UDEE, not UREQ`;
    expect(said(await here.press('UBO', `approve:${second}`, here.card(second)))).toBe(words);
    expect(here.context().gates[second]).toMatchObject({ status: 'open', votes: [] });
    expect((await here.refused()).at(-1)).toMatchObject({ actor: 'person:UBO', why: words });
    await here.press('UCY', `approve:${second}`, here.card(second));
    expect(here.context().gates[second]).toMatchObject({ status: 'approved', votes: [{ by: 'UCY' }] });
  });
  it('both pressed at the same moment, one counts', async () => {
    const here = await both();
    const replies = await Promise.all(
      ['promote', 'unverified-fence'].map((id) => here.press('UBO', `approve:${id}`, here.card(id))),
    );
    expect(replies.map(said).filter((one) => one.includes('somebody else must'))).toHaveLength(1);
    expect(Object.values(here.context().gates).filter(({ status }) => status === 'approved')).toHaveLength(1);
  });
  it('whoever decided one may deny the other', async () => {
    const here = await both();
    await here.type('UDEE', 'approve promote');
    await here.type('UDEE', 'deny unverified-fence reason:"it may still write"');
    expect(here.context().gates['unverified-fence']!.status).toBe('denied');
  });
});

describe('a decision is never guessed', () => {
  it('a second "approve" does not confirm DNS', async () => {
    const here = await ready();
    await here.type('UBO', 'approve');
    expect(said(await here.type('UCY', 'approve'))).toBe('This was approved at 1000000 by UBO. Nothing more to do.');
    expect(here.context().gates['dns']!.status).toBe('open');
  });
  it('a gate it has not', async () => {
    const here = await ready();
    expect(said(await here.type('UBO', 'approve promot'))).toBe(
      '“promot” is not a decision of eden-1. Decisions: promote, dns. Nothing was decided.',
    );
    expect(said(await here.type('UBO', 'approve promote now'))).toContain('/dr approve does not take “now”');
    expect(said(await here.press('UBO', 'approve:declare', { run: 'eden-1', gate: 'declare' }))).toContain(
      'not a decision',
    );
    expect(here.context().gates['promote']!.votes).toEqual([]);
  });
  it('before the evidence is there', async () => {
    const here = await bench();
    expect(said(await here.type('UBO', 'approve'))).toBe('Nothing is being moved: there is nothing to decide.');
    await here.type('UANA', 'failover east reason:"x"');
    expect(said(await here.type('UBO', 'approve'))).toBe(
      '“Approve promotion” has not been asked yet: its evidence is still being gathered.',
    );
    expect(said(await here.type('UBO', 'deny reason:"no"'))).toBe('eden-1 waits for no decision now.');
  });
});

describe('denying', () => {
  it('needs a reason, asked in a form', async () => {
    const here = await ready();
    const reply = await here.press('UBO', 'deny:promote', here.card('promote'));
    expect(said(reply)).toBe(
      '(form deny)\n“Approve promotion” of eden-1 is denied: nothing more starts, nothing is undone by itself.',
    );
    const meta = reply.kind === 'form' ? JSON.parse(reply.form.meta) : {};
    expect(meta).toEqual(here.card('promote'));
    expect(said(await here.submit('UBO', 'deny', meta, { reason: '  ' }))).toContain(
      '(at reason) A denial needs a reason',
    );
    expect(here.context().gates['promote']!.status).toBe('open');
    expect(said(await here.submit('UBO', 'deny', meta, { reason: 'not during the sale' }))).toBe(
      '“Approve promotion” is denied. Nothing is undone by itself.',
    );
    expect(here.context()).toMatchObject({ holds: [{ kind: 'gate', ref: 'promote', why: 'not during the sale' }] });
  });
  it('by command', async () => {
    const here = await ready();
    expect(said(await here.type('UBO', 'deny dns'))).toBe(
      'A denial needs a reason: /dr deny dns reason:"…". Nothing was decided.',
    );
    expect(said(await here.type('UBO', 'deny dns too late in the day'))).toBe(
      '“Confirm DNS” is denied. Nothing is undone by itself.',
    );
    expect(here.context().gates['dns']!.votes[0]).toMatchObject({ vote: 'deny', reason: 'too late in the day' });
  });
});

describe('a card that is no longer valid', () => {
  it('decided: by whom and when', async () => {
    const here = await ready();
    const old = here.card('promote');
    await here.type('UBO', 'deny promote reason:"no"');
    expect(said(await here.press('UCY', 'approve:promote', old))).toBe(
      'This was denied at 1000000 by UBO. Nothing more to do.',
    );
  });
  it('timed out', async () => {
    const here = await ready();
    const { hash } = here.plan;
    await here.append({
      type: 'GATE_DECIDED',
      gate: 'promote',
      hash,
      decision: 'expired',
      how: 'timeout',
      reason: 'nobody',
    });
    expect(said(await here.press('UBO', 'approve:promote', here.card('promote')))).toBe(
      'This timed out; nothing was run. Press “Ask again” on its card.',
    );
  });
  it('asked anew since', async () => {
    const here = await ready();
    const old = here.card('promote');
    await here.type('UBO', 'deny promote reason:"no"');
    await here.press('UANA', 'ask:promote', old);
    await here.append(here.open('promote'));
    expect(said(await here.press('UCY', 'approve:promote', old))).toBe(
      'This card has been asked anew since: see the newer one in the thread. Nothing was decided.',
    );
    expect(said(await here.press('UCY', 'approve:promote', here.card('promote')))).toBe('(none)');
  });
  it('of another plan', async () => {
    const here = await ready();
    expect(said(await here.press('UBO', 'approve:promote', { ...here.card('promote'), hash: 'older' }))).toBe(
      'The plan has changed since this card was posted: see the newer one in the thread. Nothing was decided.',
    );
    expect(here.context().gates['promote']!.votes).toEqual([]);
  });
  it('of a run that is being undone, has ended, or is not known here', async () => {
    const here = await ready();
    await here.does('scale-up-target');
    await here.finds('target-endpoints');
    const old = here.card('promote');
    await here.type('UANA', 'abort reason:"x"');
    expect(said(await here.press('UBO', 'approve:promote', old))).toBe(
      'eden-1 is being undone: nothing is decided any more.',
    );
    while (here.context().endedAt === null) await here.append({ type: 'TAKEN_OVER', by: 'UANA', reason: 'x' });
    expect(said(await here.press('UBO', 'approve:promote', old))).toBe('eden-1 has ended. Nothing more to do.');
    expect(said(await here.press('UBO', 'approve:promote', { ...old, run: 'eden-77' }))).toBe(
      'Nothing is being moved: there is nothing to decide.',
    );
  });
});
