/** A planned run that goes on as an emergency, in words: what is given up, the question when its time is over, the news. */
import { expect, it } from 'vitest';
import { emergency } from '../../src/steps/runbooks/emergency.ts';
import { nodesFor } from '../../src/steps/step.ts';
import { system } from '../steps/system.ts';
import { type Story, switched } from '../support/machine.ts';
import { approved, asked, fenced, message, plan, promoted, read } from './scenes.ts';

const NODES = nodesFor(emergency, system(), 'east', 'west');
const LATE = {
  type: 'SWITCH_ASKED' as const,
  why: 'It was to go on as an emergency if it was not promoted 10 min after it was asked for.',
  asks: ['group:SSRE'],
};
const boxed = (told: Story): Story => told.later(600_000).take(LATE);

it('the question says why it is asked, whom, and what is given up, and nothing happens by itself', () => {
  const [title, ...rest] = read('switchAsked', boxed(asked()));
  expect(title).toMatch(/^🔴 eden-1 is not promoted after \d+ min: go on as an emergency\? · east → west @SSRE$/);
  expect(rest).toEqual([
    LATE.why,
    'Given up with that: The clean stop of east and the proof that west has every write of it: what west lacks when it is promoted is lost.',
    'Whoever presses is asked why first. Nothing is switched before that; until then the planned run goes on where it can.',
    '[Go on as an emergency…: danger] [Abort…: danger]',
  ]);
});

it('is no longer asked once it is promoted, switched, or given up', () => {
  const over = (told: Story) => read('switchAsked', told);
  expect(over(boxed(promoted()))).toEqual([
    '⏸ Going on as an emergency is no longer asked · east → west · eden-1: west is promoted',
  ]);
  expect(over(boxed(fenced()).abort())).toEqual([
    '⏸ Going on as an emergency is no longer asked · east → west · eden-1: it has ended or is being undone',
  ]);
  expect(over(boxed(asked()).take(switched(NODES)))).toEqual([
    '⏸ Going on as an emergency is no longer asked · east → west · eden-1: it does',
  ]);
  expect(message('switchAsked', asked())).toBeNull();
});

it('the news says who, why, what is given up, and what becomes of what was done', () => {
  expect(read('switched', fenced().take(switched(NODES)))).toEqual([
    '🔴 eden-1 goes on as an emergency failover · east → west',
    expect.stringMatching(/^UOPS|^@UOPS switched it at \d+ s: ‹“it does not go on”›$/),
    'Given up with that: the wait for it',
    'A new plan is made. What was done stays done, everything is looked at again, and people are asked again.',
  ]);
  expect(message('switched', fenced())).toBeNull();
});

it('its declaration says that it began as a planned run', () => {
  const told = approved()
    .take(switched(NODES))
    .planned({ ...plan, mode: 'emergency', nodes: NODES });
  told.found('failure-confirmed').open('declare');
  const card = read('gate', told, { gate: 'declare', round: 1 });
  expect(card).toContain('It began as a planned run. @UOPS wants it to go on as an emergency: ‹“it does not go on”›');
  expect(card).toContain('Given up with that: the wait for it');
});

it('while a call of the old plan is out, the headline says what is waited for', () => {
  const told = approved().intend('read-only-source').take(switched(NODES));
  expect(read('headline', told)).toContain(
    'Waiting for: the end of “Ask east to be read-only”; then the new plan is made',
  );
});

it('a decision that is no longer so: the headline says when it is asked again, and why', () => {
  const told = approved().take({ type: 'GATE_REOPENED', gate: 'promote', why: 'Measure the lag: 9.0 s behind' });
  expect(read('headline', told)).toContain(
    'Waiting for: “Approve promotion” is asked again when its evidence is so again (‹Measure the lag: 9.0 s behind›)',
  );
  const other = approved()
    .take(switched(NODES))
    .planned({ ...plan, mode: 'emergency', nodes: NODES });
  const waits = () => read('headline', other).find((line) => line.startsWith('Waiting for'));
  expect(waits()).toBe(
    'Waiting for: “Approve promotion” and “Confirm DNS” are asked again when “Measure what would be lost in west” and 3 more checks are done (‹the run goes on as an emergency›)',
  );
});
