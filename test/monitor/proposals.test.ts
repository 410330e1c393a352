/** What of the watching is written down and told: folded again after a restart, one card an outage, and when Regent acts itself. */
import { describe, expect, it } from 'vitest';
import type { Announcement } from '../../src/machine/types.ts';
import { Alarm } from '../../src/monitor/alarm.ts';
import type { RunSeen } from '../../src/monitor/proposal-card.ts';
import { noProposals, proposalsOf } from '../../src/monitor/proposals.ts';

import { alarmed, MIN } from './alarmed.ts';

describe('a region that a run leaves', () => {
  const left = { run: 'eden-1', source: 'east', requestedAt: 0, endedAt: null as number | null };
  it('is no outage while the run stops it, nor once it has been left', async () => {
    const here = await alarmed('declare');
    here.runs.push(left);
    await here.finds('failed');
    expect(await here.events()).toEqual([]);
    here.runs[0] = { ...left, endedAt: here.clock.now() };
    here.seen.primary = 'west';
    await here.finds('failed', 60_000);
    expect([await here.events(), here.declared]).toEqual([[], []]);
  });
  it('is one again where the run came back to it', async () => {
    const here = await alarmed();
    here.runs.push({ ...left, endedAt: 1000 });
    await here.finds('suspected');
    expect(await here.events()).toEqual(['REGION_SUSPECTED']);
  });
  it('keeps the card it had before the run', async () => {
    const here = await alarmed();
    await here.finds('suspected');
    here.runs.push(left);
    await here.finds('failed', 60_000);
    expect(await here.events()).toEqual(['REGION_SUSPECTED', 'REGION_FAILED']);
  });
});

describe('an outage', () => {
  it('is written down as it grows and as it ends, with one card for all of it', async () => {
    const here = await alarmed();
    await here.finds('quiet');
    expect(await here.events()).toEqual([]);
    await here.finds('suspected');
    await here.finds('suspected');
    await here.finds('confirmed', 30_000);
    await here.finds('failed', 30_000);
    await here.finds('failed');
    await here.finds('quiet', 30_000);
    expect(await here.events()).toEqual([
      'REGION_SUSPECTED',
      'REGION_CONFIRMED',
      'PEOPLE_ASKED',
      'REGION_FAILED',
      'REGION_RECOVERED',
    ]);
    const cards = await here.cards();
    expect(new Set(cards.map(({ slot }) => slot))).toEqual(new Set(['proposal:1']));
    expect(cards.map(({ facts }) => facts.stage)).toEqual(['suspected', 'confirmed', 'failed', 'failed']);
    expect(cards.at(-1)!.facts).toMatchObject({ recoveredAt: here.clock.now(), run: null });
    expect(cards[0]!.facts).toMatchObject({
      role: 'primary',
      kind: 'network',
      targets: [{ region: 'west', why: null }],
    });
    expect(here.declared).toEqual([]);
    // The next one is another card.
    await here.finds('suspected');
    expect((await here.cards()).at(-1)!.slot).toBe('proposal:2');
  });

  it('says in its record what was seen from where', async () => {
    const here = await alarmed();
    await here.finds('failed');
    const [row] = (await here.journal.read('system')).filter(({ type }) => type === 'REGION_FAILED');
    expect(row!.data).toMatchObject({
      region: 'east',
      since: here.clock.now(),
      kind: 'network',
      seen: ['Postgres: no answer'],
      agree: 1,
      needed: 1,
      sights: [{ vantage: 'Regent', says: 'down' }],
    });
  });

  it('the card is drawn anew when what it says changes, not at every look', async () => {
    const here = await alarmed();
    await here.finds('suspected');
    for (let n = 0; n < 5; n += 1) await here.finds('suspected');
    expect(here.redrawn).toEqual([]);
    here.health['west']!.stage = 'suspected';
    await here.finds('suspected');
    expect(here.redrawn).toHaveLength(1);
    expect(here.redrawn[0]!.targets).toEqual([{ region: 'west', why: 'it looks down too' }]);
  });

  it('of a region that does not serve is told too, and is nothing to declare', async () => {
    const here = await alarmed('declare');
    await here.finds('failed', 5000, 'west');
    await here.finds('failed', 5000, 'eu');
    expect((await here.cards()).map(({ facts }) => [facts.region, facts.role])).toEqual([
      ['west', 'secondary'],
      ['eu', 'witness'],
    ]);
    expect(here.declared).toEqual([]);
  });

  it('is only written down where the mode is off', async () => {
    const here = await alarmed('off');
    await here.finds('failed');
    await here.finds('quiet');
    expect(await here.events()).toEqual(['REGION_FAILED', 'REGION_RECOVERED']);
    expect(await here.cards()).toEqual([]);
    expect(here.redrawn).toEqual([]);
  });

  it('a journal that cannot be written stops nothing, and it is written down the next time', async () => {
    let broken = true;
    const here = await alarmed('propose', {});
    const { note } = here.world;
    here.world.note = (...args) => (broken ? Promise.reject(new Error('the disk is full')) : note(...args));
    await here.finds('suspected');
    expect(here.logged.at(-1)).toContain('could not be written down');
    broken = false;
    await here.finds('suspected');
    expect(await here.events()).toEqual(['REGION_SUSPECTED']);
  });
});

