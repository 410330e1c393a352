/** A fence that is kept no more: everybody reads who said so, and what it means. */
import { expect, it } from 'vitest';
import { released } from '../../src/messages/released.ts';
import { text } from './scenes.ts';

it('says who released it, why, and what nobody does from then on', () => {
  const facts = { run: 'eden-3', region: 'east', target: 'west', by: 'UANA', at: 9000, reason: 'rebuilt' };
  expect(text(released({ facts }))).toEqual([
    '🔴 east is released: Regent fences it no more · eden-3',
    '@UANA released it at 9 s: ‹“rebuilt”›',
    'west serves. If east takes writes again, each of them holds writes the other lacks, and people have to reconcile them by hand.',
    'Make it a standby of west before anything writes there. This cannot be taken back: only another emergency fences it again.',
  ]);
});
