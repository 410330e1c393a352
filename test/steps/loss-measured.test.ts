/** What may be lost, as a bound: too high is a nuisance, too low is a lie people approve. */
import { describe, expect, it } from 'vitest';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { lossText, measureLoss } from '../../src/steps/loss.ts';
import { lossMeasured } from '../../src/steps/loss-measured.ts';
import { stage, wordsOf } from './stage.ts';

const T = Date.UTC(2026, 2, 1, 14, 30, 0);
const lost = (more: Partial<RegionHealth> = {}): RegionHealth => ({
  region: 'east',
  stage: 'failed',
  since: T + 5000,
  at: T + 60_000,
  score: 0,
  failure: { kind: 'network', seen: ['no answer'] },
  vantages: { names: ['regent'], agree: 1, needed: 1 },
  database: { at: T + 3000, lsn: '0/3000400', bytesPerSecond: 1000 },
  ...more,
});

/** East is gone since T + 5 s; west has the heartbeat of T + 1 s and 1,024 bytes less than east had at T + 3 s. */
async function gone(more: Partial<RegionHealth> = {}) {
  const here = await stage();
  here.state.watch['east'] = lost(more);
  here.state.beats['west'] = { at: T + 1000, lsn: '0/2FFFF00' };
  here.state.servers['east']!.down = true;
  Object.assign(here.state.servers['west']!, { streamingFrom: null });
  return here;
}
const approve = (here: Awaited<ReturnType<typeof gone>>, loss: { seconds: number; bytes: number }) => {
  here.plan.bounds.loss = loss;
};

describe('the bound', () => {
  it('runs from the last heartbeat to the first sign of trouble, and counts what may have been written unseen', async () => {
    const answer = await (await gone()).check(lossMeasured);
    // 1,024 bytes missing when last seen, and two seconds more at 1,000 bytes a second.
    expect(wordsOf(answer)).toBe('done: at most 4.0 s, 3.1 kB of writes');
    expect(answer.evidence).toEqual({
      lossSeconds: 4,
      lossBytes: 3024,
      boundSeconds: 5,
      heartbeatAt: T + 1000,
      targetLsn: '0/3000000',
      sourceLsn: '0/3000400',
      sourceSeenAt: T + 3000,
      sourceUntil: T + 5000,
      approvedSeconds: null,
      approvedBytes: null,
      worseThanApproved: false,
      how: [
        'west has every write before 14:30:01.0 UTC (heartbeat row); east was first seen in trouble at 14:30:05.0 UTC',
        'the log of east stood at 0/3000400 at 14:30:03.0 UTC, west holds 0/3000000; 2.0 s more at up to 1.0 kB/s',
      ],
      missing: [],
    });
  });

  it('of a source whose database still answered after the first trouble runs until then', async () => {
    const here = await gone({ since: T + 2000 });
    expect(wordsOf(await here.check(lossMeasured))).toBe('done: at most 2.0 s, 1.1 kB of writes');
  });

  it('of a healthy source runs until it was last seen, and adds nothing unseen', async () => {
    const here = await gone({ since: null });
    expect((await here.check(lossMeasured)).evidence).toMatchObject({ lossSeconds: 2, lossBytes: 1024 });
  });

  it('counts what the target has received and not yet replayed as kept', async () => {
    const here = await gone();
    here.state.servers['west']!.receivedLsn = '0/3000300';
    expect((await here.check(lossMeasured)).evidence).toMatchObject({ lossBytes: 256 + 2000 });
  });

  it('counts what is replayed where the log was read from an archive and nothing is being received', async () => {
    const here = await gone();
    Object.assign(here.state.servers['west']!, { lsn: '0/3000200', receivedLsn: null });
    expect((await here.check(lossMeasured)).evidence).toMatchObject({ lossBytes: 512 + 2000 });
    Object.assign(here.state.servers['west']!, { receivedLsn: '0/2000000' });
    expect((await here.check(lossMeasured)).evidence).toMatchObject({ lossBytes: 512 + 2000 });
  });

  it('runs from when the target had the whole log of the source, where that is later than its heartbeat', async () => {
    const database = {
      at: T + 3000,
      askedAt: T + 2800,
      lsn: '0/3000000',
      bytesPerSecond: 1000,
      role: 'primary',
    } as const;
    const here = await gone({ database });
    const answer = await here.check(lossMeasured);
    expect(answer.evidence).toMatchObject({ lossSeconds: 2.2, lossBytes: 2000 });
    expect((answer.evidence['how'] as string[])[0]).toContain(
      'west has every write before 14:30:02.8 UTC (it holds the log as it stood then)',
    );
    // A standby's position, or one it does not reach, says nothing of what was acknowledged.
    for (const other of [{ role: 'standby' as const }, { lsn: '0/3000001' }]) {
      const still = await gone({ database: { ...database, ...other } });
      expect((await still.check(lossMeasured)).evidence).toMatchObject({ lossSeconds: 4 });
    }
  });

  it('of a source whose log was seen once only cannot be said in bytes: no rate was seen, and it is not zero', async () => {
    const database = { at: T + 3000, lsn: '0/3000400', bytesPerSecond: 0, rateSeen: false };
    expect(wordsOf(await (await gone({ database })).check(lossMeasured))).toBe(
      'unknown: it cannot be said what would be lost: how fast the log of east grows was never seen: its database answered only once',
    );
    // Seen alive until the end, nothing was written unseen.
    const still = await gone({ since: null, database });
    expect((await still.check(lossMeasured)).evidence).toMatchObject({ lossBytes: 1024 });
  });

  it('needs no heartbeat then: a fence of SQL that travelled with the log has closed the target’s databases too', async () => {
    const here = await gone({
      since: null,
      database: { at: T + 9000, askedAt: T + 8900, lsn: '0/3000000', bytesPerSecond: 0, role: 'primary' },
    });
    here.ports.database.lastBeat = () => Promise.reject(new Error('it does not accept connections'));
    expect((await here.check(lossMeasured)).evidence).toMatchObject({ lossSeconds: 0.1, lossBytes: 0, missing: [] });
  });

  it('is never negative, and being ahead of the last look takes nothing off what may follow it', async () => {
    const here = await gone({ since: T + 4000 });
    here.state.beats['west'] = { at: T + 9000, lsn: '0/2FFFF00' };
    Object.assign(here.state.servers['west']!, { lsn: '0/5000000', receivedLsn: '0/5000000' });
    expect((await here.check(lossMeasured)).evidence).toMatchObject({ lossSeconds: 0, lossBytes: 1000 });
  });

  it('says nothing smaller than it is', () => {
    expect(lossText({ seconds: 4.201, bytes: 1_800_000 })).toBe('4.3 s, 1.8 MB of writes');
    expect(lossText({ seconds: 4.2, bytes: 0 })).toBe('4.2 s, 0 B of writes');
    expect(lossText({ seconds: 0.001, bytes: 1_810_001 })).toBe('0.1 s, 1.9 MB of writes');
    expect(lossText({ seconds: 0, bytes: 674_000_001 })).toBe('0.0 s, 680 MB of writes');
  });

  it('asks nothing of the source', async () => {
    const here = await gone();
    const asked: string[] = [];
    const { observe, lastBeat } = here.ports.database;
    const noting =
      <T>(ask: (region: string, signal: AbortSignal) => Promise<T>) =>
      (region: string, signal: AbortSignal) => {
        asked.push(region);
        return ask(region, signal);
      };
    here.ports.database.observe = noting(observe);
    here.ports.database.lastBeat = noting(lastBeat);
    await measureLoss(here.ports.database, here.ports.watch, 'east', 'west', new AbortController().signal);
    expect(new Set(asked)).toEqual(new Set(['west']));
  });
});

