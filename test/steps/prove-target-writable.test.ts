import { expect, it } from 'vitest';
import { proveTargetWritable } from '../../src/steps/prove-target-writable.ts';
import { stage, wordsOf } from './stage.ts';

it('writes and reads back a row and a key', async () => {
  const answer = await (await stage()).check(proveTargetWritable);
  expect(wordsOf(answer)).toBe('done: wrote and read back a row and a key, and removed them');
  expect(answer.evidence).toEqual({
    postgres: { wrote: 'eden: 1', readBack: 'eden: 1' },
    redis: { wrote: 'k', readBack: 'k' },
  });
});

it('only a row where there is no Redis, and asks none', async () => {
  const here = await stage(undefined, { cache: null });
  here.ports.cache.proveWritable = () => Promise.reject(new Error('there is no Redis'));
  expect(wordsOf(await here.check(proveTargetWritable))).toBe('done: wrote and read back a row, and removed it');
});

it.each(['postgres', 'redis'])('a write that fails in %s is unknown, never "no"', async (which) => {
  const here = await stage();
  if (which === 'postgres') here.state.writable = new Error('the commit does not end');
  else here.ports.cache.proveWritable = () => Promise.reject(new Error('the commit does not end'));
  await expect(here.check(proveTargetWritable)).rejects.toThrow('the commit does not end');
});
