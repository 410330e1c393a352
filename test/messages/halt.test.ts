/** The halt: its card from the first word to the last, and its line above a run. */
import { expect, it } from 'vitest';
import { haltLines, halt as message } from '../../src/messages/halt.ts';
import { headline } from '../../src/messages/headline.ts';
import { SYSTEM_MESSAGES } from '../../src/messages/system.ts';
import { asked, completed, lineText, sceneOf, text } from './scenes.ts';

const HALT = { by: 'UANA', at: 2000, reason: 'odd *writes*', n: 1, asked: [] };
const BO = { by: 'UBO', at: 3000, reason: 'explained' };
const CY = { by: 'UCY', at: 4000, reason: 'agreed' };
const card = (asked: (typeof BO)[], lifted = false) => text(message({ facts: { ...HALT, asked, lifted } }));

it('says what goes on and what does not, and what it takes', () => {
  expect(card([])).toEqual([
    '⏹ HALTED · nothing new is sent for any run · 2 people lift it',
    '@UANA halted it at 2 s: ‹“odd *writes*”›',
    'What had been sent before goes on and its outcome is written down. Votes count, and their deadlines run.',
    'No run is started. It takes two different people to lift it; who halted may be one of them.',
    '[Lift the halt…]',
  ]);
});

it('after one of the two: who, and that one is missing', () => {
  const lines = card([BO]);
  expect(lines[0]).toBe('⏹ HALTED · nothing new is sent for any run · 1 more person lifts it');
  expect(lines.slice(-2)).toEqual(['@UBO lifts it, 3 s: ‹“explained”›', '[Lift the halt…]']);
});

it('lifted: by both, and no button', () => {
  expect(card([BO, CY], true)).toEqual([
    '▶ The halt is lifted by @UBO and @UCY',
    '@UANA halted it at 2 s: ‹“odd *writes*”›',
    '@UBO lifts it, 3 s: ‹“explained”›',
    '@UCY lifts it, 4 s: ‹“agreed”›',
    'What waited goes on by itself.',
  ]);
});

it('has its place among the messages that belong to no run', () => {
  expect(SYSTEM_MESSAGES['halt']).toBe(message);
});

it('stands first on the headline of a run under way, not on one that has ended', () => {
  expect(haltLines({ halt: null })).toEqual([]);
  const first = (told: ReturnType<typeof asked>) => lineText(headline({ ...sceneOf(told), halt: HALT }).lines[0]!);
  expect(first(asked())).toBe('⏹ HALTED by @UANA since 2 s: ‹“odd *writes*”› · 2 people lift it');
  expect(headline({ ...sceneOf(asked()), halt: HALT }).fallback).toMatch(/^HALTED\. eden-1: /);
  expect(first(completed())).not.toContain('HALTED');
});