describe('against the RPO and what was approved', () => {
  it('exactly the RPO is within it, more is not and waiting does not change that', async () => {
    expect((await (await gone({ since: T + 6000 })).check(lossMeasured)).is).toBe('done');
    const answer = await (await gone({ since: T + 6001 })).check(lossMeasured);
    expect(wordsOf(answer)).toBe('notDone: at most 5.1 s, 4.1 kB of writes would be lost: above the RPO of 5 s');
    expect(answer).toMatchObject({ final: true, evidence: { worseThanApproved: false } });
  });

  it('is asked again while the target still replays: it becomes less', async () => {
    const here = await gone({ since: T + 7000 });
    here.state.servers['west']!.receivedLsn = '0/3000300';
    const answer = await here.check(lossMeasured);
    expect(wordsOf(answer)).toMatch(/above the RPO of 5 s; west still replays$/);
    expect(answer).not.toHaveProperty('final');
  });

  it('the approved numbers themselves are within, each a little more is not, though the RPO is kept', async () => {
    const here = await gone();
    approve(here, { seconds: 4, bytes: 3024 });
    expect((await here.check(lossMeasured)).is).toBe('done');
    approve(here, { seconds: 3.999, bytes: 3024 });
    expect(wordsOf(await here.check(lossMeasured))).toBe(
      'notDone: at most 4.0 s, 3.1 kB of writes would be lost now; a little less was approved',
    );
    approve(here, { seconds: 3, bytes: 3024 });
    expect(wordsOf(await here.check(lossMeasured))).toBe(
      'notDone: at most 4.0 s, 3.1 kB of writes would be lost now; at most 3.0 s, 3.1 kB of writes was approved',
    );
    approve(here, { seconds: 4, bytes: 3023 });
    const answer = await here.check(lossMeasured);
    expect(answer).toMatchObject({
      is: 'notDone',
      evidence: { worseThanApproved: true, approvedSeconds: 4, approvedBytes: 3023, lossBytes: 3024 },
    });
  });
});

describe('what is not known is said, and is never zero', () => {
  it.each([
    ['east is not watched', (here: Awaited<ReturnType<typeof gone>>) => delete here.state.watch['east'], /seen east/],
    [
      'no heartbeat in west',
      (here: Awaited<ReturnType<typeof gone>>) => delete here.state.beats['west'],
      /no heartbeat/,
    ],
    [
      'west does not answer',
      (here: Awaited<ReturnType<typeof gone>>) => (here.state.servers['west']!.down = true),
      /Postgres in west does not answer/,
    ],
  ])('%s', async (_, change, words) => {
    const here = await gone();
    change(here);
    const answer = await here.check(lossMeasured);
    expect(wordsOf(answer)).toMatch(/^unknown: it cannot be said what would be lost: /);
    expect(wordsOf(answer)).toMatch(words);
  });

  it('the seconds stay known where only the log was never seen', async () => {
    const answer = await (await gone({ database: null })).check(lossMeasured);
    expect(wordsOf(answer)).toBe(
      'unknown: it cannot be said what would be lost: nobody here has seen where the log of east stood',
    );
    expect(answer.evidence).toMatchObject({ lossSeconds: 4, lossBytes: null });
  });
});

it('proves, and may not be skipped', () => {
  expect(lossMeasured).toMatchObject({ proves: true, phase: 'assessing', after: ['failure-confirmed'] });
});
