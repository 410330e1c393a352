/** What of the owner's will be called in a run: one line a step, so that whoever approves the plan has seen it. */
import { addressText, argvText } from '../lib/argv.ts';
import type { Plan, ScriptCalls } from '../machine/types.ts';
import type { Line } from '../ports/chat.ts';

/** A line of a message; the whole of it stands in the plan. */
const LONGEST = 300;

export function ownCalls({ nodes, values }: Pick<Plan, 'nodes' | 'values'>): Line[] {
  // In the order people read the run in; what the configuration has and this plan has not is not called.
  return nodes.flatMap((node): Line[] => {
    const calls = values.scripts[node.id];
    const call = calls && callOf(calls);
    if (!call) return [];
    const [verb, text] = call;
    return [[`${verb} for “${node.title}”: `, { code: text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…` }]];
  });
}

function callOf({ does, check }: ScriptCalls): [string, string] | null {
  if (does !== null)
    return 'exec' in does ? ['Runs', argvText(does.exec)] : ['Calls', `POST ${addressText(does.start)}`];
  if (check === null) return null;
  return ['Asks', 'exec' in check ? argvText(check.exec) : `GET ${addressText(check.url)}`];
}