describe('a restart', () => {
  it('keeps what stood, hands it back to the watch, and writes nothing twice', async () => {
    const here = await alarmed();
    await here.finds('suspected');
    const since = here.clock.now();
    await here.finds('confirmed', 30_000);
    const again = new Alarm(here.world);
    await again.start();
    expect(here.restored).toEqual([`east confirmed ${since}`]);
    await again.consider();
    expect(await here.events()).toEqual(['REGION_SUSPECTED', 'REGION_CONFIRMED', 'PEOPLE_ASKED']);
    here.set('east', 'quiet');
    await again.consider();
    expect((await here.events()).at(-1)).toBe('REGION_RECOVERED');
  });
  it('rows that are not to be read change nothing', () => {
    const row = (type: string, data: object) => ({ type, at: 1, data: data as Record<string, never> });
    expect(proposalsOf([row('REGION_FAILED', {}), row('PROPOSAL_DISMISSED', { region: 'east', by: 'U1' })])).toEqual(
      noProposals,
    );
    const { standing } = proposalsOf([
      row('REGION_FAILED', { region: 'east' }),
      row('REGION_RECOVERED', { region: 'east', n: 7 }),
    ]);
    expect(standing['east']).toMatchObject({ n: 1, since: 1 });
  });
});

describe('not now', () => {
  it('stays on the card by name, and the buttons come back when it gets worse', async () => {
    const here = await alarmed();
    await here.finds('suspected');
    expect(await here.alarm.dismiss(1, 'UANA', 'd1')).toBe('done');
    expect(await here.alarm.dismiss(1, 'UBO', 'd2')).toEqual({ already: 'UANA' });
    expect((await here.cards()).at(-1)!.facts.dismissed).toMatchObject({ by: 'UANA', stage: 'suspected' });
    await here.finds('confirmed', 30_000);
    expect((await here.cards()).at(-1)!.facts).toMatchObject({ stage: 'confirmed', dismissed: { stage: 'suspected' } });
    expect(await here.alarm.dismiss(1, 'UBO', 'd3')).toBe('done');
    expect(await here.alarm.dismiss(1, 'UBO', 'd3')).toEqual({ already: 'UBO' });
    await here.finds('quiet', 30_000);
    expect(await here.alarm.dismiss(1, 'UBO', 'd4')).toBe('gone');
    expect(await here.alarm.dismiss(9, 'UBO', 'd5')).toBe('gone');
  });
  it('keeps Regent from declaring this outage by itself, at every stage of it', async () => {
    const here = await alarmed('declare');
    await here.finds('suspected');
    await here.alarm.dismiss(1, 'UANA', 'd1');
    await here.finds('failed', 60_000);
    expect(here.declared).toEqual([]);
    expect((await here.cards()).at(-1)!.facts.byItself).toContain('a person has said not now');
    await here.finds('quiet', 30_000);
    await here.finds('failed', 60_000);
    expect(here.declared).toHaveLength(1);
  });
});

