/** What the people of a simulation do: mostly what helps, now and then what does not. They never mark what is not so. */
import {
  gateState,
  isOneHand,
  mayExtend,
  mayLook,
  maySwitch,
  mayWait,
  stepNode,
  stepState,
} from '../../../src/machine/facts.ts';
import type { Context, GateNode } from '../../../src/machine/types.ts';
import { decisionAfter } from '../../../src/policy/authorize.ts';
import type { NewEvent } from '../../../src/runner/ledger.ts';
import { switchOf } from '../../../src/runner/switching.ts';
import type { System } from '../../../src/steps/system.ts';
import type { Leader, World } from './world.ts';

type Wish = { weight: number; events: NewEvent[] };
const by = 'UOPS';
const reason = 'so decided';

function truthOf({ state, calm }: World, step: string): boolean {
  const truths: Record<string, boolean> = {
    primary: true,
    lag: calm,
    freeze: state.frozen,
    scale: state.replicas === 3,
    script: state.script,
    stop: state.writers === 0,
    fence: state.fenced,
    failed: true,
    'fence-lost': state.fenced,
    fenced: state.fenced,
    'promote-db': state.promoted,
    cache: state.cacheMoved,
    'dns-records': state.dns === 'west',
    lift: !state.frozen,
  };
  return truths[step] ?? false;
}

function atGate(c: Context, gate: GateNode, wild: boolean): Wish[] {
  const state = gateState(c, gate.id);
  const hash = state.hash ?? '';
  if (state.status === 'denied' || state.status === 'expired')
    return [{ weight: 3, events: [{ type: 'GATE_REOPENED', gate: gate.id, why: 'asked again' }] }];
  if (state.status !== 'open') return [];
  // Now and then one person presses both of two buttons that are not one person's: that is refused, and another does.
  const voters = ['UANA', 'UBEN'].filter((id) => !state.votes.some((vote) => vote.by === id));
  const voter = voters.find((id) => wild || !isOneHand(c, gate.id, [id])) ?? voters[0];
  if (voter === undefined) return [];
  const decided = (vote: 'approve' | 'deny'): NewEvent[] => {
    const decision = decisionAfter(c, gate, voter, vote);
    const voted: NewEvent = { type: 'VOTED', gate: gate.id, hash, by: voter, vote, reason: null };
    return decision === null
      ? [voted]
      : [voted, { type: 'GATE_DECIDED', gate: gate.id, hash, decision, how: 'votes', reason: null }];
  };
  const longer: NewEvent = { type: 'GATE_EXTENDED', gate: gate.id, deadline: (state.deadline ?? 0) + 300_000, by };
  return [
    { weight: 6, events: decided('approve') },
    ...(wild ? [{ weight: 0.4, events: decided('deny') }] : []),
    ...(wild && mayExtend(c, gate.id) ? [{ weight: 0.4, events: [longer] }] : []),
  ];
}

function atStep(c: Context, world: World, step: string, wild: boolean): Wish[] {
  const { status } = stepState(c, step);
  const wishes: Wish[] = [{ weight: 3, events: [{ type: 'STEP_RETRIED', step, by }] }];
  // A look, and five more minutes.
  if (wild && mayLook(c, step)) wishes.push({ weight: 1.5, events: [{ type: 'STEP_RETRIED', step, by, within: 0 }] });
  if (wild && mayWait(c, step))
    wishes.push({ weight: 1, events: [{ type: 'STEP_RETRIED', step, by, within: 300_000 }] });
  if (!['unknown', 'notDone'].includes(status) || world.mayStillAct(step)) return wishes;
  if (stepNode(c, step)?.effect) {
    const as = truthOf(world, step) ? 'done' : 'notDone';
    wishes.push({ weight: 1.5, events: [{ type: 'STEP_MARKED', step, as, by, reason }] });
  }
  if (wild && ['freeze', 'scale', 'script'].includes(step))
    wishes.push({ weight: 0.5, events: [{ type: 'STEP_SKIPPED', step, by, reason }] });
  return wishes;
}

/** One thing somebody may ask for now, or null when there is nothing to ask. */
export function wishOf(c: Context, world: World, leader: Leader, system: System): NewEvent[] | null {
  const wild = !world.calm;
  const wishes: Wish[] = c.nodes.flatMap((node) => (node.kind === 'gate' ? atGate(c, node, wild) : []));
  for (const hold of c.holds) {
    if (hold.kind === 'person') wishes.push({ weight: 4, events: [{ type: 'RESUMED', by }] });
    if (hold.kind === 'step') wishes.push(...atStep(c, world, hold.ref, wild));
  }
  if (wild) {
    wishes.push({ weight: 0.3, events: [{ type: 'PAUSED', by, reason: null }] });
    wishes.push({ weight: 0.3, events: [{ type: 'NOTED', by, text: 'hm' }] });
    wishes.push({ weight: 0.05, events: [{ type: 'ABORTED', by, reason }] });
    wishes.push({ weight: 0.01, events: [{ type: 'TAKEN_OVER', by, reason }] });
    if (maySwitch(c)) {
      const wish = { by, reason, vote: world.random.chance(0.5), byName: null };
      wishes.push({ weight: 0.12, events: [switchOf(c, world.runbooks(leader).emergency, system, wish)] });
    }
  }
  let left = world.random.next() * wishes.reduce((sum, wish) => sum + wish.weight, 0);
  for (const wish of wishes) {
    left -= wish.weight;
    if (left <= 0) return wish.events;
  }
  return null;
}
