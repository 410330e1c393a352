/**
 * Who may do what: one function for every surface. Reading is open to full members; acting is denied when nothing is
 * configured; identities are ids, never names. Pure: what a person is and belongs to is found out before.
 */
import { askedBy, gateNode, isOneHand, otherHand } from '../machine/facts.ts';
import type { Context, GateNode } from '../machine/types.ts';

export type Actor = {
  id: string;
  kind: 'member' | 'guest' | 'bot' | 'stranger' | 'deactivated';
  /** Which of the groups named in the configuration they belong to, as `group:S1`. */
  groups: string[];
};

export type Verdict = { ok: true } | { ok: false; code: string; why: string };
const no = (code: string, why: string): Verdict => ({ ok: false, code, why });
const YES: Verdict = { ok: true };

const KIND_WORDS: Record<Exclude<Actor['kind'], 'member'>, string> = {
  guest: 'Guests',
  bot: 'Bots',
  stranger: 'People of other workspaces',
  deactivated: 'Deactivated people',
};

/** Whether a person is meant by any of `user:U1`, `group:S1`. */
export const isOf = (actor: Actor, list: string[]): boolean =>
  list.some((entry) => entry === `user:${actor.id}` || actor.groups.includes(entry));

export function mayRead(actor: Actor): Verdict {
  return actor.kind === 'member' ? YES : no('not-a-member', `${KIND_WORDS[actor.kind]} cannot use this.`);
}

/** Requesting, pausing, retrying, aborting: the configured operators. */
export function mayOperate(actor: Actor, operators: string[]): Verdict {
  if (actor.kind !== 'member') return no('not-a-member', `${KIND_WORDS[actor.kind]} cannot act here.`);
  if (operators.length === 0)
    return no('nobody-may', 'Nobody may act: access.operators is empty in the configuration.');
  return isOf(actor, operators) ? YES : no('not-an-operator', 'You cannot do this. Who can: ');
}

/**
 * Voting at a gate: its approvers (and, once escalated, those it was escalated to); not who asked, unless allowed. A
 * promotion and the fence nobody could prove are not approved by one person alone; denying is open to whoever may vote.
 */
export function mayVote(actor: Actor, c: Context, gate: GateNode, vote: 'approve' | 'deny' = 'approve'): Verdict {
  if (actor.kind !== 'member') return no('not-a-member', `${KIND_WORDS[actor.kind]} cannot approve.`);
  if (!gate.requesterMayVote && actor.id === askedBy(c))
    return no('own-request', 'You cannot approve this: you asked for it. Who can: ');
  const state = c.gates[gate.id];
  const list = state?.escalated ? [...gate.approvers, ...gate.escalateTo] : gate.approvers;
  if (!isOf(actor, list)) return no('not-an-approver', 'You cannot decide this. Who can: ');
  if (state?.votes.some((vote) => vote.by === actor.id)) return no('voted', 'Your vote is counted already.');
  const decides = vote === 'approve' && decisionAfter(c, gate, actor.id, vote) === 'approved';
  if (decides && isOneHand(c, gate.id, [actor.id])) {
    const decided = gateNode(c, otherHand(c, gate.id)!.gate)?.title;
    return no('same-hand', `You decided “${decided}”, and somebody else must decide this. Who can, you apart: `);
  }
  return YES;
}

/** Deciding in a gate's place (marking or skipping a step of it): the same people, whatever its votes say. */
export function mayDecideFor(actor: Actor, c: Context, gate: GateNode): Verdict {
  const verdict = mayVote(actor, c, gate);
  return verdict.ok || ['voted', 'same-hand'].includes(verdict.code) ? YES : verdict;
}

/** What a vote makes of the gate, if it is taken now: the decision, or null while votes are missing. */
export function decisionAfter(
  c: Context,
  gate: GateNode,
  by: string,
  vote: 'approve' | 'deny',
): 'approved' | 'denied' | null {
  if (vote === 'deny') return 'denied';
  const people = new Set((c.gates[gate.id]?.votes ?? []).filter((one) => one.vote === 'approve').map((one) => one.by));
  people.add(by);
  return people.size >= gate.votes ? 'approved' : null;
}
