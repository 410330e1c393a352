/** `/dr plan`: what would be done, and what is not ready for it. */
import { expect, it } from 'vitest';
import { dryRun } from '../../src/messages/dry-run.ts';
import { type Answer, done, notDone, unknown } from '../../src/ports/answer.ts';
import { plan, text } from './scenes.ts';

const step = (title: string, effect: boolean, answer: Answer) => ({ id: title, title, phase: 'x', effect, answer });
const READY = [
  step('Measure replication lag', false, done({}, 'lag 0.2 s, 1.4 kB (bound 5 s)')),
  step('Scale up west', true, notDone('api 1 → 3')),
  step('Ask east to be read-only', true, done({}, 'on')),
];
const TAIL = [
  'Gate “Approve promotion”: 1 of @SSRE, not who asks',
  'Gate “Confirm DNS”: 1 of @SSRE, not who asks',
  'Proofs asked during the run: the fence, the log position, a write in the target, DNS answers, public health.',
];

it('ready: what each check saw, what each step would change', () => {
  expect(text(dryRun({ plan, steps: READY }))).toEqual([
    `Plan · east → west · nothing was changed · \`${plan.hash.slice(0, 12)}\``,
    '✔ Ready: every check that can be asked beforehand says yes.',
    '✔ Measure replication lag · ‹lag 0.2 s, 1.4 kB (bound 5 s)›',
    '▶ Scale up west · ‹api 1 → 3›',
    '✔ Ask east to be read-only (already so) · ‹on›',
    ...TAIL,
  ]);
});

it.each([
  [
    'a check that says no',
    step('Prove west has room', false, notDone('no room for 1 of task')),
    '✖ Prove west has room · ‹no room for 1 of task›',
  ],
  [
    'a check without an answer',
    step('Prove west has room', false, unknown('timed out')),
    '❓ Prove west has room · ‹timed out›',
  ],
  [
    'a change whose place is not known',
    step('Fence east', true, unknown('east has no StatefulSet db')),
    '❓ Fence east · ‹east has no StatefulSet db›',
  ],
] as const)('not ready: %s', (_, bad, words) => {
  const message = dryRun({ plan, steps: [...READY, bad] });
  expect(message.tone).toBe('bad');
  expect(text(message)[1]).toBe(`✖ Not ready: ${bad.title}.`);
  expect(text(message)).toContain(words);
});

it('says of a gate nobody is asked at that nobody is asked', () => {
  const nodes = plan.nodes.map((node) => (node.kind === 'gate' ? { ...node, required: false } : node));
  expect(text(dryRun({ plan: { ...plan, nodes }, steps: READY }))).toContain(
    'Gate “Confirm DNS”: nobody is asked, the evidence decides',
  );
});
