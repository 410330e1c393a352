/** Enough regions to decide, the witness among them: lost ends the run, not knowing waits. */
import { describe, expect, it } from 'vitest';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { quorumHeld } from '../../src/steps/quorum-held.ts';
import { stage, wordsOf } from './stage.ts';
import { system } from './system.ts';

const health = (region: string, stageNow: RegionHealth['stage'], more: Partial<RegionHealth> = {}): RegionHealth => ({
  region,
  stage: stageNow,
  since: stageNow === 'quiet' ? null : 1000,
  at: 95_000,
  score: stageNow === 'quiet' ? 1 : 0,
  failure: null,
  vantages: { names: ['Regent'], agree: stageNow === 'quiet' ? 0 : 1, needed: 1 },
  database: null,
  ...more,
});

async function counted(stages: Record<string, RegionHealth>) {
  const here = await stage(undefined, { trigger: { confirmMs: 30_000, witnesses: ['eu'] } });
  here.state.now = 100_000;
  here.state.watch = stages;
  return here;
}

describe('quorum-held', () => {
  it('is part of the plan only where there is a witness', () => {
    expect(quorumHeld.when?.(system())).toBe(false);
    expect(quorumHeld.when?.(system(undefined, { trigger: { confirmMs: 1, witnesses: [] } }))).toBe(false);
    expect(quorumHeld.when?.(system(undefined, { trigger: { confirmMs: 1, witnesses: ['eu'] } }))).toBe(true);
    expect(quorumHeld).toMatchObject({ onFailure: 'rollback', proves: true });
  });

  it('holds with the lost region down and the others up', async () => {
    const here = await counted({
      east: health('east', 'failed'),
      west: health('west', 'quiet'),
      eu: health('eu', 'quiet'),
    });
    const answer = await here.check(quorumHeld);
    expect(wordsOf(answer)).toBe('done: 2 of 3 regions are up, 2 needed; down: east');
    expect(answer.evidence).toMatchObject({ regionsUp: 2, regionsNeeded: 2, regions: 3, down: ['east'], trouble: [] });
  });

  it('is lost for good where the witness is down, or too few are up', async () => {
    const noWitness = await counted({
      east: health('east', 'quiet'),
      west: health('west', 'quiet'),
      eu: health('eu', 'failed'),
    });
    expect(await noWitness.check(quorumHeld)).toMatchObject({
      is: 'notDone',
      final: true,
      why: 'no quorum: the witness eu is down',
    });
    const alone = await counted({
      east: health('east', 'failed'),
      west: health('west', 'confirmed'),
      eu: health('eu', 'quiet'),
    });
    const answer = await alone.check(quorumHeld);
    expect(answer).toMatchObject({ is: 'notDone', final: true });
    expect(wordsOf(answer)).toContain('1 of 3 regions are up (eu), 2 are needed');
  });

  it('waits, and never counts, what nobody can say: suspected, too old, not seen', async () => {
    for (const west of [
      health('west', 'suspected'),
      health('west', 'quiet', { at: 30_000 }),
      health('west', 'quiet', { score: null }),
      health('west', 'quiet', { since: 5 }),
    ]) {
      const here = await counted({ east: health('east', 'failed'), west, eu: health('eu', 'quiet') });
      const answer = await here.check(quorumHeld);
      expect(answer).toMatchObject({ is: 'unknown' });
      expect(answer).not.toHaveProperty('final');
    }
  });

  it('waits for one that answers again, until it has done so for long enough', async () => {
    const back = health('eu', 'failed', { vantages: { names: ['Regent'], agree: 0, needed: 1 } });
    const here = await counted({ east: health('east', 'failed'), west: health('west', 'quiet'), eu: back });
    const answer = await here.check(quorumHeld);
    expect(wordsOf(answer)).toBe('unknown: 1 of 3 regions are up (west), 2 are needed; nobody can say of eu');
    expect(answer).not.toHaveProperty('final');
  });

  it('looks once more before it says no', async () => {
    const here = await counted({
      east: health('east', 'failed'),
      west: health('west', 'quiet', { at: 1 }),
      eu: health('eu', 'quiet'),
    });
    here.ports.watch.look = async () => {
      here.state.watch['west'] = health('west', 'quiet');
      return null;
    };
    expect((await here.check(quorumHeld)).is).toBe('done');
  });
});
