import { expect, it } from 'vitest';
import { reopenTarget } from '../../src/steps/reopen-target.ts';
import { stage, wordsOf } from './stage.ts';

it('opens what a fence of SQL closed: it travelled with the WAL', async () => {
  const here = await stage({ strategy: 'sql' });
  here.state.servers['west']!.closedDatabases = ['eden'];
  expect(wordsOf(await here.check(reopenTarget))).toBe('notDone: open eden');
  expect(wordsOf(await here.does(reopenTarget))).toBe('done: every database takes connections');
});

it('is needed only where some fence is made of SQL', async () => {
  const [strong, soft] = [await stage(), await stage({ strategy: 'sql' })];
  expect(reopenTarget.when!(strong.system)).toBe(false);
  expect(reopenTarget.when!(soft.system)).toBe(true);
});
