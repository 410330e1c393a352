import { expect, it } from 'vitest';
import { recentWrites } from '../../src/steps/recent-writes.ts';
import { stage, wordsOf } from './stage.ts';

const T = Date.UTC(2026, 2, 1, 14, 30, 0);

/** West had the heartbeat of T when the loss was measured, and was promoted at T + 60 s. */
async function promoted(at: number | null, had: number | null = T) {
  const here = await stage();
  if (had !== null) here.left.evidence['loss-measured'] = { heartbeatAt: had };
  here.left.ended['promote-postgres'] = T + 60_000;
  here.state.beats['west'] = at === null ? null : { at, lsn: '0/3000000' };
  return await here.check(recentWrites);
}

it('says up to when the writes of before are there, once new ones arrive', async () => {
  const answer = await promoted(T + 61_000);
  expect(wordsOf(answer)).toBe(
    'done: writes up to 14:30:00.0 UTC are there; new ones arrive, the last at 14:31:01.0 UTC',
  );
  expect(answer.evidence).toEqual({ heartbeatAt: T + 61_000, heartbeatBeforeAt: T, promotedAt: T + 60_000 });
});

it.each([T, T + 30_000, T + 60_000])('a heartbeat of before the promotion is not a new one (%d)', async (at) => {
  const answer = await promoted(at);
  expect(answer.is).toBe('notDone');
  expect(answer).not.toHaveProperty('final');
});

it('an older row than the one that was there is another server', async () => {
  expect(await promoted(T - 1)).toMatchObject({
    is: 'notDone',
    final: true,
    why: 'the row in west (14:29:59.9 UTC) is older than the one it had (14:30:00.0 UTC)',
  });
});

it('a row that is gone is said to be gone; one that never was is waited for', async () => {
  expect(wordsOf(await promoted(null))).toBe('notDone: the heartbeat row is gone from west');
  expect(wordsOf(await promoted(null, null))).toBe('notDone: no new heartbeat in west yet');
});

it('serves a run that measured no loss', async () => {
  expect(wordsOf(await promoted(T + 61_000, null))).toBe('done: new ones arrive, the last at 14:31:01.0 UTC');
  expect((await promoted(T + 59_000, null)).is).toBe('notDone');
});

it('does not guess where nobody answers', async () => {
  const here = await stage();
  here.state.servers['west']!.down = true;
  await expect(here.check(recentWrites)).rejects.toThrow('does not answer');
});
