/** What of the owner's is called stands in the plan before anybody approves it. */
import { expect, it } from 'vitest';
import type { Plan, ScriptCalls } from '../../src/machine/types.ts';
import { dryRun } from '../../src/messages/dry-run.ts';
import { ownCalls } from '../../src/messages/own-calls.ts';
import { step } from '../support/machine.ts';
import { begun, lineText, plan, read, text } from './scenes.ts';

const calls = (more: Partial<ScriptCalls>): ScriptCalls => ({ does: null, check: null, undo: null, ...more });
const SCRIPTS: Record<string, ScriptCalls> = {
  check: calls({ check: { exec: ['./ready.sh', 'west'] } }),
  ask: calls({ check: { url: 'https://ops.example.com/ready?token=secret' } }),
  sync: calls({ does: { exec: ['./sync.sh', '--region=secondary', 'a b', "it's", '{run}'] }, check: { exec: ['x'] } }),
  tell: calls({ does: { start: 'https://ops.example.com/sync?token=secret', status: null } }),
  gone: calls({ does: { exec: ['./gone.sh'] } }),
};
const own: Plan = {
  ...plan,
  nodes: [...plan.nodes, ...['sync', 'check', 'ask', 'tell'].map((id) => step(id, 'preparing', { title: `Do ${id}` }))],
  values: { ...plan.values, scripts: SCRIPTS },
};
const LINES = [
  "Runs for “Do sync”: `./sync.sh --region=secondary 'a b' 'it'\\''s' {run}`",
  'Asks for “Do check”: `./ready.sh west`',
  'Asks for “Do ask”: `GET https://ops.example.com/ready?…`',
  'Calls for “Do tell”: `POST https://ops.example.com/sync?…`',
];

it('one line a step, in the order of the run, and nothing of what follows a question mark', () => {
  expect(ownCalls(own).map(lineText)).toEqual(LINES);
  expect(ownCalls(plan)).toEqual([]);
});
it('work in stages is one line: all of them, in their order', () => {
  const stage = (verb: string) => calls({ does: { exec: ['./state.sh', verb] } });
  const scripts = Object.fromEntries(
    // As a journal gives them back.
    ['apply', 'snapshot', 'transfer', 'validate'].map((verb) => [`sync:${verb}`, stage(verb)]),
  );
  const status = 'https://ops.example.com/is';
  const served = { ...scripts, 'sync:apply': calls({ does: { start: 'https://ops.example.com/apply?t=1', status } }) };
  const read = (own: Plan) => ownCalls(own).map(lineText);
  expect(read({ ...own, values: { ...own.values, scripts: served } })).toEqual([
    'Runs for “Do sync”: `./state.sh snapshot → transfer → validate → POST https://ops.example.com/apply?…`',
  ]);
});
it('a program is called by its name, wherever it stands', () => {
  const scripts = { sync: calls({ does: { exec: ['/opt/eden/scripts/sync.sh', '/var/data'] } }) };
  expect(ownCalls({ ...own, values: { ...own.values, scripts } }).map(lineText)).toEqual([
    'Runs for “Do sync”: `sync.sh /var/data`',
  ]);
});
it('what is very long is cut', () => {
  const scripts = { sync: calls({ does: { exec: ['./sync.sh', 'x'.repeat(1000)] } }) };
  const [line] = ownCalls({ ...own, values: { ...own.values, scripts } }).map(lineText);
  expect(line).toMatch(/^Runs for “Do sync”: `.{300}…`$/);
});
it('stands in the plan of a run', () => {
  expect(read('plan', begun(own), { hash: own.hash }).slice(5)).toEqual(LINES);
});
it('stands in the dry run', () => {
  const lines = text(dryRun({ plan: own, steps: [] }));
  expect(lines.filter((line) => LINES.includes(line))).toEqual(LINES);
});
