/** A disaster is one that lasts and that enough places see: a blip, a healthy region and no data are none. */
import { describe, expect, it } from 'vitest';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { failureConfirmed } from '../../src/steps/failure-confirmed.ts';
import { stage, wordsOf } from './stage.ts';

const lost = (more: Partial<RegionHealth> = {}): RegionHealth => ({
  region: 'east',
  stage: 'confirmed',
  since: 100_000,
  at: 135_000,
  score: 0,
  failure: { kind: 'network', seen: ['Postgres: no answer', 'Kubernetes: no answer'] },
  vantages: { names: ['Regent', 'standby west'], agree: 2, needed: 2 },
  answering: [],
  database: null,
  ...more,
});

async function watched(health: RegionHealth | null, next?: RegionHealth) {
  const here = await stage();
  here.state.now = 140_000;
  if (health) here.state.watch['east'] = health;
  let looks = 0;
  here.ports.watch.look = async (region) => {
    looks += 1;
    if (next) here.state.watch[region] = next;
    return here.state.watch[region] ?? null;
  };
  return { ...here, looks: () => looks };
}

describe('a region that has failed', () => {
  it('is confirmed by what was seen already, without another look; the evidence says what, since when, by whom', async () => {
    const here = await watched(lost());
    const answer = await here.check(failureConfirmed);
    expect(wordsOf(answer)).toBe('done: confirmed: network, seen for 35 s by 2 of 2 places (Regent, standby west)');
    expect(here.looks()).toBe(0);
    expect(answer.evidence).toEqual({
      stage: 'confirmed',
      kind: 'network',
      seen: ['Postgres: no answer', 'Kubernetes: no answer'],
      since: 100_000,
      seenAt: 135_000,
      healthScore: 0,
      vantages: ['Regent', 'standby west'],
      vantagesAgree: 2,
      vantagesNeeded: 2,
    });
  });

  it('is looked at again where what is known is too old', async () => {
    const old = lost({ at: 60_000, since: 10_000 });
    const here = await watched(old, lost({ stage: 'failed' }));
    here.state.now = 140_000;
    expect(wordsOf(await here.check(failureConfirmed))).toContain('done: failed: network');
    expect(here.looks()).toBe(1);
    const still = await watched(old);
    expect(wordsOf(await still.check(failureConfirmed))).toBe(
      'unknown: nobody can say how east is: last seen 1:20 ago',
    );
  });
});

describe('what is none', () => {
  it('trouble that has not lasted: seen twice, but not far enough apart', async () => {
    const here = await watched(lost({ since: 110_000 }));
    expect(wordsOf(await here.check(failureConfirmed))).toBe('notDone: seen only for 25 s, 30 s asked');
    expect(here.looks()).toBe(1);
    const longer = await watched(lost({ since: 110_000 }));
    longer.system.trigger = { confirmMs: 25_000, witnesses: [] };
    expect((await longer.check(failureConfirmed)).is).toBe('done');
  });

  it('a suspicion, however old', async () => {
    const here = await watched(lost({ stage: 'suspected', since: 1 }));
    expect(wordsOf(await here.check(failureConfirmed))).toContain('notDone: seen only for');
  });

  it('one that fewer places see in the newest look than must', async () => {
    const here = await watched(lost({ vantages: { names: ['Regent', 'eu'], agree: 1, needed: 2 } }));
    expect(wordsOf(await here.check(failureConfirmed))).toContain('the newest look does not show it any more: 1 of 2');
  });

  it('a region that is well: final, and what answers is named', async () => {
    const well = lost({ stage: 'quiet', since: null, failure: null, score: 0.95, answering: ['api', 'Postgres'] });
    const here = await watched(well);
    const answer = await here.check(failureConfirmed);
    expect(wordsOf(answer)).toBe('notDone: east answers: api, Postgres; health 0.95 of 1');
    expect(answer).toMatchObject({ final: true });
  });

  it('one nobody watches, or nobody could say anything of: unknown, never healthy', async () => {
    expect(await (await watched(null)).check(failureConfirmed)).toMatchObject({ is: 'unknown', final: true });
    const blind = await watched(lost({ stage: 'quiet', since: null, score: null, failure: null }));
    expect(wordsOf(await blind.check(failureConfirmed))).toBe('unknown: nobody can say how east is');
    expect(wordsOf(await (await watched(lost({ at: null }))).check(failureConfirmed))).toBe(
      'unknown: nobody can say how east is',
    );
  });
});

describe('declared by its name', () => {
  const byName = 'east looked healthy: health 1.00 of 1; answering: api';

  it('goes on though it looks healthy, and says so loudly', async () => {
    const well = lost({ stage: 'quiet', since: null, failure: null, score: 1, answering: ['api'] });
    const here = await watched(well);
    expect((await here.check(failureConfirmed)).is).toBe('notDone');
    const answer = await here.check(failureConfirmed, { byName });
    expect(wordsOf(answer)).toBe('done: declared by its name: east answers: api; health 1.00 of 1');
    expect(answer.evidence).toMatchObject({
      byName: true,
      stage: 'quiet',
      warning: 'declared by its name, not seen to have failed: east answers: api; health 1.00 of 1',
    });
  });

  it('goes on where nobody can say, and where looking fails', async () => {
    const here = await watched(null);
    here.ports.watch.look = () => Promise.reject(new Error('no answer'));
    expect(wordsOf(await here.check(failureConfirmed, { byName }))).toContain('nobody watches east');
    await expect(here.check(failureConfirmed)).rejects.toThrow('no answer');
  });

  it('is proven all the same where the failure is seen by now', async () => {
    const here = await watched(lost());
    const answer = await here.check(failureConfirmed, { byName });
    expect(wordsOf(answer)).toContain('done: confirmed');
    expect(answer.evidence).not.toHaveProperty('byName');
  });
});
