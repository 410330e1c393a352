/** Who may do what. Denied unless somebody configured otherwise; people are ids, and a person counts once. */
import { describe, expect, test } from 'vitest';
import {
  type Actor,
  decisionAfter,
  isOf,
  mayDecideFor,
  mayOperate,
  mayRead,
  mayVote,
} from '../../src/policy/authorize.ts';
import { gate, step, story } from '../support/machine.ts';

const actor = (id: string, more: Partial<Actor> = {}): Actor => ({ id, kind: 'member', groups: [], ...more });
const KINDS = ['member', 'guest', 'bot', 'stranger', 'deactivated'] as const;

test('reading is for full members', () => {
  const kinds = KINDS.filter((kind) => mayRead(actor('U1', { kind })).ok);
  expect(kinds).toEqual(['member']);
  expect(mayRead(actor('U1', { kind: 'bot' }))).toMatchObject({ code: 'not-a-member', why: 'Bots cannot use this.' });
});

describe('operating', () => {
  test('is for the configured people and groups, by id', () => {
    const operators = ['user:U1', 'group:S1'];
    expect(mayOperate(actor('U1'), operators).ok).toBe(true);
    expect(mayOperate(actor('U2', { groups: ['group:S1'] }), operators).ok).toBe(true);
    expect(mayOperate(actor('U2', { groups: ['group:S2'] }), operators)).toMatchObject({ code: 'not-an-operator' });
  });

  test('is for nobody when nothing is configured', () => {
    expect(mayOperate(actor('U1'), [])).toMatchObject({ ok: false, code: 'nobody-may' });
  });

  test('is for members only, named or not', () => {
    for (const kind of KINDS.slice(1))
      expect(mayOperate(actor('U1', { kind }), ['user:U1'])).toMatchObject({ ok: false, code: 'not-a-member' });
  });

  test('an id is not part of a name, a person is not a group', () => {
    expect(isOf(actor('U1'), ['user:U12', 'U1', 'group:U1', 'user:u1'])).toBe(false);
    expect(isOf(actor('S1'), ['group:S1'])).toBe(false);
    expect(isOf(actor('U1', { groups: ['user:U2'] }), [])).toBe(false);
  });
});

describe('voting', () => {
  const SCALE_LATER = step('later', 'promoting');
  const GO = gate('go', 'promoting', { approvers: ['user:UANA', 'group:SRE'], escalateTo: ['user:UBOSS'], votes: 2 });
  const open = () => story().begin([GO, SCALE_LATER]).open('go');

  test("is for the gate's approvers, and for those it was escalated to once it was", () => {
    const run = open();
    expect(mayVote(actor('UANA'), run.c, GO).ok).toBe(true);
    expect(mayVote(actor('UX', { groups: ['group:SRE'] }), run.c, GO).ok).toBe(true);
    expect(mayVote(actor('UBOSS'), run.c, GO)).toMatchObject({ code: 'not-an-approver' });
    run.take({ type: 'GATE_ESCALATED', gate: 'go', deadline: 1 });
    expect(mayVote(actor('UBOSS'), run.c, GO).ok).toBe(true);
    expect(mayVote(actor('UANA'), run.c, GO).ok).toBe(true);
  });

  test('is not for who asked, unless the gate says so', () => {
    const run = open();
    const requester = actor('UREQ', { groups: ['group:SRE'] });
    expect(mayVote(requester, run.c, GO)).toMatchObject({ code: 'own-request' });
    expect(mayVote(requester, run.c, { ...GO, requesterMayVote: true }).ok).toBe(true);
  });

  test('is for members only', () => {
    for (const kind of KINDS.slice(1))
      expect(mayVote(actor('UANA', { kind }), open().c, GO)).toMatchObject({ code: 'not-a-member' });
  });

  test('is once a round', () => {
    const run = open();
    run.take(run.voted('go', 'UANA'));
    expect(mayVote(actor('UANA'), run.c, GO)).toMatchObject({ code: 'voted' });
    run.decide('go', 'approved').take({ type: 'GATE_REOPENED', gate: 'go', why: 'lag' }).open('go');
    expect(mayVote(actor('UANA'), run.c, GO).ok).toBe(true);
  });

  test('is not for one person at both the promotion and the fence nobody proved', () => {
    const list = { approvers: ['user:UBO', 'user:UCY'] };
    const PROMOTE = gate('promote', 'promoting', { title: 'Approve promotion', ...list });
    const RISK = gate('unverified-fence', 'promoting', { title: 'Promote without a proven fence', ...list });
    for (const [first, second] of [
      [PROMOTE, RISK],
      [RISK, PROMOTE],
    ] as const) {
      const run = story().begin([PROMOTE, RISK, SCALE_LATER]).open(first.id);
      run.take(run.voted(first.id, 'UBO')).decide(first.id, 'approved').open(second.id);
      expect(mayVote(actor('UBO'), run.c, second)).toEqual({
        ok: false,
        code: 'same-hand',
        why: `You decided “${first.title}”, and somebody else must decide this. Who can, you apart: `,
      });
      expect(mayVote(actor('UBO'), run.c, second, 'deny').ok).toBe(true);
      expect(mayVote(actor('UCY'), run.c, second).ok).toBe(true);
      // A step of it held, the same people stand by: that decides nothing of the kind.
      expect(mayDecideFor(actor('UBO'), run.c, second).ok).toBe(true);
      // With two votes asked for, the second is another person's anyway.
      expect(mayVote(actor('UBO'), run.c, { ...second, votes: 2 }).ok).toBe(true);
    }
  });

  test('is for one person at the promotion and at the loss of data', () => {
    const gates = ['promote', 'data-loss'].map((id) => gate(id, 'promoting', { approvers: ['user:UBO'] }));
    const run = story()
      .begin([...gates, SCALE_LATER])
      .open('promote');
    run.take(run.voted('promote', 'UBO')).decide('promote', 'approved').open('data-loss');
    expect(mayVote(actor('UBO'), run.c, gates[1]!).ok).toBe(true);
  });

  test('a gate nobody was configured for is decided by nobody', () => {
    expect(mayVote(actor('UANA'), open().c, { ...GO, approvers: [] })).toMatchObject({ code: 'not-an-approver' });
  });

  test('enough different people approve; one who denies decides', () => {
    const run = open();
    expect(decisionAfter(run.c, GO, 'UANA', 'approve')).toBeNull();
    expect(decisionAfter(run.c, GO, 'UANA', 'deny')).toBe('denied');
    run.take(run.voted('go', 'UANA'));
    expect(decisionAfter(run.c, GO, 'UANA', 'approve')).toBeNull();
    expect(decisionAfter(run.c, GO, 'UBEN', 'approve')).toBe('approved');
    expect(decisionAfter(run.c, GO, 'UBEN', 'deny')).toBe('denied');
    expect(decisionAfter(run.c, { ...GO, votes: 3 }, 'UBEN', 'approve')).toBeNull();
  });
});
