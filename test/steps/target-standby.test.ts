/** The wrong server is the one mistake of an emergency that nobody can take back. */
import { expect, it } from 'vitest';
import { targetStandby } from '../../src/steps/target-standby.ts';
import { stage, wordsOf } from './stage.ts';

/** East is silent; a third region has a standby too. */
async function three() {
  const here = await stage();
  here.state.servers['east']!.down = true;
  here.state.servers['north'] = { ...here.state.servers['west']!, region: 'north' };
  here.system.regions['north'] = here.system.regions['west']!;
  return here;
}

it('is so of a standby that has replayed everything, whoever else is silent', async () => {
  const here = await stage();
  here.state.servers['east']!.down = true;
  const answer = await here.check(targetStandby);
  expect(wordsOf(answer)).toBe('done: standby on timeline 1, all replayed up to 0/3000000; no answer from east');
  expect(answer.evidence).toEqual({
    role: 'standby',
    systemIdentifier: '7300000000000000001',
    timeline: 1,
    replayedLsn: '0/3000000',
    receivedLsn: '0/3000000',
    compared: [],
    silent: ['east'],
  });
});

it('a primary that still answers is ahead of its standby, and that is no reason against it', async () => {
  const here = await stage();
  here.state.servers['east']!.lsn = '0/9000000';
  expect(wordsOf(await here.check(targetStandby))).toBe('done: standby on timeline 1, all replayed up to 0/3000000');
});

it('waits until what was received is replayed', async () => {
  const here = await stage();
  here.state.servers['west']!.receivedLsn = '0/3000010';
  const answer = await here.check(targetStandby);
  expect(wordsOf(answer)).toBe('notDone: west has not replayed 16 bytes it has received');
  expect(answer).not.toHaveProperty('final');
  here.state.servers['west']!.lsn = '0/3000010';
  expect((await here.check(targetStandby)).is).toBe('done');
});

it('another database is refused for good', async () => {
  const here = await stage();
  here.state.servers['west']!.systemIdentifier = '42';
  expect(await here.check(targetStandby)).toMatchObject({
    is: 'notDone',
    final: true,
    why: 'the server that answers for west is another database (42, the plan means 7300000000000000001)',
  });
});

it('a primary is refused, unless this run has made it one', async () => {
  const here = await stage();
  here.state.servers['west']!.role = 'primary';
  expect(await here.check(targetStandby)).toMatchObject({ final: true, why: 'west is a primary already' });
  here.left.evidence['promote-postgres'] = { role: 'standby' };
  expect((await here.check(targetStandby)).is).toBe('notDone');
  here.left.evidence['promote-postgres'] = { role: 'primary' };
  expect(wordsOf(await here.check(targetStandby))).toBe('done: west was promoted by this run');
});

it('of two standbys the one with more is the one to promote', async () => {
  const here = await three();
  expect((await here.check(targetStandby)).is).toBe('done');
  here.state.servers['north']!.receivedLsn = '0/3000008';
  expect(await here.check(targetStandby)).toMatchObject({
    final: true,
    why: 'the standby in north is 8 bytes ahead of west',
  });
  // What the target has received counts for it as well.
  here.state.servers['west']!.receivedLsn = '0/3000008';
  expect(wordsOf(await here.check(targetStandby))).toContain('has not replayed 8 bytes');
});

it('a newer history elsewhere is refused, an older one and another database are not compared', async () => {
  const here = await three();
  Object.assign(here.state.servers['north']!, { timeline: 2, lsn: '0/1000000', receivedLsn: null });
  expect(wordsOf(await here.check(targetStandby))).toBe('notDone: north is on timeline 2, west on 1');
  Object.assign(here.state.servers['north']!, { timeline: 0, lsn: '0/9000000' });
  expect((await here.check(targetStandby)).is).toBe('done');
  Object.assign(here.state.servers['north']!, { timeline: 5, systemIdentifier: '42' });
  expect((await here.check(targetStandby)).is).toBe('done');
});

it('says nothing where the target does not answer', async () => {
  const here = await stage();
  here.state.servers['west']!.down = true;
  await expect(here.check(targetStandby)).rejects.toThrow('Postgres in west does not answer');
});

it('one that is ahead and could not take over when the target was chosen is only named: what it has more is lost', async () => {
  const here = await three();
  here.state.servers['north']!.receivedLsn = '0/3000010';
  const scored = [
    { region: 'west', total: 0.9, parts: [], why: null },
    { region: 'north', total: null, parts: [], why: 'its cluster does not answer' },
  ];
  const answer = await here.check(targetStandby, { selection: { at: 1, scored, selected: 'west' } });
  expect(wordsOf(answer)).toContain('the standby in north is 16 bytes ahead of west, and could not take over');
  expect(answer.evidence).toMatchObject({ ahead: ['north'] });
  // It could have: then it is no target to pass over.
  scored[1] = { ...scored[1]!, total: 0.4 as never, why: null as never };
  expect((await here.check(targetStandby, { selection: { at: 1, scored, selected: 'west' } })).is).toBe('notDone');
});

it('while the source still feeds the target, another standby that is a moment ahead is no reason against it', async () => {
  const here = await three();
  here.state.servers['north']!.receivedLsn = '0/3000010';
  here.state.servers['east']!.down = false;
  expect((await here.check(targetStandby)).is).toBe('done');
  here.state.servers['west']!.streamingFrom = null;
  expect((await here.check(targetStandby)).is).toBe('notDone');
});