describe('declared by Regent itself', () => {
  it('only once the region has failed, once, with the evidence as its reason; the card then names the run', async () => {
    const here = await alarmed('declare');
    await here.finds('suspected');
    await here.finds('confirmed', 30_000);
    expect(here.declared).toEqual([]);
    await here.finds('failed', 30_000);
    await here.finds('failed');
    expect(here.declared).toEqual(['east: east has failed since 1970-01-01 00:16 UTC: nothing in it answers']);
    expect(here.redrawn.at(-1)).toMatchObject({ run: 'eden-1' });
    await here.finds('quiet', 30_000);
    expect((await here.cards()).at(-1)!.facts).toMatchObject({ run: 'eden-1', recoveredAt: here.clock.now() });
  });

  it('withdrawn, it is told since when it answers, not when that was long enough', async () => {
    const here = await alarmed();
    await here.finds('confirmed');
    await here.clock.advance(43_000);
    const wellSince = here.clock.now() - 30_000;
    here.set('east', 'quiet', { wellSince });
    await here.alarm.consider();
    expect((await here.cards()).at(-1)!.facts.recoveredAt).toBe(wellSince);
  });

  it('a run that came to nothing leaves the card to ask again', async () => {
    const here = await alarmed('declare');
    await here.finds('failed');
    here.runs[0]!.endedAt = here.clock.now();
    await here.finds('failed');
    expect(here.redrawn.at(-1)).toMatchObject({ run: 'eden-1', runOver: true, role: 'primary' });
    expect(here.declared).toHaveLength(1);
  });

  it.each<[string, (here: Awaited<ReturnType<typeof alarmed>>) => void, string]>([
    [
      'nobody knows that it is the primary',
      (here) => (here.seen.primary = null),
      'nobody has seen that east is the primary',
    ],
    ['Regent is cut off', (here) => (here.seen.isolated = true), 'Regent is cut off itself'],
    [
      'a run is under way',
      (here) => here.runs.push({ run: 'eden-1', source: 'west', requestedAt: 0, endedAt: null }),
      'eden-1 is under way',
    ],
    ['there is nowhere to go: not well', (here) => here.set('west', 'quiet', { score: 0.4 }), 'nowhere to go'],
    [
      'there is nowhere to go: no database',
      (here) => here.set('west', 'quiet', { database: { at: 0, lsn: '0/1', bytesPerSecond: 0 } }),
      'nowhere to go',
    ],
  ])('not while %s', async (_, make, why) => {
    const here = await alarmed('declare');
    await here.finds('confirmed');
    await here.clock.advance(60_000);
    for (const region of ['west', 'eu']) here.set(region, 'quiet');
    here.set('east', 'failed');
    make(here);
    await here.alarm.consider();
    expect(here.declared).toEqual([]);
    expect((await here.cards()).at(-1)!.facts.byItself).toContain(why);
  });

  it('not on what was seen long ago', async () => {
    const here = await alarmed('declare');
    await here.clock.advance(60_000);
    for (const region of ['west', 'eu']) here.set(region, 'quiet');
    here.set('east', 'failed', { at: here.clock.now() - 16_000 });
    await here.alarm.consider();
    expect(here.declared).toEqual([]);
    here.set('east', 'failed');
    await here.alarm.consider();
    expect(here.declared).toHaveLength(1);
  });

  it('tries again where it was not taken, says so once in the log and on the card', async () => {
    const here = await alarmed('declare');
    here.no.why = 'no run is started while it is halted.';
    await here.finds('failed');
    await here.finds('failed');
    expect(here.declared).toHaveLength(2);
    expect(here.logged.filter((line) => line.includes('could not declare'))).toHaveLength(1);
    expect(here.redrawn.at(-1)!.byItself).toContain('while it is halted');
    here.no.why = null;
    await here.finds('failed');
    await here.finds('failed');
    expect(here.declared).toHaveLength(3);
  });

  it('not after a run until its time has passed and a person has acknowledged it', async () => {
    const here = await alarmed('declare');
    here.runs.push({ run: 'eden-1', source: 'west', requestedAt: 0, endedAt: here.clock.now() });
    await here.finds('failed', MIN);
    expect((await here.cards()).at(-1)!.facts.byItself).toMatch(
      /eden-1 ended lately; not before 1970-01-01 00:46 UTC, and not before somebody has said \/dr acknowledge/,
    );
    await here.finds('failed', 30 * MIN);
    expect(here.declared).toEqual([]);
    expect(await here.alarm.acknowledge('UANA', 'seen', 'd1')).toEqual({ is: 'done', run: 'eden-1', until: null });
    expect(await here.alarm.acknowledge('UANA', 'seen', 'd2')).toEqual({ is: 'nothing' });
    await here.finds('failed');
    expect(here.declared).toHaveLength(1);
  });
  it('an acknowledgement alone is not enough, it says from when on, and it outlives a restart', async () => {
    const here = await alarmed('declare');
    const endedAt = here.clock.now();
    here.runs.push({ run: 'eden-1', source: 'west', requestedAt: 0, endedAt });
    await here.clock.advance(MIN);
    expect(await here.alarm.acknowledge('UANA', '', 'd1')).toEqual({
      is: 'done',
      run: 'eden-1',
      until: endedAt + 30 * MIN,
    });
    await here.finds('failed', MIN);
    expect(here.declared).toEqual([]);
    const again = new Alarm(here.world);
    await again.start();
    await here.clock.advance(30 * MIN);
    for (const region of ['west', 'eu']) here.set(region, 'quiet');
    here.set('east', 'failed');
    await again.consider();
    expect(here.declared).toHaveLength(1);
  });
  it('there is nothing to acknowledge before any run has ended', async () => {
    const here = await alarmed('declare');
    expect(await here.alarm.acknowledge('UANA', '', 'd1')).toEqual({ is: 'nothing' });
  });
});

