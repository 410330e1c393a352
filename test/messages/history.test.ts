/** A run that has been, in one line: how it went on, and what was decided without people. */
import { expect, it } from 'vitest';
import { historyLine } from '../../src/messages/history.ts';
import { emergency } from '../../src/steps/runbooks/emergency.ts';
import { nodesFor } from '../../src/steps/step.ts';
import { lost } from '../report/lost.ts';
import { system } from '../steps/system.ts';
import { switched } from '../support/machine.ts';
import { approved, asked, decide, lineText } from './scenes.ts';

it('says that time decided, by what rule, and only where it did', () => {
  const reason = 'nobody decided within 5 min: approved by policy (gates.promote.onTimeout: approve)';
  const line = lineText(historyLine(decide(asked(), 'promote', 'approved', 'timeout', reason).c));
  expect(line).toMatch(/^eden-1 east → west, .*, under way: ‹“maintenance”› · promote: nobody decided within 5 min/);
  expect(line).toContain(reason);
  expect(lineText(historyLine(approved().c))).not.toContain('promote');
});

it('says that a planned run went on as an emergency', () => {
  const told = approved().take(switched(nodesFor(emergency, system(), 'east', 'west')));
  expect(lineText(historyLine(told.c))).toContain('‹“maintenance”› · planned, went on as an emergency');
});

it('says what is left to do in the region it has left, until nothing is', () => {
  const item = { type: 'RECOVERY_ADDED' as const, key: null, text: 'x', by: 'UANA', owner: null, due: null };
  const told = lost().take(item).take(item).take({ type: 'RECOVERY_DONE', item: 1, by: 'UANA', why: null });
  expect(lineText(historyLine(told.c))).toContain(' · recovery of us-east-1: 1 of 2 open');
  told.take({ type: 'RECOVERY_DONE', item: 2, by: 'UANA', why: null });
  expect(lineText(historyLine(told.c))).not.toContain('recovery');
});
