/** Where a run goes for which nobody named a target: the only other region unasked, else the best by score. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { RegionHealth } from '../../src/ports/watch.ts';
import { type Bench, bench, said } from '../commands/bench.ts';

const seen = (region: string, score: number): RegionHealth => ({
  region,
  stage: 'quiet',
  since: null,
  at: 0,
  score,
  failure: null,
  vantages: { names: ['Regent'], agree: 0, needed: 1 },
  database: null,
});
let here: Bench;
/** West and north, north the healthier. */
function three() {
  const { state, system } = here;
  for (const [region, score] of [
    ['west', 0.8],
    ['north', 0.95],
  ] as const) {
    system.regions[region] = system.regions['west']!;
    for (const { values } of system.records) values[region] ??= ['192.0.2.3'];
    state.servers[region] = { ...state.servers['west']!, region };
    state.workloads[region] = state.workloads['west']!;
    state.watch[region] = { ...seen(region, score), at: here.clock.now() };
  }
}
beforeEach(async () => {
  here = await bench();
});

describe('the target', () => {
  it('is the other region where there is one, and nothing is asked of it', async () => {
    here.state.servers['west']!.down = true;
    expect(await here.face.choose('east', 'emergency')).toEqual({ target: 'west', selection: null });
    expect(await here.face.choose('west', 'planned')).toEqual({ target: 'east', selection: null });
  });

  it('is the best of several, with what was compared', async () => {
    three();
    const { target, selection } = await here.face.choose('east', 'planned');
    expect(target).toBe('north');
    expect(selection).toMatchObject({
      at: here.clock.now(),
      selected: 'north',
      scored: [
        { region: 'north', total: 0.98 },
        { region: 'west', total: 0.92 },
      ],
    });
  });

  it('that could be none is refused in one sentence, each region with its reason', async () => {
    three();
    here.state.servers['west']!.down = true;
    here.state.watch['north'] = { ...seen('north', 0), at: here.clock.now(), stage: 'failed' };
    await expect(here.face.choose('east', 'emergency')).rejects.toMatchObject({
      code: 'no-target',
      message:
        'No region can take over from east: north: it looks down too; west: its Postgres does not answer: Postgres in west does not answer.',
    });
  });

  it('that is asked for by nobody but Regent must be ready, even where it is the only one', async () => {
    const unattended = { unattended: true };
    here.state.watch['west'] = { ...seen('west', 1), at: here.clock.now() };
    const lost = here.face.choose('east', 'emergency', unattended);
    await expect(lost).rejects.toMatchObject({ message: expect.stringContaining('how much would be lost there') });
    here.state.watch['east'] = { ...seen('east', 0), since: here.clock.now() };
    here.state.beats['west'] = { at: here.clock.now() - 6000, lsn: '0/1' };
    await expect(here.face.choose('east', 'emergency', unattended)).rejects.toMatchObject({
      message: expect.stringContaining('up to 6.0 s of writes would be lost there, the bound is 5 s'),
    });
    here.state.beats['west'] = { at: here.clock.now() - 4000, lsn: '0/1' };
    expect(await here.face.choose('east', 'emergency', unattended)).toEqual({ target: 'west', selection: null });
  });

  it('is not waited for beyond its time', async () => {
    three();
    here.ports.watch.look = () => new Promise(() => {});
    here.state.watch = {};
    here.ports.database.observe = () => new Promise(() => {});
    const choosing = here.face.choose('east', 'planned');
    const refused = expect(choosing).rejects.toMatchObject({ code: 'not-measured' });
    await here.clock.advance(3000);
    await refused;
    expect(here.clock.sleepers()).toBe(0);
  });
});

describe('commands', () => {
  it('say how it was chosen, and the run keeps it', async () => {
    three();
    const reply = said(await here.type('UANA', 'failover east reason:"maintenance"'));
    expect(reply).toMatch(/moving east → north\./);
    expect(reply).toContain('Chosen by score: north 0.98, west 0.92.');
    expect(here.context()).toMatchObject({ target: 'north', selection: { selected: 'north' } });
    expect(here.context().nodes.map(({ id }) => id)).toContain('target-selected');
  });

  it('a named target is not chosen', async () => {
    three();
    await here.type('UANA', 'failover east to:west reason:"maintenance"');
    expect(here.context()).toMatchObject({ target: 'west', selection: null });
  });
});
