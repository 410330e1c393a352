/** What the owner says of steps of their own: what may be owed, and what is only a word for people. */
import { expect, it } from 'vitest';
import { configWith, problemsWith } from './helpers.ts';

const step = (more: string) =>
  `hooks: { allow: [off.sh] }\nsteps: [{ id: power-off, title: Power off, exec: [off.sh], ${more} }]`;
const OWED = 'phase: securing, runbooks: [emergency], owed: true';
const CHECK = 'check: { exec: [off.sh, --check] }';

it('what works on the region that is left may be owed', () => {
  const { steps } = configWith({ over: step(`${OWED}, ${CHECK}, repeat: idempotent, usual: 20s`) });
  expect(steps).toMatchObject([{ id: 'power-off', owed: true, usualMs: 20_000, timeoutMs: 1_800_000 }]);
  expect(configWith({ over: step('phase: preparing') }).steps).toMatchObject([{ owed: false, usualMs: null }]);
});

it.each([
  [`phase: verifying, runbooks: [emergency], owed: true, ${CHECK}`, 'owed: true is for the phase securing'],
  [`phase: securing, owed: true, ${CHECK}`, 'owed: true is for emergencies, and this belongs to none'],
  [OWED, 'owed: true needs something that does it and a check'],
  [`${OWED}, ${CHECK}`, 'owed: true is done later with nobody asked, and repeat: once must not be'],
])('refused: %s', (more, sentence) => {
  const problems = problemsWith(step(more));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`steps[0]: ${sentence}`);
});