it('announcements carry facts that are plain JSON', async () => {
  const told: Announcement[] = [];
  const here = await alarmed();
  const { note } = here.world;
  here.world.note = (entry, delivery, announcements) => {
    told.push(...announcements);
    return note(entry, delivery, announcements);
  };
  await here.finds('failed');
  expect(JSON.parse(JSON.stringify(told[0]!.facts))).toEqual(told[0]!.facts);
});

describe('while a planned run leaves the region', () => {
  const leaving = async (hasStopped: boolean) => {
    const here = await alarmed();
    const run: RunSeen = { run: 'eden-1', source: 'east', requestedAt: 0, endedAt: null, planned: { hasStopped } };
    here.runs.push(run);
    return { ...here, run };
  };

  it('that has stopped nothing yet, an outage is one: people are offered to go on as an emergency', async () => {
    const here = await leaving(false);
    await here.finds('confirmed');
    expect((await here.cards()).at(-1)!.facts).toMatchObject({ goesOn: 'eden-1', run: null, stage: 'confirmed' });
    // Switched, it is the run for it, and nothing is offered any more.
    here.run.planned = null;
    await here.alarm.consider();
    expect(here.redrawn.at(-1)).toMatchObject({ goesOn: null, run: 'eden-1', runOver: false });
  });

  it('what the run itself has stopped is no outage', async () => {
    const here = await leaving(true);
    await here.clock.advance(5000);
    for (const name of ['west', 'eu']) here.set(name, 'quiet');
    here.set('east', 'failed', { failure: { kind: 'database', seen: ['Postgres: no answer'] } });
    await here.alarm.consider();
    expect(await here.events()).toEqual([]);
  });

  it('that everything there is silent no run can have done', async () => {
    const here = await leaving(true);
    await here.finds('suspected');
    expect((await here.cards()).at(-1)!.facts).toMatchObject({ goesOn: 'eden-1', kind: 'network' });
  });
});
