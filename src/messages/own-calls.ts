/** What of the owner's will be called in a run: one line a step, so that whoever approves the plan has seen it. */
import { addressText, argvText } from '../lib/argv.ts';
import type { Plan, ScriptCalls } from '../machine/types.ts';
import type { Line } from '../ports/chat.ts';

/** A line of a message; the whole of it stands in the plan. */
const LONGEST = 300;
/** What is carried in stages, one after the other. */
const STAGES = ['snapshot', 'transfer', 'validate', 'apply'];

export function ownCalls({ nodes, values }: Pick<Plan, 'nodes' | 'values'>): Line[] {
  // In the order people read the run in; what the configuration has and this plan has not is not called.
  return nodes.flatMap((node): Line[] => {
    const calls = values.scripts[node.id];
    const call = calls ? callOf(calls) : stagesOf(node.id, values);
    if (!call) return [];
    const [verb, text] = call;
    return [[`${verb} for “${node.title}”: `, { code: text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…` }]];
  });
}

/** A step whose work is done in stages, one call each: all of them, in their order. */
function stagesOf(step: string, { scripts }: Plan['values']): [string, string] | null {
  const texts = STAGES.flatMap((stage) => {
    const calls = scripts[`${step}:${stage}`];
    const call = calls ? callOf(calls) : null;
    return call === null ? [] : [{ stage, text: call[1] }];
  });
  const [first, ...rest] = texts;
  if (first === undefined) return null;
  // Four times the same call but for its verb: the verb is what tells them apart.
  const same = ({ stage, text }: typeof first) => text === first.text.replace(first.stage, stage);
  return ['Runs', [first.text, ...rest.map((one) => (same(one) ? one.stage : one.text))].join(' → ')];
}

/** A program is known by its name: where it stands is the configuration's, and fills the line. */
const callText = ([program = '', ...words]: string[]): string =>
  argvText([program.startsWith('/') ? program.slice(program.lastIndexOf('/') + 1) : program, ...words]);

function callOf({ does, check }: ScriptCalls): [string, string] | null {
  if (does !== null)
    return 'exec' in does ? ['Runs', callText(does.exec)] : ['Calls', `POST ${addressText(does.start)}`];
  if (check === null) return null;
  return ['Asks', 'exec' in check ? callText(check.exec) : `GET ${addressText(check.url)}`];
}
