/** What makes a planned run an emergency: the nodes of that runbook, and what must be tidied up of the run so far. */
import type { Context, PlanNode } from '../machine/types.ts';
import { gaveUp } from '../messages/switch.ts';
import { nodesFor, type Runbook } from '../steps/step.ts';
import type { System } from '../steps/system.ts';
import type { NewEvent } from './ledger.ts';

export type Wish = {
  by: string;
  reason: string;
  /** Whether that counts as a vote for the emergency. */
  vote: boolean;
  /** As with `Context.byName`. */
  byName: string | null;
};

/** The emergency's nodes; steps that tidy up stay, or what was frozen would outlast the run. */
function nodesOf(c: Context, runbook: Runbook, system: System): PlanNode[] {
  const nodes = nodesFor(runbook, system, c.source, c.target);
  const tidying = c.nodes.filter((node) => node.phase === 'atEnd' && !nodes.some(({ id }) => id === node.id));
  return [...nodes, ...tidying];
}

export const switchOf = (c: Context, runbook: Runbook, system: System, wish: Wish): NewEvent => ({
  type: 'MODE_SWITCHED',
  mode: 'emergency',
  runbook: runbook.name,
  gaveUp: gaveUp(c),
  nodes: nodesOf(c, runbook, system),
  ...wish,
});
