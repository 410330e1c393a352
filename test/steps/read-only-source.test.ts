import { expect, it } from 'vitest';
import { readOnlySource } from '../../src/steps/read-only-source.ts';
import { stage, wordsOf } from './stage.ts';

it('asks for it, sees it, and says that it is only a courtesy', async () => {
  const here = await stage();
  expect(wordsOf(await here.check(readOnlySource))).toBe('notDone: default_transaction_read_only off → on');
  expect(wordsOf(await here.does(readOnlySource))).toBe(
    'done: default_transaction_read_only on; a courtesy, the fence follows',
  );
});

it('undone restores what there was', async () => {
  const here = await stage();
  await here.does(readOnlySource);
  expect(await here.undo(readOnlySource)).toEqual({ readOnly: false });
  expect(here.state.servers['east']!.readOnly).toBe(false);
});

it('has the lag asked again right before it; a worse one asks the gate again', () => {
  expect(readOnlySource.requires).toEqual({ steps: ['replication-lag'], gate: 'promote' });
});
